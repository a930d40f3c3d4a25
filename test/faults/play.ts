import { readLedgers } from "../../src/demo/cluster/ledger.ts";
import { tally } from "../../src/demo/drill/tally.ts";
import { latencyMs } from "../../src/demo/load/record.ts";
import { pause } from "../../src/demo/wait.ts";
import { systemClock } from "../../src/runtime/clock.ts";
import { Loads } from "./loads.ts";
import type { Figure, Row, Scene } from "./row.ts";
import { type Destination, type Site, wholeWithinMs } from "./site.ts";

export interface PlayOptions {
  /** To each gateway. */
  perSecond: number;
  holdMs: number;
}

/** A row that was played once. */
export interface RowResult {
  row: string;
  title: string;
  figures: Figure[];
  /** Why the row did not hold; empty: it held. */
  complaints: string[];
}

const leadMs = 1_500;
const tailMs = 2_000;

/** Plays a row under open-loop load, and asks of it what is asked of every row. */
export async function playRow<S extends Site>(
  site: S,
  row: Row<S>,
  options: PlayOptions,
): Promise<RowResult> {
  const figures: Figure[] = [];
  const complaints: string[] = [];
  const destinations = row.destinations?.(site) ?? site.destinations;
  const loads = new Loads(site.client.launcher, destinations);
  const scene: Scene<S> = {
    site,
    clock: systemClock,
    holdMs: options.holdMs,
    records: (destination) => loads.records(destination),
    figure: (figure) => void figures.push(figure),
    complain: (what) => void complaints.push(what),
  };
  try {
    await site.whole(wholeWithinMs);
    await loads.start(options.perSecond);
    await pause(leadMs);
    const judge = await row.play(scene);
    await pause(tailMs);
    complaints.push(...(await loads.stop()));
    judge();
    const executed = readLedgers(site.ledgers);
    for (const destination of destinations) account(scene, destination, executed);
  } catch (error) {
    complaints.push(error instanceof Error ? error.message : String(error));
  } finally {
    site.heal();
    loads.close();
  }
  for (const { name, value, limit } of figures) {
    if (limit !== undefined && !(value <= limit))
      complaints.push(`${name}: ${Math.round(value)}, at most ${limit}`);
  }
  return { row: row.name, title: row.title, figures, complaints };
}

/** What is asked of every row: nothing is lost but POSTs whose outcome is told to be unknown, and none is done twice. */
function account(scene: Scene, destination: Destination, executed: ReadonlyMap<string, number>): void {
  const { name, mayLose, mayTimeOut } = destination;
  const records = scene.records(name);
  const sum = tally(records, executed, { proxiesLostAt: [], workersKilled: true, hostsLost: true });
  const timedOut = mayTimeOut === true ? records.filter(({ outcome }) => outcome.kind === "timeout") : [];
  const late = timedOut.length;
  const lost = sum.failed + sum.refused - late;
  const sorted = records.map(latencyMs).sort((one, other) => one - other);
  const note = (what: string, unit: Figure["unit"], value: number, limit?: number): void =>
    scene.figure({ name: `${name}: ${what}`, unit, value, ...(limit === undefined ? {} : { limit }) });
  note("requests", "count", sum.requests);
  note("lost", "count", lost, mayLose === true ? undefined : 0);
  if (mayTimeOut === true) {
    note("longer than a client waits", "count", late);
    note("of these POSTs", "count", timedOut.filter(({ method }) => method === "POST").length);
  }
  note("POSTs of unknown outcome", "count", sum.outcomeUnknown);
  note("p99", "ms", sorted[Math.floor(sorted.length * 0.99)] ?? 0);
  // A POST at a host that is gone takes all of its time: what is asked is how long those wait that can be helped.
  note("slowest GET", "ms", Math.max(0, ...records.filter(({ method }) => method === "GET").map(latencyMs)));
  if (lost > 0 && mayLose !== true) scene.complain(`${name} lost ${JSON.stringify(sum.failures)}`);
  if (sum.doubled.length > 0) scene.complain(`executed twice: ${sum.doubled.join(", ")}`);
  if (sum.unexecuted.length > 0) scene.complain(`acknowledged, never executed: ${sum.unexecuted.join(", ")}`);
}
