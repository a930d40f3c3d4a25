import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { callerOf } from "../../control/caller.ts";
import { type Access, guard } from "../../control/guard.ts";
import { problemAnswer } from "../../control/problem-answer.ts";
import { demoHeader, type DemoBreak, type DemoReply } from "../../protocol/demo.ts";
import { SkeinError } from "../../protocol/error.ts";
import { readBreak } from "./read-break.ts";

const host = "127.0.0.1";
const bodyBytesMax = 1024;

/** What breaks things. Throws SkeinError where it cannot be done. */
export interface FrontDesk {
  readonly reply: DemoReply;
  break(wanted: DemoBreak): unknown;
  heal(): void;
}

/**
 * The dashboard as the demo shows it, at an address of its own on loopback. `/v1/demo` is answered here, by the process that
 * started what it may break: so it answers however the gateway is, and no gateway has such a thing. All the rest is passed to the
 * control address as it is, and guarded there.
 */
export class Front {
  readonly #server: Server;
  readonly #controlPort: number;
  readonly #token: string;
  readonly #desk: FrontDesk;

  /** `token`: the operators' token of the cluster behind. */
  constructor(options: { controlPort: number; token: string; desk: FrontDesk }) {
    this.#controlPort = options.controlPort;
    this.#token = options.token;
    this.#desk = options.desk;
    this.#server = createServer((asked, response) => {
      const [pathname = ""] = (asked.url ?? "").split("?", 1);
      if (pathname === "/v1/demo" || pathname.startsWith("/v1/demo/"))
        void this.#answer(pathname, asked, response);
      else this.#pass(pathname, asked, response);
    });
  }

  get url(): string {
    return `http://${host}:${(this.#server.address() as AddressInfo).port}`;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((done, failed) => {
      this.#server.once("error", failed);
      this.#server.listen(port, host, done);
    });
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(pathname: string, asked: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const route = `${asked.method ?? ""} ${pathname}`;
      this.#guard(asked, route === "GET /v1/demo" ? "read" : "operator");
      if (route === "POST /v1/demo/faults") this.#desk.break(readBreak(await bodyOf(asked)));
      else if (route === "POST /v1/demo/heal") this.#desk.heal();
      else if (route !== "GET /v1/demo") throw new SkeinError("notFound", `${route} is not served here.`);
      response.writeHead(200, { "content-type": "application/json", "cache-control": "no-store" });
      response.end(`${JSON.stringify(this.#desk.reply)}\n`);
    } catch (error) {
      const { status, headers, body } = problemAnswer(error);
      response.writeHead(status, { ...headers, connection: "close" }).end(body);
    }
  }

  /** The same rules as the control API's own. */
  #guard(asked: IncomingMessage, access: Access): void {
    const header = (name: string): string | undefined => asked.headers[name]?.toString();
    const wanted = { method: asked.method ?? "GET", header, caller: callerOf(asked, false) };
    // Join tokens, of which time matters, open nothing here.
    const wallTime = (): string => new Date().toISOString();
    guard(wanted, access, { controlHost: host, token: this.#token, tokens: [], wallTime });
  }

  #pass(pathname: string, asked: IncomingMessage, response: ServerResponse): void {
    const { method, url: path, headers } = asked;
    const passed = request({ host, port: this.#controlPort, method, path, headers, agent: false });
    passed.on("response", (answer) => {
      const announced = pathname === "/v1/live" ? { [demoHeader]: "1" } : {};
      response.writeHead(answer.statusCode ?? 502, { ...answer.headers, ...announced });
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    // No controller answers: to the page that is the same as when it asks them itself.
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    asked.pipe(passed);
  }
}

async function bodyOf(asked: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of asked) {
    text += String(part);
    if (text.length > bodyBytesMax) {
      throw new SkeinError("payloadTooLarge", `The body may have at most ${bodyBytesMax} bytes here.`);
    }
  }
  return text;
}
