import type { Child, FC } from "hono/jsx";

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
  children?: Child;
}> = ({ title, action, to, back, hidden = {}, children }) => (
  <>
    <h1>{title}</h1>
    <div class="stack prose">{children}</div>
    <form method="post" action={to} class="row">
      {Object.entries(hidden).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
      <button type="submit" class="button danger">
        {action}
      </button>
      <a class="button" href={back}>
        Cancel
      </a>
    </form>
  </>
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
const MINUTE = new Intl.DateTimeFormat("en", {
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
