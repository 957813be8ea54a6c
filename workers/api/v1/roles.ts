import { type OpenAPIHono, z } from "@hono/zod-openapi";
import { JOB_STATUSES } from "#db/schema/ats.ts";
import { getJob } from "#services/jobs/get-job.ts";
import { type Job, jobNoun } from "#services/jobs/job.ts";
import { requireDiscovery } from "#services/jobs/list-jobs.ts";
import { listAfter } from "#services/keyset.ts";
import type { ApiEnv } from "../app.ts";
import { Id, text } from "../v2/shapes.ts";
import { job as asJob } from "../v2/jobs.ts";
import { listOperation, operation } from "./operation.ts";

const Role = z.object({ id: Id, company_id: Id, title: z.string() }).catchall(z.unknown()).openapi("Role");

export function roles(api: OpenAPIHono<ApiEnv>): void {
  listOperation<Job>(api, {
    path: "/roles",
    need: "read:roles",
    access: ["roles", "list"],
    summary: "List roles",
    filters: z.object({ status: z.enum(JOB_STATUSES), company_id: Id, location: text(200) }),
    item: Role,
    run: async (ctx, query) => {
      const page = await listAfter<Job>(ctx, jobNoun, query);
      requireDiscovery(ctx);
      return page;
    },
    present: (row) => asJob(row),
  });
  operation<{ id: string }, object, undefined, Job>(api, {
    method: "get",
    path: "/roles/{id}",
    need: "read:roles",
    access: ["roles", "get"],
    summary: "Read a role",
    replies: [200, Role],
    run: (ctx, { params }) => getJob(ctx, params.id, []),
    present: (row) => asJob(row),
  });
}
