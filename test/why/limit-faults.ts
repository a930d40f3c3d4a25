import { setTimeout as pause } from "node:timers/promises";
import { type TestWorker, until } from "../../src/proxy/testing/testing-peers.ts";
import { testService, testWorkerRow } from "../../src/proxy/testing/testing-table.ts";
import { type Fault, get, ok } from "./fault.ts";
import type { WhyStage } from "./stage.ts";

const serviceMs = 4;
const withinMs = 30_000;

/** One request at a time; the others wait in it. */
function oneAtATime(worker: TestWorker): void {
  let done = Promise.resolve();
  worker.onConnection = (peer) => {
    peer.keepText = false;
    peer.socket.on("data", () => {
      done = done.then(() => pause(serviceMs)).then(() => peer.send(ok));
    });
  };
}

/** Asks again and again until it is refused, or told to stop. Gives the id of what was refused. */
async function askUntilRefused(stage: WhyStage, stopped: () => boolean): Promise<string | undefined> {
  const client = await stage.client();
  while (!stopped()) {
    client.send(get);
    const { head } = await client.message();
    if (head.startsWith("HTTP/1.1 503")) return /x-request-id: (\S+)/i.exec(head)?.[1];
  }
  return undefined;
}

export const limitFaults: readonly Fault[] = [
  {
    name: "a full queue, where the adaptive limit alone holds the worker",
    cause: "queue-full",
    todo: /^Start more workers of 'web'.*, or raise queue\.max\. The adaptive limit holds them.*services\.web\.adaptiveLimit/,
    says: /\(live, \d+ of \d+ waiting, by the adaptive limit\).*queue\.max = 3/s,
    async provoke(stage) {
      const worker = await stage.worker();
      oneAtATime(worker);
      const services = [testService({ queue: { max: 3, waitMs: 60_000 } })];
      stage.table({ services, workers: [testWorkerRow(worker.port)] });
      let refused: string | undefined;
      const ask = async (): Promise<void> => {
        const id = await askUntilRefused(stage, () => refused !== undefined);
        refused ??= id;
      };
      const asking = [ask()];
      const answers = (): number => stage.proxy.report().services["web"]?.requests ?? 0;
      await until(() => answers() > 200, "the worker is known", withinMs);
      asking.push(...Array.from({ length: 40 }, ask));
      await until(() => refused !== undefined, "one is refused", withinMs);
      await Promise.all(asking);
      return refused ?? "";
    },
  },
];
