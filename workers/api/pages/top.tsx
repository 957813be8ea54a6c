import type { FC } from "hono/jsx";
import { Mark } from "#ui/page.tsx";

/** What stands above every page of the documentation. */
export const Top: FC = () => (
  <header class="top">
    <Mark href="/docs/start" />
    <nav aria-label="Documentation" class="row">
      <a href="/docs/start">Guide</a>
      <a href="/docs/javascript">JavaScript</a>
      <a href="/docs/python">Python</a>
      <a href="/docs/ruby">Ruby</a>
      <a href="/docs/webhooks">Webhooks</a>
      <a href="/docs">All calls</a>
    </nav>
  </header>
);
