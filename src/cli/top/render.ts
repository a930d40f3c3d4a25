import { loadNow } from "../../protocol/live/load-now.ts";
import { type Column, table } from "../table.ts";
import { printable, type Terminal } from "../terminal.ts";
import { stateAge, stateColour, stateText } from "../worker-state.ts";
import { questionOf } from "./question.ts";
import { pageRows, type Size } from "./size.ts";
import { sparkline } from "./sparkline.ts";
import { type Row, rowsOf, type Sorting, sortings, silenceNow, type TopState, trafficNow } from "./state.ts";

type Paint = Terminal["paint"];

const sparklineWidth = 30;

/** The whole screen: at most as many lines as it has rows, none wider than it. The last row is always the last line. */
export function render(state: TopState, size: Size, now: number, paint: Paint): string[] {
  const rows = rowsOf(state);
  const shown = window(rows, state.selected, pageRows(size));
  const body =
    rows.length === 0
      ? [cut(state.cluster === undefined ? "" : "no workers: they appear when they join", size.columns)]
      : table(columns(state, now, paint), shown, size.columns, true);
  const above = [...heading(state, size, paint), "", ...body].slice(0, Math.max(0, size.rows - 1));
  return [...above, lastLine(state, rows, size, paint)].slice(0, size.rows);
}

/** The page of rows in which the selected one is. */
function window(rows: readonly Row[], selected: string | undefined, height: number): readonly Row[] {
  const at = rows.findIndex(({ worker }) => worker.key === selected);
  const from = Math.floor(Math.max(0, at) / height) * height;
  return rows.slice(from, from + height);
}

function heading(state: TopState, { columns: width }: Size, paint: Paint): string[] {
  const { cluster, history } = state;
  const traffic = trafficNow(state);
  const workers = [...(cluster?.workers.values() ?? [])];
  const live = workers.filter((worker) => worker.state === "live").length;
  const leader = cluster?.controllers.leader;
  const led =
    leader === null ? "no leader" : `${printable(leader ?? "")} leads, term ${cluster?.controllers.term}`;
  const facts = [
    // First: where it is narrow, what follows is cut.
    printable(silenceNow(state)),
    cluster === undefined ? "skein" : led,
    `${live} of ${workers.length} workers live`,
    `${number(traffic?.perSecond)} req/s`,
    `${percent(traffic?.errorShare)} errors`,
    `p50 ${milliseconds(traffic?.p50Ms)}`,
    `p99 ${milliseconds(traffic?.p99Ms)}`,
  ].filter(Boolean);
  const spark = Math.min(sparklineWidth, Math.max(0, Math.floor((width - 20) / 2)));
  const requests = sparkline(
    history.map((one) => one?.perSecond),
    spark,
  );
  const slow = sparkline(
    history.map((one) => one?.p99Ms),
    spark,
  );
  return [paint("bold", cut(facts.join("   "), width)), cut(`req/s ${requests}   p99 ${slow}`, width)];
}

function columns({ sorting, selected }: TopState, now: number, paint: Paint): Column<Row>[] {
  const title = (text: string, of: Sorting): string => (sorting === of ? `${text}*` : text);
  return [
    { title: "", text: ({ worker }) => (worker.key === selected ? ">" : " ") },
    { title: title("SERVICE", "name"), shrinks: true, text: ({ worker }) => printable(worker.service) },
    {
      title: "ID",
      shrinks: true,
      text: ({ worker }) => printable(worker.id),
      paint: ({ worker }, text) => (worker.key === selected ? paint("bold", text) : text),
    },
    {
      title: title("STATE", "state"),
      shrinks: true,
      text: ({ worker }) => stateText(worker),
      paint: ({ worker }, text) => paint(stateColour(worker), text),
    },
    {
      title: "FOR",
      spare: 4,
      align: "right",
      text: ({ worker }) => stateAge({ ...worker, stateForMs: Math.max(0, now - worker.since) }),
    },
    {
      title: title("BUSY", "busy"),
      spare: 3,
      align: "right",
      text: ({ worker }) => String(loadNow(worker).inFlight ?? ""),
    },
    { title: title("REQ/S", "rate"), align: "right", text: ({ traffic }) => number(traffic?.perSecond) },
    {
      title: title("P99", "p99"),
      spare: 2,
      align: "right",
      text: ({ traffic }) => milliseconds(traffic?.p99Ms),
    },
    {
      title: title("ERRORS", "errors"),
      spare: 1,
      align: "right",
      text: ({ traffic }) => percent(traffic?.errorShare),
      paint: ({ traffic }, text) => ((traffic?.errorShare ?? 0) > 0 ? paint("red", text) : text),
    },
    {
      title: "LOOP",
      spare: 5,
      align: "right",
      text: ({ worker }) => milliseconds(loadNow(worker).eventLoopDelayP99Ms),
    },
  ];
}

function lastLine(state: TopState, rows: readonly Row[], size: Size, paint: Paint): string {
  const { columns: width } = size;
  const { mode, stream, message } = state;
  const question = mode.kind === "asking" ? questionOf(mode, size) : undefined;
  if (question !== undefined) return paint("yellow", question);
  if (stream.kind === "connecting") return paint("dim", cut("connecting", width));
  if (stream.kind === "lost") {
    // What became of a change comes first: its operator waits for that.
    const told = message === "" ? "" : `${message}; `;
    return paint("red", cut(printable(`${told}lost: ${stream.why}; trying again`), width));
  }
  if (message !== "") return cut(printable(message), width);
  const letters = Object.entries(sortings).map(([key, sorting]) => `${key} ${sorting}`);
  const keys = `q quit   d drain, u undrain   sort: ${letters.join(", ")}   ${rows.length} workers`;
  return paint("dim", cut(keys, width));
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function number(value: number | undefined): string {
  if (value === undefined) return "-";
  if (value >= 9_999.5) return `${Math.round(value / 1000)}k`;
  return value >= 9.95 || value === 0 ? String(Math.round(value)) : value.toFixed(1);
}

function percent(share: number | undefined): string {
  if (share === undefined) return "-";
  const value = share * 100;
  return `${value > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)}%`;
}

function milliseconds(value: number | undefined): string {
  if (value === undefined) return "-";
  if (value >= 999.5) return `${(value / 1000).toFixed(1)}s`;
  return `${value >= 9.95 ? Math.round(value) : value.toFixed(1)}ms`;
}
