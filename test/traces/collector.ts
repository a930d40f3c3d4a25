import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import type { TraceSettings } from "../../src/protocol/configuration.ts";
import { readWire, spansIn, type WireRequest, type WireSpan } from "./otlp-definition.ts";

/** `undefined`: it says nothing. */
export type CollectorAnswer = { status: number; headers?: Record<string, string>; body?: string } | undefined;

interface TestContext {
  after(fn: () => void): void;
}

const taken: CollectorAnswer = { status: 200, headers: { "content-type": "application/json" }, body: "{}" };

/** A collector of a test: keeps what it takes, once that is found to be valid, and answers as it is told to. */
export class TestCollector {
  readonly offers: { path: string; headers: IncomingHttpHeaders }[] = [];
  readonly batches: WireRequest[] = [];
  /** What was wrong with what came: empty at the end of every test. */
  readonly faults: unknown[] = [];
  /** For the next offers, in this order; then everything is taken. */
  readonly answers: CollectorAnswer[] = [];
  /** Offers at one time. */
  mostAtOnce = 0;
  #atOnce = 0;
  readonly #server: Server;
  readonly #secure: boolean;

  constructor(tls?: { cert: string; key: string }) {
    this.#secure = tls !== undefined;
    const take: RequestListener = (request, response) => {
      this.#atOnce += 1;
      this.mostAtOnce = Math.max(this.mostAtOnce, this.#atOnce);
      response.on("close", () => (this.#atOnce -= 1));
      const parts: Buffer[] = [];
      request.on("data", (part: Buffer) => parts.push(part));
      request.on("end", () => {
        this.offers.push({ path: `${request.method} ${request.url}`, headers: request.headers });
        const answer = this.answers.length > 0 ? this.answers.shift() : taken;
        if (answer === undefined) return;
        if (answer.status === 200) this.#keep(Buffer.concat(parts));
        response.writeHead(answer.status, answer.headers).end(answer.body);
      });
    };
    this.#server = tls === undefined ? createServer(take) : createSecureServer(tls, take);
  }

  async listen(context: TestContext): Promise<this> {
    context.after(() => {
      this.#server.close();
      this.#server.closeAllConnections();
    });
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return this;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#secure ? "https" : "http"}://127.0.0.1:${port}/v1/traces`;
  }

  get spans(): WireSpan[] {
    return this.batches.flatMap(spansIn);
  }

  settings(changes: Partial<TraceSettings> = {}): TraceSettings {
    return {
      endpoint: this.url,
      share: 1,
      follow: "anyone",
      resource: { "service.name": "shop" },
      queueMax: 4_096,
      batchMax: 512,
      everyMs: 10,
      timeoutMs: 10_000,
      ...changes,
    };
  }

  #keep(body: Buffer): void {
    try {
      this.batches.push(readWire(gunzipSync(body).toString("utf8")));
    } catch (error) {
      this.faults.push(error);
    }
  }
}
