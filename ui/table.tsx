import type { Child, FC } from "hono/jsx";

export interface Column<Row> {
  name: string;
  /** Numbers stand at the right, one under the other. */
  numeric?: boolean;
  /** A column of buttons: its name is for screen readers. */
  actions?: boolean;
  cell: (row: Row) => Child;
}

/**
 * Rows under named columns. The first column names the row. A narrow window folds each row into a
 * card; what is still too wide scrolls inside a region that the keyboard reaches.
 *
 * @param name - what the table holds, for whoever cannot see it
 */
export function Table<Row>({ name, columns, rows }: { name: string; columns: readonly Column<Row>[]; rows: readonly Row[] }) {
  return (
    <section class="scroll" aria-label={name} tabindex={0}>
      <table class="folds">
        <thead>
          <tr>
            {columns.map((column) => (
              <th scope="col" class={column.numeric ? "num" : undefined}>
                {column.actions ? <span class="unseen">{column.name}</span> : column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th scope="row">{column.cell(row)}</th>
                ) : (
                  <td class={column.numeric ? "num" : undefined} data-name={column.actions ? undefined : column.name}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface PagerProps {
  page: number;
  limit: number;
  total: number;
  totalCapped: boolean;
  /** What the rows are, such as `notifications`. */
  noun: string;
  /** The list's own address, with its filters. */
  address: URL;
}

/** Where one is in a list, and the way to its next and previous page. */
export const Pager: FC<PagerProps> = ({ page, limit, total, totalCapped, noun, address }) => {
  const last = Math.max(1, Math.ceil(total / limit));
  const at = (number: number) => {
    const to = new URL(address);
    to.searchParams.set("page", String(number));
    return `${to.pathname}${to.search}`;
  };
  return (
    <nav class="pager" aria-label="Pages">
      <p class="soft small">
        {`${Math.min((page - 1) * limit + 1, total)} to ${Math.min(page * limit, total)} of ${totalCapped ? "more than " : ""}${total} ${noun}`}
      </p>
      <div class="row">
        {page > 1 ? (
          <a class="button quiet" href={at(page - 1)} rel="prev">
            Previous
          </a>
        ) : null}
        {page < last ? (
          <a class="button quiet" href={at(page + 1)} rel="next">
            Next
          </a>
        ) : null}
      </div>
    </nav>
  );
};

/** The way on in a list that is read by cursor, and back to its beginning. */
export const CursorPager: FC<{ begin: string | null; older: string | null }> = ({ begin, older }) =>
  begin === null && older === null ? null : (
    <nav class="pager" aria-label="Pages">
      <div class="row">
        {begin === null ? null : (
          <a class="button quiet" href={begin}>
            Newest
          </a>
        )}
        {older === null ? null : (
          <a class="button quiet" href={older} rel="next">
            Older
          </a>
        )}
      </div>
    </nav>
  );
