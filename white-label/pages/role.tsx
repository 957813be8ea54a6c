import type { FC } from "hono/jsx";
import { raw } from "hono/html";
import type { Place, PublicRole, Requirement } from "#services/white-label/place.ts";
import { ButtonLink } from "#ui/form.tsx";
import { Facts, Notice, Words } from "#ui/parts.tsx";
import { asData, jobPostingOf } from "../job-posting.ts";
import { Layout, type Setting } from "../layout.tsx";
import { factsOf, summaryOf } from "../words.ts";

interface RoleProps {
  place: Place;
  role: PublicRole;
  requirements: readonly Requirement[];
  setting: Setting;
}

/** One role, as anybody may read it. What a recruiter earns stands on `/submit` (SURFACES S-11). */
export const RolePage: FC<RoleProps> = ({ place, role, requirements, setting }) => {
  const posting = jobPostingOf(place, role, place.logoKey && `${setting.origin}/logo/${place.logoKey}`);
  const isOpen = role.standing === "open";
  return (
    <Layout
      place={place}
      setting={setting}
      title={`${role.title} at ${place.name}`}
      description={summaryOf(role.description ?? `${role.title} at ${place.name}.`)}
      hidden={!isOpen}
      head={posting ? <script type="application/ld+json">{raw(asData(posting))}</script> : null}
      hero={
        <>
          <h1>{role.title}</h1>
          <p class="lead">
            {factsOf(role)
              .slice(0, 3)
              .map(({ value }) => value)
              .join(" · ")}
          </p>
        </>
      }
    >
      {isOpen ? null : <Notice tone="warn">This role is paused. Candidates cannot be submitted at the moment.</Notice>}
      <div class="beside">
        <div class="stack wide">
          {role.description ? (
            <section class="stack prose" aria-labelledby="about">
              <h2 id="about">About the role</h2>
              <Words>{role.description}</Words>
            </section>
          ) : null}
          <Requirements of={requirements.filter(({ mandatory }) => mandatory)} title="What it takes" />
          <Requirements of={requirements.filter(({ mandatory }) => !mandatory)} title="What would help" />
        </div>
        <aside class="card stack" aria-label="The role in short">
          <Facts
            of={[
              ...factsOf(role),
              ...(role.openedAt ? [{ name: "Posted", value: <Day at={role.openedAt} /> }] : []),
              ...(role.closesAt ? [{ name: "Open until", value: <Day at={role.closesAt} /> }] : []),
            ]}
          />
          {isOpen ? (
            <ButtonLink href={`/submit?role_id=${role.id}`} kind="main" whole>
              Submit a candidate
            </ButtonLink>
          ) : null}
          {isOpen ? <p class="soft small">For recruiters with a Splits Network account.</p> : null}
          {isOpen && role.applyUrl ? (
            <p class="small">
              Looking for a job yourself? <a href={role.applyUrl}>Apply with {place.name}</a>.
            </p>
          ) : null}
        </aside>
      </div>
    </Layout>
  );
};

const Requirements: FC<{ of: readonly Requirement[]; title: string }> = ({ of, title }) =>
  of.length === 0 ? null : (
    <section class="stack prose">
      <h2>{title}</h2>
      <ul class="points">
        {of.map(({ description }) => (
          <li>{description}</li>
        ))}
      </ul>
    </section>
  );

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const Day: FC<{ at: Date }> = ({ at }) => <time datetime={at.toISOString().slice(0, 10)}>{DAY.format(at)}</time>;

/** What is left of a role that is over: that it is, and the way to the others. */
export const GonePage: FC<{ place: Place; role: PublicRole; setting: Setting }> = ({ place, role, setting }) => (
  <Layout
    place={place}
    setting={setting}
    title={`${role.title} at ${place.name}`}
    description={`${role.title} at ${place.name} is no longer open.`}
    hidden
    hero={<h1>{role.title}</h1>}
  >
    <div class="card stack prose">
      <h2>This role is no longer open</h2>
      <p>{`${place.name} has filled or closed it. The other roles are still there.`}</p>
      <div class="row">
        <ButtonLink href="/" kind="main">
          See all roles
        </ButtonLink>
      </div>
    </div>
  </Layout>
);
