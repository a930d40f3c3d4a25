import { eventually, pause } from "../../../src/demo/wait.ts";
import type { RequestRecord } from "../../../src/demo/load/record.ts";
import { command } from "../lab/command.ts";
import { gatewayPort } from "../lab-gateway.ts";
import { OneHost } from "../one-host.ts";
import type { Row, Scene } from "../row.ts";

const workers = 10;
const killed = 8;
const workMs = 40;
/** Each does one order at a time, so what two can do is known: fifty a second, with no time lost between orders. */
const capacityPerSecond = (workers - killed) * (1_000 / workMs);
const settledAfterMs = 1_000;
const recoveredWithinMs = 5_000;
const refusals = new Set(["queue-full", "queue-timeout", "no-live-worker"]);

const openTenWorkers = (): Promise<OneHost> => OneHost.start({ workers, workMs, maxInFlight: 1 });

/** Twice as much comes as the survivors can do: they must not be drowned by it. */
export const mostWorkersKilled: Row<OneHost> = {
  name: "mass-kill",
  title: `kill -9 ${killed} of ${workers} workers at once; the load is twice what is left`,
  open: openTenWorkers,
  destinations: (site) => site.destinations.map((one) => ({ ...one, mayLose: true as const })),
  async play(scene) {
    const { site, clock } = scene;
    const places = Array.from({ length: killed }, (_, place) => place);
    const struckAt = clock.now();
    for (const place of places) site.fleet.at(place).kill("SIGKILL");
    await pause(settledAfterMs);
    await askForPatience(scene);
    await pause(scene.holdMs);
    const healedAt = clock.now();
    await Promise.all(places.map((place) => site.fleet.start(place)));
    const listeningAt = clock.now();
    await site.whole(30_000);
    scene.figure({
      name: "all live after they listen",
      unit: "ms",
      value: clock.now() - listeningAt,
      limit: recoveredWithinMs,
    });
    return () => {
      const records = scene.records(site.gateway.host.name);
      judgeGoodput(scene, records, struckAt + settledAfterMs, healedAt);
      judgeRefusals(scene, records, struckAt, listeningAt);
    };
  },
};

/** A refused client is told when to come back. */
async function askForPatience(scene: Scene<OneHost>): Promise<void> {
  const { site } = scene;
  const [file = "", ...launcher] = site.client.launcher;
  const url = `http://${site.gateway.host.address}:${gatewayPort}/orders/patience`;
  const refused = await eventually(
    () => {
      const answer = command(file, ...launcher, "curl", "-si", "--max-time", "5", url);
      return answer.startsWith("HTTP/1.1 503") ? answer : undefined;
    },
    { withinMs: 10_000 },
  );
  if (refused === undefined) scene.complain("nothing was refused");
  else if (!/^retry-after: \d+\r$/im.test(refused)) scene.complain(`a 503 without Retry-After: ${refused}`);
}

function judgeGoodput(
  scene: Scene<OneHost>,
  records: readonly RequestRecord[],
  from: number,
  to: number,
): void {
  const good = records.filter((one) => isGood(one) && one.endedAt >= from && one.endedAt < to).length;
  const percent = Math.round((100 * good * 1_000) / ((to - from) * capacityPerSecond));
  scene.figure({ name: "of the survivors' capacity used, %", unit: "count", value: percent });
  if (percent < 90) scene.complain(`the survivors did ${percent} % of what they can, at least 90 are asked`);
}

function judgeRefusals(
  scene: Scene<OneHost>,
  records: readonly RequestRecord[],
  from: number,
  backAt: number,
): void {
  const bad = records.filter((one) => !isGood(one) && !isUnknown(one));
  const strange = bad.filter(
    ({ outcome }) => outcome.kind !== "answered" || !refusals.has(outcome.reason ?? ""),
  );
  if (strange.length > 0) scene.complain(`not refused, but ${JSON.stringify(strange.slice(0, 3))}`);
  const early = bad.filter(({ endedAt }) => endedAt < from);
  if (early.length > 0) scene.complain(`${early.length} were refused before anybody was killed`);
  const last = Math.max(0, ...bad.map(({ endedAt }) => endedAt - backAt));
  scene.figure({ name: "refused", unit: "count", value: bad.length });
  scene.figure({ name: "last refused after they listen", unit: "ms", value: last, limit: recoveredWithinMs });
}

function isGood({ outcome }: RequestRecord): boolean {
  return outcome.kind === "answered" && outcome.status < 400;
}

/** A POST on a worker that was killed under it: told so. */
function isUnknown({ method, outcome }: RequestRecord): boolean {
  return method === "POST" && outcome.kind === "answered" && outcome.reason === "outcome-unknown";
}
