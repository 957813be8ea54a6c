import type { Child, FC } from "hono/jsx";
import type { Place } from "#services/white-label/place.ts";
import { ButtonLink } from "#ui/form.tsx";
import { Words } from "#ui/parts.tsx";
import { Layout, type Setting } from "../layout.tsx";

/** One thing said in the company's colours, and the way on. */
export const MessagePage: FC<{ place: Place; setting: Setting; title: string; children?: Child }> = ({
  place,
  setting,
  title,
  children,
}) => (
  <Layout place={place} setting={setting} title={title} description={`${title}: ${place.name}.`} hidden hero={<h1>{title}</h1>}>
    <div class="card stack prose">
      {children}
      <div class="row">
        <ButtonLink href="/">See all roles</ButtonLink>
      </div>
    </div>
  </Layout>
);

/** What the company says to whoever sent something. */
export const ThanksPage: FC<{ place: Place; setting: Setting }> = ({ place, setting }) => (
  <MessagePage place={place} setting={setting} title="Thank you">
    <Words>{place.thanks ?? `${place.name} has it now and will come back to you.`}</Words>
  </MessagePage>
);
