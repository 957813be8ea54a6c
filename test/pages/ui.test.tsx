import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import type { Child } from "hono/jsx";
import { describe, expect, it } from "vitest";
import { buildAssets, changesIn } from "#ui/build.ts";
import { guideOf } from "#ui/guides.ts";
import { Chart } from "#ui/chart.tsx";
import { ErrorSummary, Field } from "#ui/form.tsx";
import { Ago, Badge, Overtaken, Secret } from "#ui/parts.tsx";
import { Pager, Table } from "#ui/table.tsx";
import { niceTicks } from "#ui/ticks.ts";
import { markupFaultsOf } from "./browser.ts";

const PUBLIC = join(import.meta.dirname, "../../dist/public");
const html = (child: Child): string => String(child);
const faults = (body: string) =>
  markupFaultsOf(`<!DOCTYPE html><html lang="en"><head><title>t</title></head><body><main><h1>t</h1>${body}</main></body></html>`);

describe("what the pages load", () => {
  it.each([
    ["theme", 4],
    ["enhance", 1],
    ["mark", 1],
  ] as const)("%s weighs at most %i KB", async (name, kilobytes) => {
    const places = await buildAssets();
    const text = await readFile(join(PUBLIC, places[name]));
    expect(gzipSync(text).length).toBeLessThanOrEqual(kilobytes * 1_024);
    expect(places[name]).toMatch(/^\/assets\/\w+\.[\da-f]{12}\.(css|js|svg)$/);
  });

  it("is the same for several builds at once, and nothing else lies about", async () => {
    const builds = await Promise.all([buildAssets(), buildAssets(), buildAssets()]);
    expect(new Set(builds.map((places) => JSON.stringify(places))).size).toBe(1);
    const { widgetIntegrity, ...places } = builds[0];
    expect(widgetIntegrity).toMatch(/^sha384-/);
    for (const place of Object.values(places)) expect((await readFile(join(PUBLIC, place))).length).toBeGreaterThan(100);
  });
});

describe("the changelog", () => {
  it("is the table of docs/api.md, the newest line first", () => {
    const markdown =
      "# API\n\n| 2020-01-01 | v0 | Not here |\n\n## Changelog\n\n| Date | Version | What |\n| --- | --- | --- |\n| 2026-11-01 | v1 | First: `a`. |\n| 2027-02-03 | v1      | Second.   |\n";
    expect(changesIn(markdown)).toEqual([
      { date: "2027-02-03", version: "v1", what: "Second." },
      { date: "2026-11-01", version: "v1", what: "First: `a`." },
    ]);
  });

  it("has something to tell", async () => {
    const changes = changesIn(await readFile(join(import.meta.dirname, "../../docs/api.md"), "utf8"));
    expect(changes.map(({ date }) => date)).toContain("2026-11-01");
  });
});

describe("a guide", () => {
  it("is a page of docs/ whose links lead to where their pages are served", () => {
    const guide = guideOf(
      "sdk/python/README.md",
      "# Python\n\nTwo `lines`. And more.\n\n## A way in\n\n[Before](../../api.md#get-in), [after](#a-way-in)\n\n| A | B |\n| --- | --- |\n| 1 | <2 |\n",
    );
    expect(guide).toMatchObject({ title: "Python", about: "Two lines." });
    expect(guide.html).toContain('<h2 id="a-way-in">A way in</h2>');
    expect(guide.html).toContain('<a href="/docs/start#get-in">Before</a>, <a href="#a-way-in">after</a>');
    expect(guide.html).toContain('<tr><th scope="row">1</th><td data-name="B">&lt;2</td></tr>');
  });

  it("that leads to what nobody can have is not built", () => {
    expect(() => guideOf("api.md", "# API\n\n[Ours](operations.md)\n")).toThrow("api.md links to operations.md");
  });
});

describe("the ticks of an axis", () => {
  it.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [3, [0, 1, 2, 3]],
    [6, [0, 2, 4, 6]],
    [9, [0, 5, 10]],
    [100, [0, 50, 100]],
    [101, [0, 50, 100, 150]],
    [12_345, [0, 5_000, 10_000, 15_000]],
  ])("up to %i are %j", (largest, ticks) => {
    expect(niceTicks(largest)).toEqual(ticks);
  });

  it("are few, even, whole, and reach the largest value", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000 }), (largest) => {
        const ticks = niceTicks(largest);
        const step = ticks[1] ?? 0;
        expect(ticks.length).toBeLessThanOrEqual(6);
        expect(String(step)).toMatch(/^[125]0*$/);
        expect(ticks.every((tick, index) => tick === index * step)).toBe(true);
        expect(ticks.at(-1)).toBeGreaterThanOrEqual(largest);
      }),
    );
  });
});

describe("a chart", () => {
  const points = [
    { label: "Nov 2", name: "Week of Nov 2", value: 4 },
    { label: "Nov 9", name: "Week of Nov 9", value: 0 },
  ];
  const chart = html(<Chart sentence="4 applications in 2 weeks." unit="applications" points={points} />);

  it("says what it shows, names each point, and has its numbers as a table", async () => {
    expect(chart).toContain('role="img" aria-label="4 applications in 2 weeks."');
    for (const { name, value } of points) {
      expect(chart).toContain(`<title>${name}: ${value} applications</title>`);
      expect(chart).toContain(`<th scope="row">${name}</th><td class="num">${value}</td>`);
    }
    expect(await faults(chart)).toEqual([]);
  });

  it("holds its bars against a limit, which is never cut off", () => {
    const held = html(<Chart sentence="4 of 1,000." unit="requests" points={points} mark={{ name: "Limit", value: 1_000 }} />);
    expect(held).toContain(">Limit: 1,000</text>");
    const [, line, top] = /class="bound" x1="7%" x2="100%" y1="([\d.]+)".*?class="bound"[^>]* y="([\d.]+)"/s.exec(held) ?? [];
    expect([Number(line) > 0, Number(top) > 0]).toEqual([true, true]);
  });

  it("draws nothing where there is nothing", () => {
    expect(html(<Chart sentence="None." unit="applications" points={[{ label: "", name: "n", value: 0 }]} />)).toContain('height="0"');
  });
});

describe("a form", () => {
  it("leads from each fault to its field, which says it too", async () => {
    const errors = { name: "Enter a name.", url: undefined };
    const form = html(
      <form method="post">
        <ErrorSummary errors={errors} />
        <Field name="name" label="Name" hint="As on the contract" error={errors.name} required />
        <Field name="notes" label="Notes" rows={3} value="<b>" />
      </form>,
    );
    expect(form).toContain('<a href="#name">Enter a name.</a>');
    expect(form).toContain('aria-describedby="name-hint name-error" aria-invalid="true"');
    expect(form).toContain("&lt;b&gt;");
    expect(html(<ErrorSummary errors={{ name: undefined }} />)).toBe("");
  });
});

describe("parts of a page", () => {
  it("show what stands now beside what was typed", async () => {
    const overtaken = html(<Overtaken of={[{ name: "Name", now: "<b>", yours: "" }]} />);
    expect(overtaken).toContain("<span>Now:</span> &lt;b&gt;");
    expect(overtaken).toContain("<span>You typed:</span> empty");
    expect(await faults(overtaken)).toEqual([]);
  });

  it("show a secret with the words that it is gone afterwards, and where the keyboard reaches it", async () => {
    const secret = html(<Secret label="The key." value="snk_live_<x>" />);
    expect(secret).toContain("cannot be shown again");
    expect(secret).toContain("snk_live_&lt;x&gt;");
    expect(secret).toContain('tabindex="0"');
  });

  it("show a state as a word", () => {
    expect(html(<Badge tone="good">Active</Badge>)).toBe('<span class="badge good">Active</span>');
    expect(html(<Badge>Draft</Badge>)).toBe('<span class="badge">Draft</span>');
  });

  it.each([
    [0, "just now"],
    [-59, "just now"],
    [-60, "1 minute ago"],
    [-3_600 * 5 - 59, "5 hours ago"],
    [-86_400, "yesterday"],
    [-86_400 * 9, "9 days ago"],
    [30, "in a moment"],
    [7_200, "in 2 hours"],
  ])("tell an instant %i seconds away as %s", (seconds, words) => {
    const now = new Date("2026-11-21T12:00:00Z");
    const time = html(<Ago at={new Date(now.getTime() + seconds * 1_000)} now={now} />);
    expect(time).toMatch(new RegExp(`>${words}</time>$`));
    expect(time).toContain("datetime=");
  });

  it("show rows under columns, in a region that the keyboard reaches", async () => {
    const columns = [
      { name: "Role", cell: (row: { name: string; cents: number }) => row.name },
      { name: "Fee", numeric: true, cell: (row: { name: string; cents: number }) => row.cents },
    ];
    const table = html(<Table name="Roles" columns={columns} rows={[{ name: "Engineer & co", cents: 5 }]} />);
    expect(table).toContain('<section class="scroll" aria-label="Roles" tabindex="0">');
    expect(table).toContain('<th scope="row">Engineer &amp; co</th><td class="num" data-name="Fee">5</td>');
    expect(await faults(table)).toEqual([]);
  });

  it.each([
    [1, 10, false, "1 to 10 of 10 rows", []],
    [1, 0, false, "0 to 0 of 0 rows", []],
    [2, 45, false, "21 to 40 of 45 rows", ["prev", "next"]],
    [3, 45, false, "41 to 45 of 45 rows", ["prev"]],
    [1, 10_000, true, "1 to 20 of more than 10000 rows", ["next"]],
  ])("page %i of %i rows (capped: %s) reads %s", (page, total, totalCapped, words, ways) => {
    const address = new URL("https://app.test/list?category=jobs");
    const pager = html(<Pager page={page} limit={20} total={total} totalCapped={totalCapped} noun="rows" address={address} />);
    expect(pager).toContain(words);
    expect([...pager.matchAll(/rel="(\w+)"/g)].map(([, way]) => way)).toEqual(ways);
    if (ways.includes("next")) expect(pager).toContain(`href="/list?category=jobs&amp;page=${page + 1}"`);
  });
});
