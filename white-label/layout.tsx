import type { Child, FC } from "hono/jsx";
import type { Place } from "#services/white-label/place.ts";
import { Brand } from "#ui/brand.tsx";
import { Document } from "#ui/page.tsx";

/** Where a page stands, and how it may be kept. */
export interface Setting {
  /** The origin of the company's host. */
  origin: string;
  path: string;
  /** Of the style in a page that nobody keeps; a page that caches keep has none. */
  nonce?: string | undefined;
}

interface LayoutProps {
  place: Place;
  setting: Setting;
  title: string;
  description: string;
  /** Kept out of search engines. */
  hidden?: boolean;
  head?: Child;
  /** Under the company's name: what the page is about. */
  hero: Child;
  children?: Child;
}

/** A page in a company's own colours: its name and logo, what the page is about, and the way back to its roles. */
export const Layout: FC<LayoutProps> = ({ place, setting, title, description, hidden, head, hero, children }) => (
  <Document
    title={title}
    description={description}
    site={place.name}
    script={false}
    class="tenant"
    head={
      <>
        <Brand color={place.color} nonce={setting.nonce} />
        <link rel="canonical" href={`${setting.origin}${setting.path}`} />
        {hidden || place.isPrivate ? <meta name="robots" content="noindex" /> : null}
        <meta property="og:type" content="website" />
        <meta property="og:site_name" content={place.name} />
        <meta property="og:title" content={title} />
        <meta property="og:description" content={description} />
        <meta property="og:url" content={`${setting.origin}${setting.path}`} />
        {place.logoKey ? <meta property="og:image" content={`${setting.origin}/logo/${place.logoKey}`} /> : null}
        {head}
      </>
    }
  >
    <header class="hero">
      <div class="stack wide">
        <a href="/" class="company" aria-label={`${place.name}, all roles`}>
          {place.logoKey ? <img src={`/logo/${place.logoKey}`} alt="" height="40" /> : null}
          <span>{place.name}</span>
        </a>
        {hero}
      </div>
    </header>
    <main id="main">{children}</main>
    <footer class="foot small soft">
      <p>
        {place.intake.isOpen ? <a href="/intake">Hand in a role</a> : null}
        <a href="/">All roles</a>
      </p>
      <p>Shared with Splits Network</p>
    </footer>
  </Document>
);
