import { getOwnApplication } from "#services/portal/own-application.ts";
import { requestWithdrawal, undoWithdrawal } from "#services/withdrawals/withdrawal-request.ts";
import { isFresh } from "#domain/identity/session.ts";
import { Field } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Confirm } from "#ui/parts.tsx";
import type { OutsidePage } from "../../outside.tsx";
import { atOf, formOf, goTo, idOf, visit } from "../context.ts";
import { ProveFirst, sendFrame } from "../frame.tsx";
import { companyOf } from "./applications.tsx";

/** Asks once more before somebody withdraws. */
export const withdrawPage: OutsidePage = async (c) => {
  const [at, ctx] = [atOf(c), await visit(c)];
  const application = await getOwnApplication(ctx, idOf(c));
  const here = `/applications/${application.id}`;
  const title = `Withdraw from ${application.title}?`;
  return sendFrame(
    c,
    "Withdraw",
    "",
    isFresh(ctx.session?.provedAt ?? null, ctx.now()) ? (
      <Confirm
        title={title}
        action="Withdraw"
        to={at(`${here}/withdraw`)}
        back={at(here)}
        fields={
          <Field name="reason" label="Why, if you like to say" hint="It helps whoever worked for you. You may leave it blank." rows={3} />
        }
      >
        <p>{companyOf(application)} will hear that you are no longer a candidate. For 24 hours you can change your mind here.</p>
      </Confirm>
    ) : (
      <>
        <Heading title={title} />
        <ProveFirst at={at} next={`${here}/withdraw`}>
          You can withdraw at any time, and change your mind for 24 hours.
        </ProveFirst>
        <p class="small">
          <a href={at(here)}>Back to the application</a>
        </p>
      </>
    ),
  );
};

export const withdrawalPosted: OutsidePage = async (c) => {
  const [ctx, id] = [await visit(c), idOf(c)];
  const { reason = "" } = await formOf(c);
  await requestWithdrawal(ctx, id, reason);
  return goTo(c, `/applications/${id}?done=withdrawn`);
};

export const withdrawalUndone: OutsidePage = async (c) => {
  const id = idOf(c);
  await undoWithdrawal(await visit(c), id);
  return goTo(c, `/applications/${id}?done=undone`);
};
