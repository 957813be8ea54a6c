import type { FC } from "hono/jsx";
import { CLIENT_STATUSES } from "#db/schema/api.ts";
import { type ClientReach, clientStep, nextClientStatus, requireAddresses, widens } from "#domain/credentials/client.ts";
import type { Scope } from "#domain/credentials/scopes.ts";
import type { Context } from "#services/context.ts";
import { getMe } from "#services/credentials/get-me.ts";
import { listAfter } from "#services/keyset.ts";
import { getOne } from "#services/listing.ts";
import { deleteClient, rotateClientSecret, updateClient } from "#services/oauth-clients/change-client.ts";
import { createClient } from "#services/oauth-clients/create-client.ts";
import { listClients, type OAuthClient, oauthClientNoun, type ShownClient } from "#services/oauth-clients/oauth-client.ts";
import { grantNoun, revokeGrant, type ShownGrant } from "#services/oauth/revoke-grant.ts";
import { Button, ButtonLink, ErrorSummary, Field, type FieldErrors, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Card, Confirm, type Difference, Empty, Facts, NothingFits, Notice, Overtaken, Secret, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { NewClient } from "../../../api/v1/credential-shapes.ts";
import { parse } from "../../../api/shape.ts";
import { contextWithinAccount, type Form, formOf, idIn, type PageContext } from "../../context.ts";
import { keptForm } from "../../kept-form.ts";
import { once } from "../../once.ts";
import {
  csvAnswer,
  DeveloperTabs,
  errorsOf,
  foundIn,
  GraceChoice,
  graceOf,
  isOvertaken,
  linesOf,
  ListEnd,
  Narrow,
  narrowingOf,
  pagingOf,
  type Said,
  ScopeChoices,
  ScopeList,
  scopesOf,
  Standing,
  Unseen,
} from "../../partner-pages.tsx";

const LIST = "/developers/apps";
const NEW = `${LIST}/new`;
/** A deleted app is gone. */
const STATUSES = CLIENT_STATUSES.filter((status) => status !== "deleted");
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
  const narrowing = narrowingOf(c, STATUSES);
  const isNarrowed = Object.keys(narrowing).length > 0;
  const paging = await pagingOf(c, LIST, { ...narrowing });
  const ctx = await contextWithinAccount(c);
  const [clients, grants] = await Promise.all([
    listClients(ctx, { ...paging.query, filters: { ...narrowing } }),
    listAfter<ShownGrant>(ctx, grantNoun, { limit: 10, after: null, filters: { status: "active" } }),
  ]);
  if (paging.wantsCsv) return csvAnswer("oauth-apps", CSV, clients.rows);
  return c.render(
    <>
      <Heading
        title="OAuth apps"
        actions={
          <ButtonLink href={NEW} kind="main">
            Register an app
          </ButtonLink>
        }
      >
        An app acts for the people who let it, each within their own account.
      </Heading>
      <DeveloperTabs at={LIST} />
      <Narrow of={narrowing} at={LIST} swap="apps" statuses={STATUSES} />
      <div id="apps" class="stack wide">
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
            <ListEnd {...await paging.ways(clients.next)} csv={paging.csv} />
          </>
        ) : isNarrowed ? (
          <NothingFits all={LIST} />
        ) : (
          <Empty title="No apps yet">
            Register one if people other than you shall use it with their own accounts. For your own program, a key is simpler.
          </Empty>
        )}
      </div>
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
    { title: "OAuth apps", status: DONE[c.req.query("done") ?? ""] ?? foundIn(isNarrowed, clients.rows, clients.next) },
  );
}

/** The apps as a file. */
const CSV: readonly Said<OAuthClient>[] = [
  ["id", ({ id }) => id, "id"],
  ["name", ({ name }) => name],
  ["client_id", ({ publicId }) => publicId, "id"],
  ["status", ({ status }) => status],
  ["type", ({ type }) => type],
  ["redirect_uris", ({ redirectUris }) => redirectUris.join(" ")],
  ["scopes", ({ allowedScopes }) => allowedScopes.join(" ")],
  ["ip_allowlist", ({ ipAllowlist }) => ipAllowlist.join(" ")],
  ["created_at", ({ createdAt }) => createdAt.toISOString(), "date"],
];

/** Where an application runs, which says whether it can keep a secret. */
const KINDS = { confidential: "Server", public: "Browser or device" } as const;

export async function newAppPage(c: PageContext): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const { scopes } = await getMe(ctx);
  return formPage(c, { ctx, holdable: scopes, given: (await keptForm(c, ctx)) ?? {}, errors: {} });
}

interface Asked {
  ctx: Context;
  holdable: readonly Scope[];
  given: Form;
  errors: FieldErrors;
}

function formPage(c: PageContext, { ctx, holdable, given, errors }: Asked): Response | Promise<Response> {
  return c.render(
    <>
      <Heading title="Register an app">An administrator approves it before anybody can let it in.</Heading>
      <ErrorSummary errors={errors} />
      <form method="post" action={NEW} class="stack wide prose">
        <Unseen ctx={ctx} />
        <NameField given={given} errors={errors} />
        <Select
          name="type"
          label="Where it runs"
          hint="A server keeps a secret. A browser or a device cannot, and proves itself by PKCE."
          value={given["type"]}
          error={errors["type"]}
          options={Object.entries(KINDS).map(([value, label]) => ({ value, label }))}
        />
        <ReachFields holdable={holdable} given={given} errors={errors} hasPages />
        <div class="row">
          <Button kind="main">Register the app</Button>
          <ButtonLink href={LIST}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    { title: "Register an app" },
  );
}

interface FieldsProps {
  given: Form;
  errors: FieldErrors;
}

const NameField: FC<FieldsProps> = ({ given, errors }) => (
  <Field name="name" label="Name" hint="People read it when they are asked." value={given["name"]} error={errors["name"]} required />
);

/** What an app may do and from where; origins only where it may have pages of its own. */
const ReachFields: FC<FieldsProps & { holdable: readonly Scope[]; hasPages: boolean }> = ({ holdable, hasPages, given, errors }) => (
  <>
    <Field
      name="redirect_uris"
      label="Where people are sent back to"
      hint="One address a line: https, or http on 127.0.0.1. They match exactly."
      rows={3}
      value={given["redirect_uris"]}
      error={errors["redirect_uris"]}
    />
    {hasPages ? (
      <Field
        name="allowed_origins"
        label="Origins of its pages"
        hint="Only for a browser, such as https://app.example."
        rows={2}
        value={given["allowed_origins"]}
        error={errors["allowed_origins"]}
      />
    ) : null}
    <ScopeChoices holdable={holdable} chosen={scopesOf(given)} error={errors["scopes"]} />
    <Field
      name="ip_allowlist"
      label="Addresses it may be used from"
      hint="Networks such as 192.0.2.0/24, one a line. None lets every address pass."
      rows={2}
      value={given["ip_allowlist"]}
      error={errors["ip_allowlist"]}
    />
  </>
);

/** The fields as the verbs take them. */
const reachIn = (form: Form) => ({
  name: form["name"],
  redirect_uris: linesOf(form["redirect_uris"]),
  allowed_origins: linesOf(form["allowed_origins"]),
  scopes: scopesOf(form),
  ip_allowlist: linesOf(form["ip_allowlist"]),
});

/** Registers the application, and shows its secret this once. */
export async function appRegistered(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  try {
    const asked = parse(NewClient, { ...reachIn(given), type: given["type"] }, "body");
    const client = {
      name: asked.name,
      type: asked.type,
      redirectUris: asked.redirect_uris,
      allowedOrigins: asked.allowed_origins,
      scopes: asked.scopes,
      ipAllowlist: asked.ip_allowlist,
    };
    const made = await once(c, (ctx) => createClient(ctx, client), told);
    return made.secret === null ? c.redirect(`${LIST}/${made.id}`, 303) : await secretPage(c, made, "Your app is registered");
  } catch (error) {
    const errors = errorsOf(error, LABELS);
    const ctx = await contextWithinAccount(c);
    const { scopes } = await getMe(ctx);
    c.status(422);
    return formPage(c, { ctx, holdable: scopes, given, errors });
  }
}

/** What the page with an app's secret tells. */
const told = ({ id, name, publicId, secret = null, prevSecretExpiresAt }: Omit<ShownClient, "secret"> & { secret?: string | null }) => ({
  id,
  name,
  publicId,
  secret,
  oldUntil: prevSecretExpiresAt?.toISOString() ?? null,
});

const secretPage = (c: PageContext, client: ReturnType<typeof told>, title: string): Response | Promise<Response> =>
  c.render(
    <>
      <Heading title={title}>
        Its id is <code>{client.publicId}</code>, which is no secret.
      </Heading>
      <Secret label={`The secret of ${client.name}.`} value={client.secret ?? ""} />
      {client.oldUntil ? (
        <p>
          The secret before passes until <Time at={new Date(client.oldUntil)} />.
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

async function clientOf(c: PageContext): Promise<[Context, OAuthClient]> {
  const ctx = await contextWithinAccount(c);
  return [ctx, await getOne<OAuthClient>(ctx, oauthClientNoun, idIn(c, "client"))];
}

/** One application: its addresses and scopes, and ways to change its secret or delete it. */
export async function appPage(c: PageContext): Promise<Response> {
  const [, client] = await clientOf(c);
  return c.render(
    <>
      <p class="up small">
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
        {clientStep(client.status, "edit") ? <ButtonLink href={`${LIST}/${client.id}/edit`}>Edit</ButtonLink> : null}
        {client.last4 !== null && clientStep(client.status, "rotate") ? (
          <ButtonLink href={`${LIST}/${client.id}/rotate`}>New secret</ButtonLink>
        ) : null}
        {clientStep(client.status, "delete") ? <ButtonLink href={`${LIST}/${client.id}/delete`}>Delete</ButtonLink> : null}
      </div>
    </>,
    { title: "OAuth app", status: c.req.query("done") === "saved" ? "Saved. It counts from the next request on." : undefined },
  );
}

/** An app's fields as its form shows them. */
const writtenOf = (client: OAuthClient): Form => ({
  name: client.name,
  redirect_uris: client.redirectUris.join("\n"),
  allowed_origins: client.allowedOrigins.join("\n"),
  ip_allowlist: client.ipAllowlist.join("\n"),
  ...Object.fromEntries(client.allowedScopes.map((scope) => [`scopes.${scope}`, "yes"])),
});

export const editAppPage = (c: PageContext): Promise<Response> => editPage(c, null, {});

/**
 * The form of an app. What was typed stands beside what somebody else saved meanwhile.
 *
 * @param typed - null for what is saved, or was kept while the session had ended
 */
async function editPage(c: PageContext, typed: Form | null, errors: FieldErrors, overtaken = false): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const [client, { scopes }] = await Promise.all([getOne<OAuthClient>(ctx, oauthClientNoun, idIn(c, "client")), getMe(ctx)]);
  nextClientStatus(client.status, "edit");
  const now = writtenOf(client);
  const given = typed ?? (await keptForm(c, ctx)) ?? now;
  return c.render(
    <>
      <p class="up small">
        <a href={`${LIST}/${client.id}`}>{client.name}</a>
      </p>
      <Heading title={`Edit ${client.name}`}>What you give up is gone from the next request on.</Heading>
      {client.status === "approved" ? (
        <Notice tone="warn">
          This app is approved. If it is to do more or be called otherwise (another scope, address to send people to, origin or name), it
          waits for approval again, and until then nobody can use it. You are asked before.
        </Notice>
      ) : null}
      {overtaken ? <Overtaken of={differencesOf(now, given)} /> : null}
      <ErrorSummary errors={errors} />
      <form method="post" action={`${LIST}/${client.id}/edit`} class="stack wide prose">
        <Unseen ctx={ctx} version={client.version} />
        <NameField given={given} errors={errors} />
        <ReachFields holdable={scopes} given={given} errors={errors} hasPages={client.type === "public"} />
        <div class="row">
          <Button kind="main">Save</Button>
          <ButtonLink href={`${LIST}/${client.id}`}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    { title: "Edit an app" },
  );
}

/** The fields that somebody else saved otherwise than they were typed. */
function differencesOf(now: Form, typed: Form): Difference[] {
  const words = (form: Form): Record<string, string> => ({
    Name: form["name"] ?? "",
    "Where people are sent back to": linesOf(form["redirect_uris"]).join(" "),
    "Origins of its pages": linesOf(form["allowed_origins"]).join(" "),
    "What it may do": scopesOf(form).join(" "),
    "Addresses it may be used from": linesOf(form["ip_allowlist"]).join(" "),
  });
  const yours = words(typed);
  return Object.entries(words(now)).flatMap(([name, value]) =>
    value === yours[name] ? [] : [{ name, now: value, yours: yours[name] ?? "" }],
  );
}

/** Saves an app. One that would wait for approval again is asked about first. */
export async function appEdited(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  try {
    const asked = parse(NewClient.omit({ type: true, auth_method: true }), reachIn(given), "body");
    const edits = {
      name: asked.name,
      redirectUris: asked.redirect_uris,
      allowedOrigins: asked.allowed_origins,
      allowedScopes: asked.scopes,
      ipAllowlist: asked.ip_allowlist,
    };
    const [ctx, client] = await clientOf(c);
    requireAddresses(client.type, edits);
    const asksForMore = client.status === "approved" && widens(client, edits);
    if (asksForMore && given["waits"] !== "yes") return await waitingPage(c, ctx, client, edits, given);
    await updateClient(ctx, client.id, edits);
    return c.redirect(`${LIST}/${client.id}?done=saved`, 303);
  } catch (error) {
    const overtaken = isOvertaken(error);
    const errors = overtaken ? {} : errorsOf(error, LABELS);
    c.status(overtaken ? 409 : 422);
    return editPage(c, given, errors, overtaken);
  }
}

/** Asks before an approved app waits again, and names what it asks for. */
const waitingPage = (c: PageContext, ctx: Context, client: OAuthClient, edits: ClientReach, given: Form) => {
  const { by: _, once: __, account_id: ___, ...typed } = given;
  const more = (of: readonly string[], before: readonly string[]) => of.filter((one) => !before.includes(one));
  const added = [
    ...(edits.name === client.name ? [] : [edits.name]),
    ...more(edits.allowedScopes, client.allowedScopes),
    ...more(edits.redirectUris, client.redirectUris),
    ...more(edits.allowedOrigins, client.allowedOrigins),
  ];
  return c.render(
    <Confirm
      title={`Shut ${client.name} off until it is approved again?`}
      action="Save, and wait for approval"
      to={`${LIST}/${client.id}/edit`}
      back={`${LIST}/${client.id}/edit`}
      hidden={{ ...typed, waits: "yes" }}
      fields={<Unseen ctx={ctx} />}
    >
      <p>An administrator approved this app without:</p>
      <Lines of={added} none="" />
      <p>
        If you save this, nobody can use the app from the next request on, not even the people who let it in before, until an administrator
        has approved it again. You are told by mail.
      </p>
    </Confirm>,
    { title: "Wait for approval again?" },
  );
};

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
  const [ctx, client] = await clientOf(c);
  return c.render(
    <Confirm
      title={`Give ${client.name} a new secret?`}
      action="Make a new secret"
      to={`${LIST}/${client.id}/rotate`}
      back={`${LIST}/${client.id}`}
      fields={
        <>
          <Unseen ctx={ctx} />
          {client.status === "suspended" ? null : <GraceChoice />}
        </>
      }
    >
      <p>Id, grants and approval stay. The new secret is shown once.</p>
      {client.status === "suspended" ? <p>The app is suspended, so its old secret ends at once.</p> : null}
    </Confirm>,
    { title: "New secret" },
  );
}

export async function appRotated(c: PageContext): Promise<Response> {
  const [id, grace] = [idIn(c, "client"), graceOf(await formOf(c))];
  return secretPage(c, await once(c, (ctx) => rotateClientSecret(ctx, id, grace), told), "The app has a new secret");
}

export async function deleteAppPage(c: PageContext): Promise<Response> {
  const [ctx, client] = await clientOf(c);
  return c.render(
    <Confirm
      title={`Delete ${client.name}?`}
      action="Delete the app"
      to={`${LIST}/${client.id}/delete`}
      back={`${LIST}/${client.id}`}
      fields={<Unseen ctx={ctx} />}
    >
      <p>Everybody who let it in is cut off from its next request on. A deleted app never comes back.</p>
    </Confirm>,
    { title: "Delete an app" },
  );
}

export async function appDeleted(c: PageContext): Promise<Response> {
  await deleteClient(await contextWithinAccount(c), idIn(c, "client"));
  return c.redirect(`${LIST}?done=deleted`, 303);
}

/** Everything that people ever let applications do for this account. */
export async function grantsPage(c: PageContext): Promise<Response> {
  const narrowing = { ...narrowingOf(c, GRANT_STATUSES) };
  const isNarrowed = Object.keys(narrowing).length > 0;
  const paging = await pagingOf(c, GRANTS, narrowing);
  const ctx = await contextWithinAccount(c);
  const { rows, next } = await listAfter<ShownGrant>(ctx, grantNoun, { ...paging.query, filters: narrowing });
  if (paging.wantsCsv) return csvAnswer("grants", GRANTS_CSV, rows);
  return c.render(
    <>
      <p class="up small">
        <a href={LIST}>OAuth apps</a>
      </p>
      <Heading title="Grants">What people let apps do for this account.</Heading>
      <Narrow of={narrowing} at={GRANTS} swap="grants" statuses={GRANT_STATUSES} />
      <div id="grants" class="stack wide">
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
            <ListEnd {...await paging.ways(next)} csv={paging.csv} />
          </>
        ) : isNarrowed ? (
          <NothingFits all={GRANTS} />
        ) : (
          <Empty title="No grants yet">As soon as somebody lets an app act for this account, it stands here and can be ended.</Empty>
        )}
      </div>
    </>,
    { title: "Grants", status: foundIn(isNarrowed, rows, next) },
  );
}

const GRANT_STATUSES = ["active", "revoked"] as const;

/** The grants as a file. */
const GRANTS_CSV: readonly Said<ShownGrant>[] = [
  ["id", ({ id }) => id, "id"],
  ["app", ({ clientName }) => clientName],
  ["client_id", ({ clientPublicId }) => clientPublicId, "id"],
  ["status", ({ status }) => status],
  ["scopes", ({ scopes }) => scopes.join(" ")],
  ["created_at", ({ createdAt }) => createdAt.toISOString(), "date"],
  ["last_used_at", ({ lastUsedAt }) => lastUsedAt?.toISOString() ?? null, "date"],
];

export async function endGrantPage(c: PageContext): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const grant = await getOne<ShownGrant>(ctx, grantNoun, idIn(c, "grant"));
  return c.render(
    <Confirm
      title={`End what ${grant.clientName} may do?`}
      action="End the grant"
      to={`${GRANTS}/${grant.id}/end`}
      back={LIST}
      fields={<Unseen ctx={ctx} />}
    >
      <p>Its tokens end at once. The person can let it in again.</p>
      <ScopeList of={grant.scopes} />
    </Confirm>,
    { title: "End a grant" },
  );
}

export async function grantEnded(c: PageContext): Promise<Response> {
  await revokeGrant(await contextWithinAccount(c), idIn(c, "grant"));
  return c.redirect(`${LIST}?done=grant-ended`, 303);
}
