import { until } from "../../src/proxy/testing/testing-peers.ts";
import { testService, type TestTableParts, testWorkerRow } from "../../src/proxy/testing/testing-table.ts";
import { answered, elapsed, type Fault, get, held, ok } from "./fault.ts";

/** So long that the largest part of a request's time is this one, also on a busy machine. */
const muchMs = 600;
const slow = (slowMs: number): TestTableParts => ({
  proxy: { requests: { slowMs, samplesPerSecond: 0, keep: 10, redact: [] } },
});

const post = "POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n";

export const slowFaults: readonly Fault[] = [
  {
    name: "a slow worker",
    cause: "slow-worker",
    todo: /what the worker does/,
    async provoke(stage) {
      const { me, worker } = await held(stage, get, slow(1));
      await elapsed(muchMs);
      worker.send(ok);
      return answered(me);
    },
  },
  {
    name: "a slow upload",
    cause: "slow-upload",
    todo: /client's network/,
    says: /went by until web\/w-\d+ had all of the request's 4 bytes\. Slow is what begins later than requests\.slow\. What comes late/,
    async provoke(stage) {
      const { me, worker } = await held(stage, post, slow(1));
      me.send("ab");
      await elapsed(muchMs);
      me.send("cd");
      await worker.take("abcd");
      worker.send(ok);
      return answered(me);
    },
  },
  {
    name: "a slow upload after 100 Continue",
    cause: "slow-upload",
    todo: /client's network/,
    async provoke(stage) {
      const expecting = post.replace("Host", "Expect: 100-continue\r\nHost");
      const { me, worker } = await held(stage, expecting, slow(1));
      worker.send("HTTP/1.1 100 Continue\r\n\r\n");
      await me.head();
      await elapsed(muchMs);
      me.send("abcd");
      await worker.take("abcd");
      worker.send(ok);
      return answered(me);
    },
  },
  {
    name: "a worker that is slow once it has the upload",
    cause: "slow-worker",
    todo: /what the worker does/,
    async provoke(stage) {
      const { me, worker } = await held(stage, post, slow(1));
      me.send("abcd");
      await worker.take("abcd");
      await elapsed(muchMs);
      worker.send(ok);
      return answered(me);
    },
  },
  {
    name: "a long wait for a worker",
    cause: "slow-queue",
    todo: /start more workers of 'web'.*, or raise the workers' maxInFlight\.$/,
    async provoke(stage) {
      const services = [testService({ maxInFlight: 1, queue: { max: 5, waitMs: 60_000 } })];
      const { worker } = await held(stage, get, { services, ...slow(1) });
      const second = await stage.client();
      second.send(get);
      await until(() => stage.proxy.pool("web").line.length === 1, "it waits");
      await elapsed(muchMs);
      worker.send(ok);
      await worker.head();
      worker.send(ok);
      return answered(second);
    },
  },
  {
    name: "a try that failed late",
    cause: "slow-retries",
    todo: /which workers failed/,
    says: /went to a try that failed \(w-\d+: reset\)/,
    async provoke(stage) {
      const { me, worker, place } = await held(stage, get, slow(1));
      const other = (await stage.worker()).answerAll("other");
      stage.table({ ...slow(1), workers: [testWorkerRow(place.port), testWorkerRow(other.port)] });
      await elapsed(muchMs);
      worker.reset();
      return answered(me);
    },
  },
];
