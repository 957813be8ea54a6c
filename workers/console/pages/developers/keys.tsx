import type { FC } from "hono/jsx";
import { keyStep } from "#domain/credentials/key.ts";
import type { Scope } from "#domain/credentials/scopes.ts";
import { displayOf } from "#domain/credentials/token.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { type ApiKey, apiKeyNoun, listKeys, type ShownKey } from "#services/api-keys/api-key.ts";
import { revokeKey, rotateKey } from "#services/api-keys/change-key.ts";
import { createKey } from "#services/api-keys/create-key.ts";
import { getMe } from "#services/credentials/get-me.ts";
import type { Context } from "#services/context.ts";
import { getOne } from "#services/listing.ts";
import { Button, ButtonLink, ErrorSummary, Field, type FieldErrors } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Confirm, Empty, Facts, Notice, Secret, Time } from "#ui/parts.tsx";
import { CursorPager, Table } from "#ui/table.tsx";
import { NewKey } from "../../../api/v1/credential-shapes.ts";
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

const LIST = "/developers/keys";
const LABELS = { name: "Name", scopes: "What it may do", ip_allowlist: "Addresses", expires_at: "Last day" };

const shown = (key: ApiKey): string => displayOf({ ...key, type: "snk" });

/** The account's keys, newest first. */
export async function keysPage(c: PageContext): Promise<Response> {
  const paging = await pagingOf(c, LIST);
  const ctx = await contextWithinAccount(c);
  const { rows, next } = await listKeys(ctx, { ...paging.query, filters: {} });
  return c.render(
    <>
      <Heading
        title="API keys"
        actions={
          <ButtonLink href={`${LIST}/new`} kind="main">
            Request a key
          </ButtonLink>
        }
      >
        A key lets a program of yours act for this account, within what you allow it.
      </Heading>
      <DeveloperTabs at={LIST} />
      {rows.length > 0 ? (
        <>
          <Table<ApiKey>
            name="API keys"
            rows={rows}
            columns={[
              {
                name: "Key",
                cell: (key) => (
                  <>
                    <a href={`${LIST}/${key.id}`}>{key.name}</a>
                    <small>
                      <code>{shown(key)}</code>
                    </small>
                  </>
                ),
              },
              { name: "Status", cell: ({ status }) => <Standing of={status} /> },
              { name: "Last used", cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} now={ctx.now()} /> : "Never") },
              { name: "Expires", cell: ({ expiresAt }) => (expiresAt ? <Time at={expiresAt} with="day" /> : "Never") },
            ]}
          />
          <CursorPager {...await paging.ways(next)} />
        </>
      ) : (
        <Empty title="No keys yet">
          Request one, and keep its secret when it is shown. An administrator approves it; then <code>GET /api/v1/me</code> answers it.
        </Empty>
      )}
    </>,
    { title: "API keys", status: c.req.query("done") === "revoked" ? "The key is revoked. Its next request is refused." : undefined },
  );
}

/** Asks what a new key is to be. */
export async function newKeyPage(c: PageContext): Promise<Response> {
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
      <Heading title="Request a key">An administrator approves it before it opens anything.</Heading>
      <ErrorSummary errors={errors} />
      <form method="post" action={LIST} class="stack wide prose">
        <Once />
        <Field
          name="name"
          label="Name"
          hint="What uses it, such as “Nightly sync”."
          value={given["name"]}
          error={errors["name"]}
          required
        />
        <ScopeChoices holdable={holdable} chosen={scopesOf(given)} error={errors["scopes"]} />
        <Field
          name="ip_allowlist"
          label="Addresses it may be used from"
          hint="Networks such as 192.0.2.0/24, one a line. None lets every address pass."
          rows={3}
          value={given["ip_allowlist"]}
          error={errors["ip_allowlist"]}
        />
        <Field
          name="expires_at"
          label="Last day"
          hint="In UTC. Without one it lives until it is revoked."
          type="date"
          value={given["expires_at"]}
          error={errors["expires_at"]}
        />
        <div class="row">
          <Button kind="main">Request the key</Button>
          <ButtonLink href={LIST}>Cancel</ButtonLink>
        </div>
      </form>
    </>,
    { title: "Request a key" },
  );
}

/** Makes the key, and shows its secret this once. */
export async function keyRequested(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  try {
    const asked = parse(
      NewKey,
      {
        name: given["name"],
        scopes: scopesOf(given),
        ip_allowlist: linesOf(given["ip_allowlist"]),
        expires_at: given["expires_at"] ? `${given["expires_at"]}T23:59:59Z` : null,
      },
      "body",
    );
    const wanted = { name: asked.name, scopes: asked.scopes, ipAllowlist: asked.ip_allowlist, expiresAt: asked.expires_at ?? null };
    const key = await madeOnce<ShownKey>(c, given, (ctx) => createKey(ctx, wanted), keyWith);
    return secretPage(c, key, "Your key is requested");
  } catch (error) {
    const errors = errorsOf(error, LABELS);
    const { scopes } = await getMe(await contextWithinAccount(c));
    c.status(422);
    return formPage(c, { holdable: scopes, given, errors });
  }
}

const secretPage = (c: PageContext, key: ShownKey, title: string): Response | Promise<Response> =>
  c.render(
    <>
      <Heading title={title}>
        {key.status === "pending"
          ? "It opens nothing until an administrator has approved it. You are told by mail."
          : "It passes from now on."}
      </Heading>
      <Secret label={`The key ${key.name}.`} value={key.secret ?? ""} />
      <ul class="stack">
        {key.prevSecretExpiresAt ? (
          <li>
            The secret before passes until <Time at={key.prevSecretExpiresAt} />.
          </li>
        ) : null}
        <li>
          Send it as <code>Authorization: Bearer …</code>, never in an address.
        </li>
      </ul>
      <div class="row">
        <ButtonLink href={`${LIST}/${key.id}`} kind="main">
          I have kept it
        </ButtonLink>
      </div>
    </>,
    { title },
  );

/** The id in a page's address, or 404. */
function idOf(c: PageContext): string {
  const id = c.req.param("id") ?? "";
  if (!isUuid(id)) throw notFound("key");
  return id;
}

const keyWith = (ctx: Context, id: string): Promise<ApiKey> => getOne<ApiKey>(ctx, apiKeyNoun, id);

const keyOf = async (c: PageContext): Promise<ApiKey> => keyWith(await contextWithinAccount(c), idOf(c));

/** One key: what it may do, and ways to change its secret or end it. */
export async function keyPage(c: PageContext): Promise<Response> {
  const key = await keyOf(c);
  return c.render(
    <>
      <p>
        <a href={LIST}>API keys</a>
      </p>
      <Heading title={key.name} actions={<Standing of={key.status} />}>
        <code>{shown(key)}</code>
      </Heading>
      <Told of={key} />
      <Facts
        of={[
          { name: "May", value: <ScopeList of={key.scopes} /> },
          { name: "Addresses", value: key.ipAllowlist.length > 0 ? <code>{key.ipAllowlist.join(", ")}</code> : "Every address" },
          { name: "Requested", value: <Time at={key.createdAt} /> },
          { name: "Approved", value: key.approvedAt ? <Time at={key.approvedAt} /> : "Not yet" },
          { name: "Last used", value: key.lastUsedAt ? <Time at={key.lastUsedAt} /> : "Never" },
          { name: "Expires", value: key.expiresAt ? <Time at={key.expiresAt} /> : "Never" },
          { name: "Id", value: <code>{key.id}</code> },
        ]}
      />
      <div class="row">
        {keyStep(key.status, "rotate") ? <ButtonLink href={`${LIST}/${key.id}/rotate`}>New secret</ButtonLink> : null}
        {keyStep(key.status, "revoke") ? <ButtonLink href={`${LIST}/${key.id}/revoke`}>Revoke</ButtonLink> : null}
        <a href={`/developers/logs?credential_id=${key.id}`}>Its requests</a>
      </div>
    </>,
    { title: "API key" },
  );
}

const Told: FC<{ of: ApiKey }> = ({ of: { status, statusReason, prevSecretExpiresAt } }) => (
  <>
    {status === "pending" ? <Notice tone="warn">An administrator has to approve this key before it opens anything.</Notice> : null}
    {statusReason ? <Notice tone={status === "active" ? "neutral" : "bad"}>{statusReason}</Notice> : null}
    {prevSecretExpiresAt ? (
      <Notice>
        The secret before passes until <Time at={prevSecretExpiresAt} />.
      </Notice>
    ) : null}
  </>
);

export async function rotateKeyPage(c: PageContext): Promise<Response> {
  const key = await keyOf(c);
  return c.render(
    <Confirm
      title={`Give ${key.name} a new secret?`}
      action="Make a new secret"
      to={`${LIST}/${key.id}/rotate`}
      back={`${LIST}/${key.id}`}
      fields={<Rotation suspended={key.status === "suspended"} />}
    >
      <p>Id, limit and approval stay. The new secret is shown once.</p>
      {key.status === "suspended" ? <p>The key is suspended, so its old secret ends at once.</p> : null}
    </Confirm>,
    { title: "New secret" },
  );
}

/** Makes the new secret, and shows it this once. */
export async function keyRotated(c: PageContext): Promise<Response> {
  const given = await formOf(c);
  const key = await madeOnce<ShownKey>(c, given, (ctx) => rotateKey(ctx, idOf(c), graceOf(given)), keyWith);
  return secretPage(c, key, "The key has a new secret");
}

export async function revokeKeyPage(c: PageContext): Promise<Response> {
  const key = await keyOf(c);
  return c.render(
    <Confirm title={`Revoke ${key.name}?`} action="Revoke the key" to={`${LIST}/${key.id}/revoke`} back={`${LIST}/${key.id}`}>
      <p>Whatever uses it is refused from its next request on. A revoked key never comes back.</p>
    </Confirm>,
    { title: "Revoke a key" },
  );
}

export async function keyRevoked(c: PageContext): Promise<Response> {
  await revokeKey(await contextWithinAccount(c), idOf(c));
  return c.redirect(`${LIST}?done=revoked`, 303);
}
