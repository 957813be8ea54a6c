import type { FC } from "hono/jsx";
import { niceTicks } from "./ticks.ts";

export interface Point {
  /** Under the bar; an empty one leaves it without. */
  label: string;
  /** The whole name, for its title and the table. */
  name: string;
  value: number;
}

const WHOLE = new Intl.NumberFormat("en");

/** In pixels downwards; across, everything is a share of the width, so that words keep their size. */
const [HEIGHT, TOP, BOTTOM] = [190, 18, 26];
/** The share of the width that the axis' own numbers take. */
const LEFT = 7;

/** A line across a chart that its bars are held against. */
export interface Mark {
  name: string;
  value: number;
}

/**
 * Bars over a few steps of time, drawn on the server; the last one is the one that runs. Whoever
 * cannot see it hears the sentence and finds the numbers in the table below.
 *
 * @param sentence - what the chart shows, as one would say it
 * @param unit - what is counted, such as `applications`
 */
export const Chart: FC<{ sentence: string; unit: string; points: readonly Point[]; mark?: Mark | undefined }> = ({
  sentence,
  unit,
  points,
  mark,
}) => {
  const ticks = niceTicks(Math.max(mark?.value ?? 0, ...points.map(({ value }) => value)));
  const top = ticks.at(-1) ?? 1;
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  const step = (100 - LEFT) / points.length;
  const across = (steps: number) => `${(LEFT + steps * step).toFixed(2)}%`;
  return (
    <figure class="chart stack">
      <svg height={HEIGHT} role="img" aria-label={sentence}>
        {ticks.map((tick) => (
          <>
            <line x1="0" x2="100%" y1={y(tick)} y2={y(tick)} />
            <text x="0" y={y(tick) - 4}>
              {WHOLE.format(tick)}
            </text>
          </>
        ))}
        {points.map(({ label, name, value }, index) => (
          <g>
            <rect x={across(index + 0.2)} y={y(value)} width={`${(step * 0.6).toFixed(2)}%`} height={HEIGHT - BOTTOM - y(value)} rx="2">
              <title>{`${name}: ${value} ${unit}`}</title>
            </rect>
            <text x={across(index + 0.5)} y={HEIGHT - 8} text-anchor="middle">
              {label}
            </text>
          </g>
        ))}
        {mark ? (
          <>
            <line class="bound" x1={`${LEFT}%`} x2="100%" y1={y(mark.value)} y2={y(mark.value)} />
            <text class="bound" x="100%" y={y(mark.value) - 5} text-anchor="end">
              {`${mark.name}: ${WHOLE.format(mark.value)}`}
            </text>
          </>
        ) : null}
      </svg>
      <details>
        <summary>The numbers</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col" class="num">
                {unit}
              </th>
            </tr>
          </thead>
          <tbody>
            {points.map(({ name, value }) => (
              <tr>
                <th scope="row">{name}</th>
                <td class="num">{value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
};
