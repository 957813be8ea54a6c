import { displayOf } from "#domain/credentials/token.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { administeredKeyNoun, type ApiKey } from "#services/api-keys/api-key.ts";
import { suspendKey, unsuspendKey } from "#services/api-keys/change-key.ts";
import type { Context } from "#services/context.ts";
import { listAfter } from "#services/keyset.ts";
import { getOne } from "#services/listing.ts";
import { suspendClient, unsuspendClient } from "#services/oauth-clients/change-client.ts";
import { administeredClientNoun, type OAuthClient } from "#services/oauth-clients/oauth-client.ts";
import { Button, ButtonLink, Field } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Confirm, Empty, Time } from "#ui/parts.tsx";
import { Table } from "#ui/table.tsx";
import { contextOfAdmin, formOf, type PageContext } from "../../context.ts";
import { keptForm } from "../../kept-form.ts";
import { AdminTabs, CREDENTIAL_WORDS, csvAnswer, ListEnd, pagingOf, type Said, Standing, Unseen } from "../../partner-pages.tsx";

const HERE = "/console/admin/credentials";
const REASON_LETTERS = 1_000;

/** A key or an application, as far as its switch needs it. */
type Credential = Pick<ApiKey, "id" | "name" | "createdAt" | "publicId"> & {
  kind: "api_key" | "oauth_client";
  status: ApiKey["status"] | OAuthClient["status"];
  accountId: string;
  shown: string;
};

const ofKey = (key: ApiKey): Credential => ({ ...key, kind: "api_key", shown: displayOf({ ...key, type: "snk" }) });
const ofClient = (client: OAuthClient): Credential => ({
  ...client,
  kind: "oauth_client",
  accountId: client.ownerAccountId,
  shown: client.publicId,
});

const KINDS = {
  keys: {
    kind: "api_key",
    get: async (ctx: Context, id: string) => ofKey(await getOne<ApiKey>(ctx, administeredKeyNoun, id)),
    suspend: suspendKey,
    unsuspend: unsuspendKey,
  },
  apps: {
    kind: "oauth_client",
    get: async (ctx: Context, id: string) => ofClient(await getOne<OAuthClient>(ctx, administeredClientNoun, id)),
    suspend: suspendClient,
    unsuspend: unsuspendClient,
  },
} as const;

const DONE: Readonly<Record<string, string>> = {
  suspended: "Shut off. Its next request is refused.",
  unsuspended: "It passes again.",
};

/** Everybody's keys and applications: what has to be shut off is found by what is known of it. */
export async function credentialsPage(c: PageContext): Promise<Response> {
  const asked = new URL(c.req.url).searchParams;
  const search = asked.get("search")?.trim().slice(0, 200) ?? "";
  const which = asked.get("show") === "apps" ? "apps" : "keys";
  const filters = search === "" ? {} : isUuid(search) ? { account_id: search } : { public_id: publicIdIn(search) };
  const paging = await pagingOf(c, `${HERE} ${which}`, filters);
  const ctx = await contextOfAdmin(c);
  const query = { ...paging.query, filters };
  const page =
    which === "keys"
      ? await listAfter<ApiKey>(ctx, administeredKeyNoun, query)
      : await listAfter<OAuthClient>(ctx, administeredClientNoun, query);
  const rows = page.rows.map((row) => ("ownerAccountId" in row ? ofClient(row) : ofKey(row)));
  if (paging.wantsCsv) return csvAnswer(which, CSV, rows);
  return c.render(
    <>
      <Heading title="Credentials">Every key and app, and the switch that shuts one off at once.</Heading>
      <AdminTabs at={HERE} />
      <form method="get" action={HERE} class="filter" data-swap="credentials">
        <Field name="search" label="Key, public id or account's id" value={search} type="search" />
        <Button name="show" value="keys">
          Keys
        </Button>
        <Button name="show" value="apps">
          Apps
        </Button>
      </form>
      <div id="credentials" class="stack wide">
        {rows.length > 0 ? (
          <>
            <Table<Credential>
              name={which === "keys" ? "Keys" : "Apps"}
              rows={rows}
              columns={[
                {
                  name: CREDENTIAL_WORDS[KINDS[which].kind],
                  cell: ({ name, shown }) => (
                    <>
                      <b>{name}</b>
                      <small>
                        <code>{shown}</code>
                      </small>
                    </>
                  ),
                },
                { name: "Status", cell: ({ status }) => <Standing of={status} /> },
                { name: "Account", cell: ({ accountId }) => <a href={`/console/admin/plans?account=${accountId}`}>Plan</a> },
                { name: "Made", cell: ({ createdAt }) => <Time at={createdAt} with="day" /> },
                {
                  name: "Switch",
                  actions: true,
                  cell: ({ id, name, status }) =>
                    status === "suspended" ? (
                      <a href={`/console/admin/${which}/${id}/unsuspend`} aria-label={`Let pass: ${name}`}>
                        Let pass
                      </a>
                    ) : status === "active" || status === "approved" ? (
                      <a href={`/console/admin/${which}/${id}/suspend`} aria-label={`Shut off: ${name}`}>
                        Shut off
                      </a>
                    ) : null,
                },
              ]}
            />
            <ListEnd {...await paging.ways(page.next)} csv={paging.csv} />
          </>
        ) : (
          <Empty
            title={search === "" ? `There are no ${which} yet` : "Nothing is known by this"}
            action={search === "" ? null : <ButtonLink href={HERE}>Show all</ButtonLink>}
          />
        )}
      </div>
    </>,
    { title: "Credentials", status: DONE[c.req.query("done") ?? ""] },
  );
}

/** The credentials as a file. */
const CSV: readonly Said<Credential>[] = [
  ["id", ({ id }) => id, "id"],
  ["name", ({ name }) => name],
  ["credential", ({ shown }) => shown],
  ["status", ({ status }) => status],
  ["account_id", ({ accountId }) => accountId, "id"],
  ["created_at", ({ createdAt }) => createdAt.toISOString(), "date"],
];

/** The public id in whatever of a credential somebody has at hand. */
const publicIdIn = (text: string): string => /^sn[a-z]_(?:live|test)_([0-9A-Za-z]{16})/.exec(text)?.[1] ?? text;

/** Which credential a switch is of, and which way it goes; 404 for anything else. */
function switchOf(c: PageContext) {
  const { kind = "", id = "", switch: way = "" } = c.req.param() as Record<string, string>;
  if ((kind !== "keys" && kind !== "apps") || !isUuid(id) || (way !== "suspend" && way !== "unsuspend")) throw notFound("page");
  return { kind, id, way } as const;
}

/** Asks for the reason before a switch is turned. */
export const switchPage = (c: PageContext): Promise<Response> => pageWith(c, undefined, null);

async function pageWith(c: PageContext, wrong: string | undefined, typed: string | null): Promise<Response> {
  const { kind, id, way } = switchOf(c);
  const ctx = await contextOfAdmin(c);
  const { name, shown } = await KINDS[kind].get(ctx, id);
  const reason = typed ?? (await keptForm(c, ctx))?.["reason"] ?? "";
  const shutsOff = way === "suspend";
  return c.render(
    <Confirm
      title={shutsOff ? `Shut ${name} off?` : `Let ${name} pass again?`}
      action={shutsOff ? "Shut it off" : "Let it pass"}
      to={`/console/admin/${kind}/${id}/${way}`}
      back={kind === "keys" ? HERE : `${HERE}?show=apps`}
      fields={
        <>
          <Unseen ctx={ctx} />
          <Field name="reason" label="Reason" hint="Its owner and the audit read it." rows={3} value={reason} error={wrong} required />
        </>
      }
    >
      <p>
        <code>{shown}</code>
      </p>
      <p>
        {shutsOff
          ? "It is refused from its next request on, whoever holds it."
          : "It is judged by what it may do, from its next request on."}
      </p>
    </Confirm>,
    { title: shutsOff ? "Shut off" : "Let pass" },
  );
}

/** Turns the switch. */
export async function switched(c: PageContext): Promise<Response> {
  const { kind, id, way } = switchOf(c);
  const { reason: written = "" } = await formOf(c);
  const reason = written.trim();
  if (!reason || reason.length > REASON_LETTERS) {
    c.status(422);
    return pageWith(c, reason ? `A reason has ${REASON_LETTERS} characters at most.` : "Say why.", written);
  }
  await KINDS[kind][way](await contextOfAdmin(c), id, reason);
  return c.redirect(`${HERE}?show=${kind}&done=${way}ed`, 303);
}
