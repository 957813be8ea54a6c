import { clientStep } from "#domain/credentials/client.ts";
import type { Scope } from "#domain/credentials/scopes.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { getMe } from "#services/credentials/get-me.ts";
import type { Context } from "#services/context.ts";
import { listAfter } from "#services/keyset.ts";
import { getOne } from "#services/listing.ts";
import { deleteClient, rotateClientSecret } from "#services/oauth-clients/change-client.ts";
import { createClient } from "#services/oauth-clients/create-client.ts";
import { listClients, type OAuthClient, oauthClientNoun, type ShownClient } from "#services/oauth-clients/oauth-client.ts";
import { grantNoun, revokeGrant, type ShownGrant } from "#services/oauth/revoke-grant.ts";
import { Button, ButtonLink, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Card, Confirm, Empty, Facts, Notice, Secret, Time } from "#ui/parts.tsx";
import { CursorPager, Table } from "#ui/table.tsx";
import { NewClient } from "../../../api/v1/credential-shapes.ts";
import { parse } from "../../../api/shape.ts";
import { contextWithinAccount, formOf, type PageContext } from "../../context.ts";
import { madeOnce, Once } from "../../made-once.tsx";
import {
  DeveloperTabs,
  errorsOf,
  graceOf,
  linesOf,
  pagingOf,
  Rotation,
  ScopeChoices,
  ScopeList,
  scopesOf,
  Standing,
} from "../../partner-pages.tsx";

const LIST = "/developers/apps";
const GRANTS = "/developers/grants";
const LABELS = {
  name: "Name",
  type: "Where it runs",
  redirect_uris: "An address",
  allowed_origins: "An origin",
  scopes: "What it may do",
  ip_allowlist: "An address",
};

const DONE: Readonly<Record<string, string>> = {
  deleted: "The app is deleted, and every grant to it has ended.",
  "grant-ended": "The grant has ended. Its next request is refused.",
};

/** The account's applications, and what people let applications do for it. */
export async function appsPage(c: PageContext): Promise<Response> {
  const paging = await pagingOf(c, LIST);
  const ctx = await contextWithinAccount(c);
  const [clients, grants] = await Promise.all([
    listClients(ctx, { ...paging.query, filters: {} }),
    listAfter<ShownGrant>(ctx, grantNoun, { limit: 10, after: null, filters: { status: "active" } }),
  ]);
  return c.render(
    <>
      <Heading
        title="OAuth apps"
        actions={
          <ButtonLink href={`${LIST}/new`} kind="main">
            Register an app
          </ButtonLink>
        }
      >
        An app acts for the people who let it, each within their own account.
      </Heading>
      <DeveloperTabs at={LIST} />
      {clients.rows.length > 0 ? (
        <>
          <Table<OAuthClient>
            name="OAuth apps"
            rows={clients.rows}
            columns={[
              {
                name: "App",
                cell: (client) => (
                  <>
                    <a href={`${LIST}/${client.id}`}>{client.name}</a>
                    <small>
                      <code>{client.publicId}</code>
                    </small>
                  </>
                ),
              },
              { name: "Status", cell: ({ status }) => <Standing of={status} /> },
              { name: "Kind", cell: ({ type }) => KINDS[type] },
              { name: "Registered", cell: ({ createdAt }) => <Time at={createdAt} with="day" /> },
            ]}
          />
          <CursorPager {...await paging.ways(clients.next)} />
        </>
      ) : (
        <Empty title="No apps yet">
          Register one if people other than you shall use it with their own accounts. For your own program, a key is simpler.
        </Empty>
      )}
      <Card title="What apps may do for this account" aside={<a href={GRANTS}>All grants</a>}>
        {grants.rows.length > 0 ? (
          <ul class="list">
            {grants.rows.map((grant) => (
              <li class="head">
                <div>
                  <b>{grant.clientName}</b>
                  <p class="soft small">
                    {grant.scopes.join(", ")}; given <Ago at={grant.createdAt} now={ctx.now()} />
                  </p>
                </div>
                <a href={`${GRANTS}/${grant.id}/end`} aria-label={`End what ${grant.clientName} may do`}>
                  End
                </a>
              </li>
            ))}
          </ul>
        ) : (
          <p class="soft">Nobody has let an app act for this account.</p>
        )}
      </Card>
    </>,
    { title: "OAuth apps", status: DONE[c.req.query("done") ?? ""] },
  );
}

/** Where an application runs, which says whether it can keep a secret. */
const KINDS = { confidential: "Server", public: "Browser or device" } as const;

export async function newAppPage(c: PageContext): Promise<Response> {
  const { scopes } = await getMe(await contextWithinAccount(c));
  return formPage(c, { holdable: scopes, given: {}, errors: {} });
}

interface Asked {
  holdable: readonly Scope[];
  given: Readonly<Record<string, string>>;
  errors: FieldErrors;
}

function formPage(c: PageContext, { holdable, given, errors }: Asked): Response | Promise<Response> {
  return c.render(
    <>
      <Heading title="Register an app">An administrator approves it before anybody can let it in.</Heading>
      <ErrorSummary errors={errors} />
      <form method="post" action={LIST} class="stack wide prose">
        <Once />
        <Field name="name" label="Name" hint="People read it when they are asked." value={given["name"]} error={errors["name"]} required />
        <Select
          name="type"
          label="Where it runs"
          hint="A server keeps a secret. A browser or a device cannot, and proves itself by PKCE."
          value={given["type"]}
          error={errors["type"]}
          options={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
        />
        <Field
          name="redirect_uris"
          label="Where people are sent back to"
          hint="One address a line: https, or http on 127.0.0.1. They match exactly."
          rows={3}
          value={given["redirect_uris"]}
          error={errors["redirect_uris"]}
        />
        <Field
          name="allowed_origins"
          label="Origins of its pages"
          hint="Only for a browser, such as https://app.example."
          rows={2}
          value={given["allowed_origins"]}
          error={errors["allowed_origins"]}
        />
        <ScopeChoices holdable={holdable} chosen={scopesOf(given)} error={errors["scopes"]} />
        <Field
          name="ip_allowlist"
          label="Addresses it may be used from"
          hint="Networks such as 192.0.2.0/24, one a line. None lets every address pass."
          rows={2}
          value={given["ip_allowlist"]}
          error={errors["ip_allowlist"]}
        />
        <div class="row">
          <Button kind="main">Register the app</Button>
          <ButtonLink href={LIST}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    { title: "Register an app" },
  );
}

/** Registers the application, and shows its secret this once. */
export async function appRegistered(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  try {
    const asked = parse(
      NewClient,
      {
        name: given["name"],
        type: given["type"],
        redirect_uris: linesOf(given["redirect_uris"]),
        allowed_origins: linesOf(given["allowed_origins"]),
        scopes: scopesOf(given),
        ip_allowlist: linesOf(given["ip_allowlist"]),
      },
      "body",
    );
    const wanted = {
      name: asked.name,
      type: asked.type,
      redirectUris: asked.redirect_uris,
      allowedOrigins: asked.allowed_origins,
      scopes: asked.scopes,
      ipAllowlist: asked.ip_allowlist,
    };
    const client = await madeOnce<ShownClient>(c, given, (ctx) => createClient(ctx, wanted), clientWith);
    return client.secret === undefined ? c.redirect(`${LIST}/${client.id}`, 303) : secretPage(c, client, "Your app is registered");
  } catch (error) {
    const errors = errorsOf(error, LABELS);
    const { scopes } = await getMe(await contextWithinAccount(c));
    c.status(422);
    return formPage(c, { holdable: scopes, given, errors });
  }
}

const secretPage = (c: PageContext, client: ShownClient, title: string): Response | Promise<Response> =>
  c.render(
    <>
      <Heading title={title}>
        Its id is <code>{client.publicId}</code>, which is no secret.
      </Heading>
      <Secret label={`The secret of ${client.name}.`} value={client.secret ?? ""} />
      {client.prevSecretExpiresAt ? (
        <p>
          The secret before passes until <Time at={client.prevSecretExpiresAt} />.
        </p>
      ) : null}
      <div class="row">
        <ButtonLink href={`${LIST}/${client.id}`} kind="main">
          I have kept it
        </ButtonLink>
      </div>
    </>,
    { title },
  );

function idOf(c: PageContext, noun: string): string {
  const id = c.req.param("id") ?? "";
  if (!isUuid(id)) throw notFound(noun);
  return id;
}

const clientWith = (ctx: Context, id: string): Promise<OAuthClient> => getOne<OAuthClient>(ctx, oauthClientNoun, id);

const clientOf = async (c: PageContext): Promise<OAuthClient> => clientWith(await contextWithinAccount(c), idOf(c, "client"));

/** One application: its addresses and scopes, and ways to change its secret or delete it. */
export async function appPage(c: PageContext): Promise<Response> {
  const client = await clientOf(c);
  return c.render(
    <>
      <p>
        <a href={LIST}>OAuth apps</a>
      </p>
      <Heading title={client.name} actions={<Standing of={client.status} />}>
        <code>{client.publicId}</code>
      </Heading>
      {client.status === "pending" ? (
        <Notice tone="warn">An administrator has to approve this app before anybody can let it in.</Notice>
      ) : null}
      {client.statusReason ? <Notice tone={client.status === "approved" ? "neutral" : "bad"}>{client.statusReason}</Notice> : null}
      {client.prevSecretExpiresAt ? (
        <Notice>
          The secret before passes until <Time at={client.prevSecretExpiresAt} />.
        </Notice>
      ) : null}
      <Facts
        of={[
          { name: "Runs on", value: KINDS[client.type] },
          { name: "Secret", value: client.last4 === null ? "None; it proves itself by PKCE" : <code>…{client.last4}</code> },
          { name: "May ask for", value: <ScopeList of={client.allowedScopes} /> },
          { name: "Sends back to", value: <Lines of={client.redirectUris} none="Nowhere: it acts for itself alone" /> },
          ...(client.type === "public" ? [{ name: "Origins", value: <Lines of={client.allowedOrigins} none="None" /> }] : []),
          { name: "Addresses", value: <Lines of={client.ipAllowlist} none="Every address" /> },
          { name: "Registered", value: <Time at={client.createdAt} /> },
          { name: "Approved", value: client.approvedAt ? <Time at={client.approvedAt} /> : "Not yet" },
          { name: "Id", value: <code>{client.id}</code> },
        ]}
      />
      <div class="row">
        {client.last4 !== null && clientStep(client.status, "rotate") ? (
          <ButtonLink href={`${LIST}/${client.id}/rotate`}>New secret</ButtonLink>
        ) : null}
        {clientStep(client.status, "delete") ? <ButtonLink href={`${LIST}/${client.id}/delete`}>Delete</ButtonLink> : null}
      </div>
    </>,
    { title: "OAuth app" },
  );
}

const Lines = ({ of, none }: { of: readonly string[]; none: string }) =>
  of.length === 0 ? (
    <>{none}</>
  ) : (
    <ul>
      {of.map((line) => (
        <li>
          <code>{line}</code>
        </li>
      ))}
    </ul>
  );

export async function rotateAppPage(c: PageContext): Promise<Response> {
  const client = await clientOf(c);
  return c.render(
    <Confirm
      title={`Give ${client.name} a new secret?`}
      action="Make a new secret"
      to={`${LIST}/${client.id}/rotate`}
      back={`${LIST}/${client.id}`}
      fields={<Rotation suspended={client.status === "suspended"} />}
    >
      <p>Id, grants and approval stay. The new secret is shown once.</p>
      {client.status === "suspended" ? <p>The app is suspended, so its old secret ends at once.</p> : null}
    </Confirm>,
    { title: "New secret" },
  );
}

export async function appRotated(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  const rotated = (ctx: Context) => rotateClientSecret(ctx, idOf(c, "client"), graceOf(given));
  const client = await madeOnce<ShownClient>(c, given, rotated, clientWith);
  return secretPage(c, client, "The app has a new secret");
}

export async function deleteAppPage(c: PageContext): Promise<Response> {
  const client = await clientOf(c);
  return c.render(
    <Confirm title={`Delete ${client.name}?`} action="Delete the app" to={`${LIST}/${client.id}/delete`} back={`${LIST}/${client.id}`}>
      <p>Everybody who let it in is cut off from its next request on. A deleted app never comes back.</p>
    </Confirm>,
    { title: "Delete an app" },
  );
}

export async function appDeleted(c: PageContext): Promise<Response> {
  await deleteClient(await contextWithinAccount(c), idOf(c, "client"));
  return c.redirect(`${LIST}?done=deleted`, 303);
}

/** Everything that people ever let applications do for this account. */
export async function grantsPage(c: PageContext): Promise<Response> {
  const paging = await pagingOf(c, GRANTS);
  const ctx = await contextWithinAccount(c);
  const { rows, next } = await listAfter<ShownGrant>(ctx, grantNoun, { ...paging.query, filters: {} });
  return c.render(
    <>
      <p>
        <a href={LIST}>OAuth apps</a>
      </p>
      <Heading title="Grants">What people let apps do for this account.</Heading>
      {rows.length > 0 ? (
        <>
          <Table<ShownGrant>
            name="Grants"
            rows={rows}
            columns={[
              {
                name: "App",
                cell: (grant) => (
                  <>
                    <b>{grant.clientName}</b>
                    <small>{grant.scopes.join(", ")}</small>
                  </>
                ),
              },
              { name: "Status", cell: ({ status }) => <Standing of={status} /> },
              { name: "Given", cell: ({ createdAt }) => <Time at={createdAt} with="day" /> },
              { name: "Last used", cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} now={ctx.now()} /> : "Never") },
              {
                name: "End",
                actions: true,
                cell: (grant) =>
                  grant.status === "active" ? (
                    <a href={`${GRANTS}/${grant.id}/end`} aria-label={`End what ${grant.clientName} may do`}>
                      End
                    </a>
                  ) : null,
              },
            ]}
          />
          <CursorPager {...await paging.ways(next)} />
        </>
      ) : (
        <Empty title="No grants yet">As soon as somebody lets an app act for this account, it stands here and can be ended.</Empty>
      )}
    </>,
    { title: "Grants" },
  );
}

export async function endGrantPage(c: PageContext): Promise<Response> {
  const grant = await getOne<ShownGrant>(await contextWithinAccount(c), grantNoun, idOf(c, "grant"));
  return c.render(
    <Confirm title={`End what ${grant.clientName} may do?`} action="End the grant" to={`${GRANTS}/${grant.id}/end`} back={LIST}>
      <p>Its tokens end at once. The person can let it in again.</p>
      <ScopeList of={grant.scopes} />
    </Confirm>,
    { title: "End a grant" },
  );
}

export async function grantEnded(c: PageContext): Promise<Response> {
  await revokeGrant(await contextWithinAccount(c), idOf(c, "grant"));
  return c.redirect(`${LIST}?done=grant-ended`, 303);
}
