import type { Context } from "#services/context.ts";
import { acceptInvitation } from "#services/invitations/accept-invitation.ts";
import { type Invitation, ORGANIZATION_INVITATION } from "#services/invitations/invitation.ts";
import { declineMailed, type InvitationKind, openMailed, type ShownInvitation } from "#services/mailed-invitations.ts";
import { acceptTeamInvitation } from "#services/team-invitations/accept-team-invitation.ts";
import { TEAM_INVITATION, type TeamInvitation } from "#services/team-invitations/team-invitation.ts";
import { Action } from "#ui/form.tsx";
import { Heading } from "#ui/page.tsx";
import { Notice, Time } from "#ui/parts.tsx";
import { contextOf, formOf, idIn, type Page } from "../context.ts";
import { inWords } from "../words.ts";

/** The pages of one kind of mailed invitation: where the mail leads, and what becomes of the answer. */
interface InvitationPages {
  shown: Page;
  accepted: Page;
  declined: Page;
}

const pagesOf = <Shown extends ShownInvitation>(
  path: string,
  kind: InvitationKind<Shown>,
  accept: (ctx: Context, id: string, token: string) => Promise<unknown>,
  into: (invitation: Shown) => { name: string; as: string },
): InvitationPages => ({
  async shown(c) {
    const [id, token] = [idIn(c, "invitation"), c.req.query("token") ?? ""];
    const ctx = await contextOf(c);
    const invitation = await openMailed(ctx, kind, id, token);
    const { name, as } = into(invitation);
    const address = ctx.session?.address ?? "";
    return c.render(
      <>
        <Heading title={`Join ${name}`}>
          You are invited {as}. The invitation is good until <Time at={invitation.expiresAt} />.
        </Heading>
        {address.toLowerCase() === invitation.email.toLowerCase() ? (
          <div class="row">
            <Action to={`${path}/${id}/accept`} kind="main" hidden={{ token }}>
              Join
            </Action>
            <Action to={`${path}/${id}/decline`} hidden={{ token }}>
              No, thank you
            </Action>
          </div>
        ) : (
          <>
            <Notice tone="warn">
              It went to another address than {address}, with which you are signed in. Sign out, and open the link of the mail again with
              the address that was invited.
            </Notice>
            <div class="row">
              <Action to="/sign-out">Sign out</Action>
            </div>
          </>
        )}
      </>,
      { title: `Join ${name}` },
    );
  },

  async accepted(c) {
    const { token = "" } = await formOf(c);
    await accept(await contextOf(c), idIn(c, "invitation"), token);
    return c.redirect("/console?done=joined", 303);
  },

  async declined(c) {
    const { token = "" } = await formOf(c);
    await declineMailed(await contextOf(c), kind, idIn(c, "invitation"), token);
    return c.redirect("/console?done=declined", 303);
  },
});

/** Into an organization, or one company of it. */
export const organizationInvitation = pagesOf<Invitation>(
  "/console/invitations",
  ORGANIZATION_INVITATION,
  acceptInvitation,
  ({ organizationName, companyName, roleName }) => ({
    name: companyName ?? organizationName ?? "an organization",
    as: `as a ${inWords(roleName).toLowerCase()}`,
  }),
);

/** Into a team of recruiters. */
export const teamInvitation = pagesOf<TeamInvitation>(
  "/console/team-invitations",
  TEAM_INVITATION,
  acceptTeamInvitation,
  ({ teamName, teamRole }) => ({
    name: teamName,
    as: `to the team as ${/^[aeiou]/.test(teamRole) ? "an" : "a"} ${inWords(teamRole).toLowerCase()}`,
  }),
);
