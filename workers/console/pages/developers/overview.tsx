import type { FC } from "hono/jsx";
import { returnPath } from "#domain/identity/session.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { listAccounts } from "#services/accounts/list-accounts.ts";
import { type ApiKey, listKeys } from "#services/api-keys/api-key.ts";
import type { Context } from "#services/context.ts";
import { listClients, type OAuthClient } from "#services/oauth-clients/oauth-client.ts";
import { getUsage } from "#services/usage/get-usage.ts";
import { Action, ButtonLink } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Badge, Card, Empty, Notice, Stats } from "#ui/parts.tsx";
import { chosenAccount, contextOf, contextWithinAccount, formOf, keepAccount, type PageContext } from "../../context.ts";
import { ACCOUNT_WORDS } from "../../frame.tsx";
import { count, DeveloperTabs, Standing } from "../../partner-pages.tsx";
import { inWords } from "../../words.ts";
import { DAY_MS, HOUR_MS, RequestsByDay } from "./usage.tsx";

const DAYS = 14;
const SHOWN = 5;

/** How the account's programs do: what they used of their limit, and what stands of keys and apps. */
export async function overviewPage(c: PageContext): Promise<Response> {
  const ctx = await contextWithinAccount(c);
  const first = { limit: SHOWN, after: null, filters: {} };
  const now = new Date();
  const [keys, clients, days, hour] = await Promise.all([
    listKeys(ctx, first),
    listClients(ctx, first),
    getUsage(ctx, { period: "day", group: null, since: new Date(now.getTime() - (DAYS - 1) * DAY_MS), until: null }),
    getUsage(ctx, { period: "hour", group: "key", since: new Date(now.getTime() - HOUR_MS), until: null }),
  ]);
  const busiest = Math.max(
    0,
    ...Map.groupBy(hour.rows, ({ group }) => group)
      .values()
      .map((rows) => rows.reduce((sum, row) => sum + row.requests, 0)),
  );
  const waiting = [...keys.rows, ...clients.rows].filter(({ status }) => status === "pending").length;
  return c.render(
    <>
      <Heading title="Developers">How the programs of this account do, and what they may still ask.</Heading>
      <DeveloperTabs at="/developers" />
      {waiting > 0 ? (
        <Notice tone="warn">
          {waiting === 1 ? "One request waits" : `${waiting} requests wait`} for an administrator's approval. You are told by mail.
        </Notice>
      ) : null}
      {keys.rows.length + clients.rows.length === 0 ? (
        <Empty
          title="Nothing calls the API for this account yet"
          action={
            <ButtonLink href="/developers/keys/new" kind="main">
              Request a key
            </ButtonLink>
          }
        >
          With a key, a program of yours reads roles and submits candidates. <a href="/docs/start">Read how</a>.
        </Empty>
      ) : (
        <>
          <Stats
            of={[
              { name: "Requests in the last hour", value: count(hour.totals.requests) },
              { name: "Busiest key or grant", value: count(busiest) },
              { name: "Limit an hour, for each", value: count(hour.limit?.requestsPerHour ?? 0) },
            ]}
          />
          <p class="soft small">
            Counted within two minutes; what was asked just now is in the <a href="/developers/logs">logs</a>.
          </p>
          <Card title={`Requests in ${DAYS} days`} aside={<a href="/developers/usage">Usage</a>}>
            <RequestsByDay usage={days} days={DAYS} now={ctx.now()} />
          </Card>
          <div class="cards">
            <Keys keys={keys.rows} ctx={ctx} />
            <Apps clients={clients.rows} />
          </div>
        </>
      )}
      <Card title="Documentation">
        <ul class="stack">
          <li>
            <a href="/docs/start">The guide</a>: from the first key to limits and errors
          </li>
          <li>
            Examples to copy: <a href="/docs/javascript">JavaScript</a>, <a href="/docs/python">Python</a>, <a href="/docs/ruby">Ruby</a>
          </li>
          <li>
            <a href="/docs/webhooks">Webhooks</a>: the first event, and what you can rely on
          </li>
          <li>
            <a href="/docs">All calls</a>, with their errors, to try out
          </li>
          <li>
            <a href="/openapi.json">OpenAPI</a> and <a href="/postman.json">Postman</a>, for your tools
          </li>
        </ul>
      </Card>
    </>,
    { title: "Developers" },
  );
}

const Keys: FC<{ keys: readonly ApiKey[]; ctx: Context }> = ({ keys, ctx }) => (
  <Card title="Keys" aside={<a href="/developers/keys">All keys</a>}>
    {keys.length > 0 ? (
      <ul class="list">
        {keys.map(({ id, name, status, lastUsedAt }) => (
          <li class="head">
            <div>
              <a href={`/developers/keys/${id}`}>{name}</a>
              <p class="soft small">{lastUsedAt ? <Ago at={lastUsedAt} now={ctx.now()} /> : "Never used"}</p>
            </div>
            <Standing of={status} />
          </li>
        ))}
      </ul>
    ) : (
      <p class="soft">None. A key is for a program of your own.</p>
    )}
  </Card>
);

const Apps: FC<{ clients: readonly OAuthClient[] }> = ({ clients }) => (
  <Card title="Apps" aside={<a href="/developers/apps">All apps</a>}>
    {clients.length > 0 ? (
      <ul class="list">
        {clients.map(({ id, name, status, type }) => (
          <li class="head">
            <div>
              <a href={`/developers/apps/${id}`}>{name}</a>
              <p class="soft small">{inWords(type)}</p>
            </div>
            <Standing of={status} />
          </li>
        ))}
      </ul>
    ) : (
      <p class="soft">None. An app is for people other than you.</p>
    )}
  </Card>
);

/** Lets somebody with several accounts choose the one whose pages they see. */
export async function accountPage(c: PageContext): Promise<Response> {
  const accounts = await listAccounts(await contextOf(c));
  const acting = chosenAccount(c);
  const returnTo = developerPath(c.req.query("return_to"));
  return c.render(
    <>
      <Heading title="Which account?">Keys, apps, usage and logs are those of one account at a time.</Heading>
      {accounts.length > 0 ? (
        <ul class="list card">
          {accounts.map(({ id, kind, name }) => (
            <li class="head">
              <div>
                <b>{name}</b> {id === acting ? <Badge tone="accent">Chosen</Badge> : null}
                <p class="soft small">{ACCOUNT_WORDS[kind]}</p>
              </div>
              <Action
                to="/developers/account"
                kind="quiet"
                hidden={{ account_id: id, return_to: returnTo }}
                label={`Choose ${name}, ${kind}`}
              >
                Choose
              </Action>
            </li>
          ))}
        </ul>
      ) : (
        <Empty title="You manage no account">Accounts belong to companies, teams and recruiters. Ask an admin of yours.</Empty>
      )}
    </>,
    { title: "Which account?" },
  );
}

/** Keeps the choice in this browser. Refuses an account that is not the caller's to manage. */
export async function accountChosen(c: PageContext): Promise<Response> {
  const { account_id: id = "", return_to: returnTo } = await formOf(c);
  const accounts = await listAccounts(await contextOf(c));
  if (!isUuid(id) || !accounts.some((account) => account.id === id)) throw notFound("account");
  keepAccount(c, id);
  return c.redirect(developerPath(returnTo), 303);
}

/** The page somebody came from, if it is one of developers. */
function developerPath(from: string | undefined): string {
  const path = returnPath(from);
  return /^\/developers(?:[/?]|$)/.test(path) ? path : "/developers";
}
