import { and, desc, eq, getTableColumns, not, sql } from "drizzle-orm";
import { Hono } from "hono";
import { connect } from "#db/connection.ts";
import { jobs } from "#db/schema/ats.ts";
import { notifications } from "#db/schema/notify.ts";
import { effectiveFee } from "#services/jobs/fee.ts";

/**
 * What the ratios compare against: a Worker without token, access context, audit, outbox or
 * contract, which does one equal query, the fee in force of a job included, or reads one row and commits one update, through the same
 * driver.
 */
interface Env {
  DATABASE_URL: string;
  LOCAL_NEON_ENDPOINT: string;
}

const { search, ...columns } = getTableColumns(jobs);

const app = new Hono<{ Bindings: Env }>();

const database = (env: Env) => connect({ url: env.DATABASE_URL, endpoint: env.LOCAL_NEON_ENDPOINT, requestId: "bare" });

app.get("/jobs", async (c) => {
  const [rows] = await database(c.env).reader.batch([
    database(c.env)
      .reader.select({
        ...columns,
        fee: effectiveFee({
          companyId: sql`${jobs.companyId}`,
          feePercentage: sql`${jobs.feePercentage}`,
          premiumType: sql`${jobs.premiumType}`,
        }),
      })
      .from(jobs)
      .where(eq(jobs.companyId, c.req.query("company_id") ?? ""))
      .orderBy(desc(jobs.createdAt), desc(jobs.id))
      .limit(25),
  ]);
  return c.json({ data: rows });
});

app.get("/notifications", async (c) => {
  const { reader } = database(c.env);
  const [rows] = await reader.batch([
    reader
      .select()
      .from(notifications)
      .where(
        and(
          eq(notifications.recipientUserId, c.req.query("user_id") ?? ""),
          eq(notifications.channel, sql`'in_app'`),
          not(notifications.dismissed),
        ),
      )
      .orderBy(desc(notifications.createdAt), desc(notifications.id))
      .limit(25),
  ]);
  return c.json({ data: rows });
});

app.patch("/jobs/:id", async (c) => {
  const id = c.req.param("id");
  const { title } = await c.req.json<{ title: string }>();
  const { reader, writer } = database(c.env);
  const [[job]] = await reader.batch([reader.select(columns).from(jobs).where(eq(jobs.id, id))]);
  await writer.batch([
    writer
      .update(jobs)
      .set({ title, version: sql`${jobs.version} + 1` })
      .where(eq(jobs.id, id)),
  ]);
  return c.json({ data: { ...job, title } });
});

export default app;
