import { runCommand } from "../../src/cli/command.ts";
import { ControlServer } from "../../src/control/server.ts";
import { TestPorts, testToken } from "../../src/control/testing-ports.ts";
import type {
  ExplainedRequest,
  RequestReply,
  RequestsFound,
  RequestsWanted,
} from "../../src/protocol/requests.ts";
import type { Proxy } from "../../src/proxy/proxy.ts";
import { startTestProxy, type TestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { systemClock } from "../../src/runtime/clock.ts";

interface TestContext {
  after(end: () => void): void;
}

/** A real proxy, and a control API that asks it as a controller does. */
export interface WhyStage extends TestProxy {
  /** What `skein why` says of this request. */
  why(id: string): Promise<{ request: ExplainedRequest; text: string }>;
}

class AskingPorts extends TestPorts {
  readonly #proxy: Proxy;

  constructor(proxy: Proxy) {
    super();
    this.#proxy = proxy;
  }

  override requests = async (wanted: RequestsWanted): Promise<RequestsFound> => {
    const records = this.#proxy.requestLog.find(wanted);
    return { v: 1, records, asked: { proxies: [this.#proxy.name], silent: [] } };
  };
}

export async function openStage(context: TestContext): Promise<WhyStage> {
  const test = await startTestProxy(context);
  const server = new ControlServer({
    ports: new AskingPorts(test.proxy),
    clock: systemClock,
    acceptPeer: () => {},
    peerFrameBytesMax: 1_024,
    dashboard: "/none",
  });
  context.after(() => server.close());
  const address = await server.listen({ host: "127.0.0.1", port: 0 });
  const skein = async (...words: string[]): Promise<string> => {
    let out = "";
    let note = "";
    const code = await runCommand([...words, "--control", address, "--token", testToken], {
      columns: 80,
      out: (line) => (out += `${line}\n`),
      note: (line) => (note += `${line}\n`),
      paint: (_, text) => text,
    });
    if (code !== 0) throw new Error(`skein ${words.join(" ")} ended with ${code}: ${note}`);
    return out;
  };
  return {
    ...test,
    async why(id) {
      const { request } = JSON.parse(await skein("why", id, "--json")) as RequestReply;
      return { request, text: await skein("why", id) };
    },
  };
}
