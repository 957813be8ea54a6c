import type { FC } from "hono/jsx";
import { KEY_STATUSES } from "#db/schema/api.ts";
import { keyStep } from "#domain/credentials/key.ts";
import type { Scope } from "#domain/credentials/scopes.ts";
import { displayOf } from "#domain/credentials/token.ts";
import { type ApiKey, apiKeyNoun, listKeys, type ShownKey } from "#services/api-keys/api-key.ts";
import { adoptKey, revokeKey, rotateKey } from "#services/api-keys/change-key.ts";
import { createKey } from "#services/api-keys/create-key.ts";
import { isOrphaned } from "#services/api-keys/suspend-keys-of-leaver.ts";
import type { Context } from "#services/context.ts";
import { getMe } from "#services/credentials/get-me.ts";
import { getOne } from "#services/listing.ts";
import { Button, ButtonLink, ErrorSummary, Field, type FieldErrors } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Confirm, Empty, Facts, NothingFits, Notice, Secret, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { NewKey } from "../../../api/v1/credential-shapes.ts";
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

const LIST = "/developers/keys";
const NEW = `${LIST}/new`;
const LABELS = { name: "Name", scopes: "What it may do", ip_allowlist: "Addresses", expires_at: "Last day" };

const shown = (key: ApiKey): string => displayOf({ ...key, type: "snk" });

/** The account's keys, newest first. */
export async function keysPage(c: PageContext): Promise<Response> {
  const narrowing = narrowingOf(c, KEY_STATUSES);
  const isNarrowed = Object.keys(narrowing).length > 0;
  const paging = await pagingOf(c, LIST, { ...narrowing });
  const ctx = await contextWithinAccount(c);
  const { rows, next } = await listKeys(ctx, { ...paging.query, filters: { ...narrowing } });
  if (paging.wantsCsv) return csvAnswer("api-keys", CSV, rows);
  return c.render(
    <>
      <Heading
        title="API keys"
        actions={
          <ButtonLink href={NEW} kind="main">
            Request a key
          </ButtonLink>
        }
      >
        A key lets a program of yours act for this account, within what you allow it.
      </Heading>
      <DeveloperTabs at={LIST} />
      <Narrow of={narrowing} at={LIST} swap="keys" statuses={KEY_STATUSES} />
      <div id="keys" class="stack wide">
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
            <ListEnd {...await paging.ways(next)} csv={paging.csv} />
          </>
        ) : isNarrowed ? (
          <NothingFits all={LIST} />
        ) : (
          <Empty title="No keys yet">
            Request one, and keep its secret when it is shown. An administrator approves it; then <code>GET /api/v1/me</code> answers it.
          </Empty>
        )}
      </div>
    </>,
    {
      title: "API keys",
      status: c.req.query("done") === "revoked" ? "The key is revoked. Its next request is refused." : foundIn(isNarrowed, rows, next),
    },
  );
}

/** The keys as a file. */
const CSV: readonly Said<ApiKey>[] = [
  ["id", ({ id }) => id, "id"],
  ["name", ({ name }) => name],
  ["key", shown],
  ["status", ({ status }) => status],
  ["scopes", ({ scopes }) => scopes.join(" ")],
  ["ip_allowlist", ({ ipAllowlist }) => ipAllowlist.join(" ")],
  ["created_at", ({ createdAt }) => createdAt.toISOString(), "date"],
  ["last_used_at", ({ lastUsedAt }) => lastUsedAt?.toISOString() ?? null, "date"],
  ["expires_at", ({ expiresAt }) => expiresAt?.toISOString() ?? null, "date"],
];

/** Asks what a new key is to be. */
export async function newKeyPage(c: PageContext): Promise<Response> {
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
      <Heading title="Request a key">An administrator approves it before it opens anything.</Heading>
      <ErrorSummary errors={errors} />
      <form method="post" action={NEW} class="stack wide prose">
        <Unseen ctx={ctx} />
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
    const key = {
      name: asked.name,
      scopes: asked.scopes,
      ipAllowlist: asked.ip_allowlist,
      expiresAt: asked.expires_at ?? null,
    };
    return await secretPage(c, await once(c, (ctx) => createKey(ctx, key), told), "Your key is requested");
  } catch (error) {
    const errors = errorsOf(error, LABELS);
    const ctx = await contextWithinAccount(c);
    const { scopes } = await getMe(ctx);
    c.status(422);
    return formPage(c, { ctx, holdable: scopes, given, errors });
  }
}

/** What the page with a key's secret tells. */
const told = ({ id, name, status, secret = "", prevSecretExpiresAt }: ShownKey) => ({
  id,
  name,
  status,
  secret,
  oldUntil: prevSecretExpiresAt?.toISOString() ?? null,
});

const secretPage = (c: PageContext, key: ReturnType<typeof told>, title: string): Response | Promise<Response> =>
  c.render(
    <>
      <Heading title={title}>
        {key.status === "pending"
          ? "It opens nothing until an administrator has approved it. You are told by mail."
          : "It passes from now on."}
      </Heading>
      <Secret label={`The key ${key.name}.`} value={key.secret} />
      <ul class="stack">
        {key.oldUntil ? (
          <li>
            The secret before passes until <Time at={new Date(key.oldUntil)} />.
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

async function keyOf(c: PageContext): Promise<[Context, ApiKey]> {
  const ctx = await contextWithinAccount(c);
  return [ctx, await getOne<ApiKey>(ctx, apiKeyNoun, idIn(c, "key"))];
}

/** One key: what it may do, and ways to change its secret or end it. */
export async function keyPage(c: PageContext): Promise<Response> {
  const [, key] = await keyOf(c);
  return c.render(
    <>
      <p class="up small">
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
        {isOrphaned(key) ? (
          <ButtonLink href={`${LIST}/${key.id}/adopt`} kind="main">
            Adopt
          </ButtonLink>
        ) : null}
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
    {isOrphaned({ status, statusReason }) ? (
      <Notice tone="warn">Whoever made this key has left. Adopt it, and it acts for you; or revoke it.</Notice>
    ) : statusReason ? (
      <Notice tone={status === "active" ? "neutral" : "bad"}>{statusReason}</Notice>
    ) : null}
    {prevSecretExpiresAt ? (
      <Notice>
        The secret before passes until <Time at={prevSecretExpiresAt} />.
      </Notice>
    ) : null}
  </>
);

export async function rotateKeyPage(c: PageContext): Promise<Response> {
  const [ctx, key] = await keyOf(c);
  return c.render(
    <Confirm
      title={`Give ${key.name} a new secret?`}
      action="Make a new secret"
      to={`${LIST}/${key.id}/rotate`}
      back={`${LIST}/${key.id}`}
      fields={
        <>
          <Unseen ctx={ctx} />
          {key.status === "suspended" ? null : <GraceChoice />}
        </>
      }
    >
      <p>Id, limit and approval stay. The new secret is shown once.</p>
      {key.status === "suspended" ? <p>The key is suspended, so its old secret ends at once.</p> : null}
    </Confirm>,
    { title: "New secret" },
  );
}

/** Makes the new secret, and shows it this once. */
export async function keyRotated(c: PageContext): Promise<Response> {
  const [id, grace] = [idIn(c, "key"), graceOf(await formOf(c))];
  return secretPage(c, await once(c, (ctx) => rotateKey(ctx, id, grace), told), "The key has a new secret");
}

export async function adoptKeyPage(c: PageContext): Promise<Response> {
  const [ctx, key] = await keyOf(c);
  return c.render(
    <Confirm
      title={`Adopt ${key.name}?`}
      action="Adopt the key"
      to={`${LIST}/${key.id}/adopt`}
      back={`${LIST}/${key.id}`}
      fields={<Unseen ctx={ctx} />}
    >
      <p>It acts for you from now on. Id, limit and approval stay.</p>
      <p>It gets a new secret, which is shown once. The old one is dead: whoever left may still have it.</p>
    </Confirm>,
    { title: "Adopt a key" },
  );
}

/** Takes the key over, and shows its new secret this once. */
export async function keyAdopted(c: PageContext): Promise<Response> {
  const id = idIn(c, "key");
  return secretPage(c, await once(c, (ctx) => adoptKey(ctx, id), told), "The key acts for you now");
}

export async function revokeKeyPage(c: PageContext): Promise<Response> {
  const [ctx, key] = await keyOf(c);
  return c.render(
    <Confirm
      title={`Revoke ${key.name}?`}
      action="Revoke the key"
      to={`${LIST}/${key.id}/revoke`}
      back={`${LIST}/${key.id}`}
      fields={<Unseen ctx={ctx} />}
    >
      <p>Whatever uses it is refused from its next request on. A revoked key never comes back.</p>
    </Confirm>,
    { title: "Revoke a key" },
  );
}

export async function keyRevoked(c: PageContext): Promise<Response> {
  await revokeKey(await contextWithinAccount(c), idIn(c, "key"));
  return c.redirect(`${LIST}?done=revoked`, 303);
}
