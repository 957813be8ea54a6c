import type { Child, FC } from "hono/jsx";
import { ButtonLink } from "./form.tsx";

export type Tone = "neutral" | "good" | "warn" | "bad" | "accent";
const toned = (name: string, tone: Tone) => (tone === "neutral" ? name : `${name} ${tone}`);

/** A state in a word; its colour says nothing that the word does not. */
export const Badge: FC<{ tone?: Tone; children?: Child }> = ({ tone = "neutral", children }) => (
  <span class={toned("badge", tone)}>{children}</span>
);

/** A sentence that must not be missed, such as what is missing or what failed. */
export const Notice: FC<{ tone?: Tone; children?: Child }> = ({ tone = "neutral", children }) => (
  <div class={toned("notice", tone)}>{children}</div>
);

/** A few numbers that say how things are. */
export const Stats: FC<{ of: readonly { name: string; value: Child }[] }> = ({ of }) => (
  <dl class="stats">
    {of.map(({ name, value }) => (
      <div>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** What is known of one thing, each under its name. */
export const Facts: FC<{ of: readonly { name: string; value: Child }[] }> = ({ of }) => (
  <dl class="facts">
    {of.map(({ name, value }) => (
      <>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </>
    ))}
  </dl>
);

/** The pages of one area, and on which of them one is. */
export const Tabs: FC<{ name: string; of: readonly { name: string; path: string }[]; at: string }> = ({ name, of, at }) => (
  <nav class="tabs" aria-label={name}>
    <ul class="row">
      {of.map((tab) => (
        <li>
          <a href={tab.path} aria-current={tab.path === at ? "page" : undefined}>
            {tab.name}
          </a>
        </li>
      ))}
    </ul>
  </nav>
);

/** A part of a page with a heading of its own. */
export const Card: FC<{ title: string; id?: string; aside?: Child; children?: Child }> = ({ title, id, aside, children }) => (
  <section class="card stack" id={id}>
    <div class="head">
      <h2>{title}</h2>
      {aside}
    </div>
    {children}
  </section>
);

/** Where a list has nothing to show: what that means, and what to do first. */
export const Empty: FC<{ title: string; children?: Child; action?: Child }> = ({ title, children, action }) => (
  <div class="empty">
    <b>{title}</b>
    {children ? <p>{children}</p> : null}
    {action}
  </div>
);

/** Where a filter leaves nothing of a list; `all` is the list without it. */
export const NothingFits: FC<{ all: string }> = ({ all }) => (
  <Empty title="Nothing fits this filter" action={<ButtonLink href={all}>Clear filters</ButtonLink>} />
);

/**
 * Asks once more before something that cannot be taken back. It is a page of its own, to which a
 * link leads, so that it needs no script.
 */
export const Confirm: FC<{
  title: string;
  action: string;
  to: string;
  back: string;
  hidden?: Readonly<Record<string, string>>;
  /** What is asked beside yes or no. */
  fields?: Child;
  children?: Child;
}> = ({ title, action, to, back, hidden = {}, fields, children }) => (
  <>
    <h1>{title}</h1>
    <div class="stack prose">{children}</div>
    <form method="post" action={to} class="stack wide prose">
      {Object.entries(hidden).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      {fields}
      <div class="row">
        <button type="submit" class="button danger">
          {action}
        </button>
        <a class="button" href={back}>
          Cancel
        </a>
      </div>
    </form>
  </>
);

/** A field that somebody else saved otherwise than it was typed. */
export interface Difference {
  name: string;
  now: string;
  yours: string;
}

/** Somebody was faster: what stands now beside what was typed, which is sent only if it is sent again. */
export const Overtaken: FC<{ of: readonly Difference[] }> = ({ of }) => (
  <div class="notice warn stack" role="alert" id="overtaken" tabindex={-1} autofocus>
    <p>
      <b>Somebody else changed this while you were typing.</b> Nothing of yours is saved yet. Send it again if it shall stand.
    </p>
    <dl class="differences">
      {of.map(({ name, now, yours }) => (
        <div>
          <dt>{name}</dt>
          <dd>
            <span>Now:</span> {now || "empty"}
          </dd>
          <dd>
            <span>You typed:</span> {yours || "empty"}
          </dd>
        </div>
      ))}
    </dl>
  </div>
);

/** A secret that is shown this once: one click selects all of it. */
export const Secret: FC<{ label: string; value: string }> = ({ label, value }) => (
  <div class="secret notice warn stack">
    <p>
      <b>{label}</b> Copy it now and keep it safe. It is not stored here and cannot be shown again.
    </p>
    <code tabindex={0} aria-label={label}>
      {value}
    </code>
  </div>
);

const DAY = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
/** An instant to the minute, in UTC. */
export const MINUTE = new Intl.DateTimeFormat("en", {
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
  timeZone: "UTC",
});

/** An instant as people read it, and exactly. */
export const Time: FC<{ at: Date; with?: "day" | "minute" }> = ({ at, with: precision = "minute" }) => (
  <time datetime={at.toISOString()}>{precision === "day" ? DAY.format(at) : `${MINUTE.format(at)} UTC`}</time>
);

const SPANS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** How long ago or ahead an instant is, seen from another. */
export const Ago: FC<{ at: Date; now: Date }> = ({ at, now }) => {
  const seconds = (at.getTime() - now.getTime()) / 1_000;
  const [unit, length] = SPANS.find(([, span]) => Math.abs(seconds) >= span) ?? [];
  const words = unit && length ? RELATIVE.format(Math.trunc(seconds / length), unit) : seconds > 0 ? "in a moment" : "just now";
  return (
    <time datetime={at.toISOString()} title={`${MINUTE.format(at)} UTC`}>
      {words}
    </time>
  );
};

const LINK = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/;

/** A text that people outside the house wrote: paragraphs and links, and nothing else of it is markup. */
export const Words: FC<{ children: string }> = ({ children: text }) => (
  <>
    {text
      .trim()
      .split(/\n\s*\n/)
      .map((paragraph) => (
        <p class="words">
          {paragraph.split(LINK).map((part, index) =>
            index % 2 === 1 ? (
              <a href={part} rel="nofollow noopener">
                {part}
              </a>
            ) : (
              part
            ),
          )}
        </p>
      ))}
  </>
);
