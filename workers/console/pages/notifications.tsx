import type { FC } from "hono/jsx";
import { CATEGORIES } from "#db/schema/notify.ts";
import { returnPath } from "#domain/identity/session.ts";
import { isUuid } from "#domain/ids.ts";
import { notFound } from "#domain/refusals.ts";
import { listOf } from "#services/listing.ts";
import { markAllRead, markRead, type Notification, notificationNoun } from "#services/notifications/notification.ts";
import { Action, Button, Checkbox, Select } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Ago, Badge, Empty, NothingFits } from "#ui/parts.tsx";
import { Pager } from "#ui/table.tsx";
import { contextOf, formOf, type PageContext } from "../context.ts";
import { inWords } from "../words.ts";

const LIST = "/console/notifications";
const PAGE_ROWS = 20;

/** What happened to the caller's own affairs, by category and page. */
export async function notificationsPage(c: PageContext): Promise<Response> {
  const address = new URL(c.req.url);
  const asked = address.searchParams;
  const category = CATEGORIES.find((name) => name === asked.get("category"));
  const unread = asked.get("unread") === "yes";
  const page = /^[1-9]\d{0,2}$/.test(asked.get("page") ?? "") ? Number(asked.get("page")) : 1;
  const ctx = await contextOf(c);
  const found = await listOf<Notification>(ctx, notificationNoun, {
    page,
    limit: PAGE_ROWS,
    sortBy: "created_at",
    sortOrder: "desc",
    include: [],
    filters: { ...(category ? { category } : {}), ...(unread ? { unread_only: true } : {}) },
  });
  const narrowed = category !== undefined || unread;
  const here = `${address.pathname}${address.search}`;
  return c.render(
    <>
      <Heading
        title="Notifications"
        actions={
          <Action to={`${LIST}/read`} kind="quiet" swap="notices" hidden={{ back: here }}>
            Mark all as read
          </Action>
        }
      >
        What happened to your deals, people and account.
      </Heading>
      <form method="get" action={LIST} class="filter" data-swap="notices">
        <Select
          name="category"
          label="Category"
          value={category}
          options={[{ value: "", label: "Everything" }, ...CATEGORIES.map((value) => ({ value, label: inWords(value) }))]}
        />
        <Checkbox name="unread" value="yes" label="Unread only" checked={unread} />
        <Button>Show</Button>
      </form>
      <div id="notices" class="stack wide">
        {found.rows.length > 0 ? (
          <>
            <ul class="list card">
              {found.rows.map((notice) => (
                <li class="head">
                  <div>
                    <p>
                      <Subject of={notice} /> {notice.read ? null : <Badge tone="accent">New</Badge>}
                    </p>
                    <p class="soft small">
                      {inWords(notice.category)}, <Ago at={notice.createdAt} now={ctx.now()} />
                    </p>
                  </div>
                  {notice.read ? null : (
                    <Action
                      to={`${LIST}/${notice.id}/read`}
                      kind="quiet"
                      swap="notices"
                      hidden={{ back: here }}
                      label={`Mark as read: ${notice.subject}`}
                    >
                      Mark as read
                    </Action>
                  )}
                </li>
              ))}
            </ul>
            <Pager {...found} noun="notifications" address={address} />
          </>
        ) : narrowed ? (
          <NothingFits all={LIST} />
        ) : (
          <Empty title="Nothing has happened yet">As soon as a deal of yours moves, you read of it here.</Empty>
        )}
      </div>
    </>,
    { title: "Notifications", status: statusOf(asked.get("done"), narrowed ? found.total : null) },
  );
}

/** What it is about, and the way to where one can read on; what is unread stands out. */
const Subject: FC<{ of: Notification }> = ({ of: { subject, read, payload } }) => {
  const words = read ? subject : <b>{subject}</b>;
  const { page } = payload as { page?: string };
  return page === undefined ? words : <a href={page}>{words}</a>;
};

/** What was done, or how much a filter found. */
function statusOf(done: string | null, filtered: number | null): string | undefined {
  if (done === "read") return "Marked as read.";
  if (done === "all-read") return "Everything is marked as read.";
  return filtered === null ? undefined : `${filtered} found.`;
}

export async function notificationRead(c: PageContext): Promise<Response> {
  const id = c.req.param("id") ?? "";
  if (!isUuid(id)) throw notFound("notification");
  await markRead(await contextOf(c), id, true);
  return backToList(c, "read");
}

export async function allNotificationsRead(c: PageContext): Promise<Response> {
  await markAllRead(await contextOf(c));
  return backToList(c, "all-read");
}

/** The list as it was filtered, saying what was done. */
async function backToList(c: PageContext, done: string): Promise<Response> {
  const { back } = await formOf(c);
  const to = new URL(returnPath(back), c.req.url);
  to.pathname = LIST;
  to.searchParams.set("done", done);
  return c.redirect(`${to.pathname}${to.search}`, 303);
}
