import { startTestProxy, type TestProxy } from "../../../src/proxy/testing/testing-proxy.ts";
import { testRoute } from "../../../src/proxy/testing/testing-table.ts";
import { LinkedWorker } from "./linked-worker.ts";
import { type Answering, type PlayedWorker, SocketWorker } from "./played-worker.ts";

interface Context {
  after(fn: () => void): void;
}

export type StartWorker = (answering: Answering) => Promise<PlayedWorker>;

export const startSocketWorker: StartWorker = async (answering) => new SocketWorker(answering).listen();

export const startLinkedWorker: StartWorker = async (answering) => new LinkedWorker(answering).listen();

/** Below it an encoded slash is allowed; otherwise everything is as by default. */
const slashesAllowed = testRoute({
  name: "/slashes/*",
  match: { hosts: [], path: { kind: "prefix", path: "/slashes" }, methods: [], headers: [], query: [] },
  allowEncodedSlash: true,
});

/** A real proxy with real sockets to its clients, and one worker that the case plays. */
export async function startOurGateway(
  context: Context,
  answering: Answering,
  { trusted = false, startWorker = startSocketWorker } = {},
): Promise<TestProxy & { played: PlayedWorker }> {
  const played = await startWorker(answering);
  context.after(() => played.close());
  const test = await startTestProxy(context);
  test.table({
    routes: [slashesAllowed, testRoute()],
    workers: [played.row],
    proxy: trusted ? { trustedProxies: ["127.0.0.1"] } : {},
  });
  await played.ready(test);
  return { ...test, played };
}
