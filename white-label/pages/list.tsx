import type { FC } from "hono/jsx";
import type { Place, PublicRole } from "#services/white-label/place.ts";
import { ButtonLink } from "#ui/form.tsx";
import { Badge, Empty, Words } from "#ui/parts.tsx";
import { Layout, type Setting } from "../layout.tsx";
import { factsOf, summaryOf } from "../words.ts";

const isOpen = ({ standing }: PublicRole): boolean => standing === "open";

const countOf = (roles: readonly PublicRole[]): string => {
  const { length } = roles.filter(isOpen);
  return length === 1 ? "One open role" : `${length} open roles`;
};

/** What the company looks for, and how its partners work with it. */
export const ListPage: FC<{ place: Place; roles: readonly PublicRole[]; setting: Setting }> = ({ place, roles, setting }) => (
  <Layout
    place={place}
    setting={setting}
    title={`Roles at ${place.name}`}
    description={summaryOf(place.welcome ?? `Open roles at ${place.name}, for its recruiting partners.`)}
    hero={
      <>
        <h1>{`Roles at ${place.name}`}</h1>
        {place.welcome ? (
          <div class="lead stack">
            <Words>{place.welcome}</Words>
          </div>
        ) : null}
      </>
    }
  >
    {roles.length > 0 ? (
      <section class="stack wide" aria-labelledby="open">
        <h2 id="open">{countOf(roles)}</h2>
        <ul class="roles">
          {[...roles.filter(isOpen), ...roles.filter((role) => !isOpen(role))].map((role) => (
            <li>
              <a href={`/${role.slug}`}>
                <span>
                  <b>{role.title}</b>
                  {isOpen(role) ? null : <Badge>Paused</Badge>}
                </span>
                <span class="soft">
                  {factsOf(role)
                    .map(({ value }) => value)
                    .join(" · ")}
                </span>
              </a>
            </li>
          ))}
        </ul>
      </section>
    ) : (
      <Empty
        title="No role is open right now"
        action={
          place.intake.isOpen ? (
            <ButtonLink href="/intake" kind="main">
              Hand in a role
            </ButtonLink>
          ) : null
        }
      >
        {`${place.name} shows its roles here as soon as there are any. This address stays the same.`}
      </Empty>
    )}
    {place.instructions ? (
      <section class="card stack prose" aria-labelledby="how">
        <h2 id="how">How to work with us</h2>
        <Words>{place.instructions}</Words>
      </section>
    ) : null}
  </Layout>
);
