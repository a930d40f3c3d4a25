import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { sortedBy } from "./sorted.ts";

export interface Column<Row> {
  name: string;
  title: string;
  cell: (row: Row) => ComponentChild;
  /** What it is sorted by; unset: it is not. Undefined: unknown, and last. */
  by?: (row: Row) => number | string | undefined;
  /** Digits, to the right. */
  number?: boolean;
  /** Left out where there is little room: 1 first. */
  spare?: 1 | 2 | 3;
}

export interface RowsProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  empty: ComponentChild;
}

const rowPx = 36;
const beyond = 8;

/** A table of any length: only the rows that can be seen are there. */
export function Rows<Row>({ label, columns, rows, keyOf, empty }: RowsProps<Row>): ComponentChild {
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const [order, setOrder] = useState<{ name: string; down: boolean } | undefined>(undefined);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const look = (): void => setView({ top: element.scrollTop, height: element.clientHeight });
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      sizes.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, []);
  const sorted = sortedBy(rows, columns.find(({ name }) => name === order?.name)?.by, order?.down ?? false);
  const first = Math.max(0, Math.min(sorted.length, Math.floor(view.top / rowPx)) - beyond);
  const shown = sorted.slice(first, first + Math.ceil(view.height / rowPx) + 2 * beyond);
  const after = sorted.length - first - shown.length;
  return (
    <div class="rows" ref={place} tabIndex={0} role="region" aria-label={label}>
      <table aria-rowcount={sorted.length}>
        <thead>
          <tr>
            {columns.map((column) => (
              <Head
                key={column.name}
                column={column}
                order={order?.name === column.name ? (order.down ? "descending" : "ascending") : "none"}
                sort={() =>
                  setOrder((before) => ({
                    name: column.name,
                    down: before?.name === column.name && !before.down,
                  }))
                }
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {first > 0 && <Gap px={first * rowPx} columns={columns.length} />}
          {shown.map((row, at) => (
            <tr key={keyOf(row)} aria-rowindex={first + at + 1}>
              {columns.map((column) => (
                <td key={column.name} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <Gap px={after * rowPx} columns={columns.length} />}
        </tbody>
      </table>
      {sorted.length === 0 && <div class="empty">{empty}</div>}
    </div>
  );
}

function Head<Row>(props: {
  column: Column<Row>;
  order: "ascending" | "descending" | "none";
  sort: () => void;
}): ComponentChild {
  const { column, order, sort } = props;
  return (
    <th scope="col" class={classOf(column)} aria-sort={column.by === undefined ? undefined : order}>
      {column.by === undefined ? (
        column.title
      ) : (
        <button type="button" onClick={sort}>
          {column.title}
          <span aria-hidden="true">{order === "none" ? "" : order === "ascending" ? " ↑" : " ↓"}</span>
        </button>
      )}
    </th>
  );
}

function Gap({ px, columns }: { px: number; columns: number }): ComponentChild {
  return (
    <tr aria-hidden="true" class="gap">
      <td colSpan={columns} style={{ height: `${px}px` }} />
    </tr>
  );
}

function classOf<Row>({ name, number, spare }: Column<Row>): string {
  return [`c-${name}`, number === true ? "number" : "", spare === undefined ? "" : `spare-${spare}`]
    .join(" ")
    .trim();
}
