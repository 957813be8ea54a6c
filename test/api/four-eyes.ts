import type { ApprovalAction } from "#domain/approvals/approval.ts";
import type { Marketplace, Person } from "#test/api.ts";

/** Two admins of a marketplace, and what takes both of them. */
export async function fourEyes(world: Marketplace) {
  const [admin, second] = [await world.platformAdmin(), await world.platformAdmin()];

  /** An approval that one asked for; the other has not looked yet. */
  async function requested(
    action: ApprovalAction,
    subjectId: string,
    request: Record<string, unknown> = {},
    reason = "It is due",
    as: Person = admin,
  ): Promise<string> {
    const { status, body } = await world.call("POST", "approvals", { as, body: { action, subject_id: subjectId, request, reason } });
    if (status !== 201) throw new Error(`the approval: ${status} ${JSON.stringify(body)}`);
    return body.data.id;
  }

  /** An approval that both want. */
  async function approved(...given: Parameters<typeof requested>): Promise<string> {
    const id = await requested(...given);
    const { status, body } = await world.call("POST", `approvals/${id}/approve`, { as: second, body: {} });
    if (status !== 200) throw new Error(`the approval: ${status} ${JSON.stringify(body)}`);
    return id;
  }

  return { admin, second, requested, approved };
}
