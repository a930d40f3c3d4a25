import { readFile } from "node:fs/promises";
import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { CollectorReply } from "../../core/traces/delivery.ts";
import { parseHeaderLines } from "./header-lines.ts";
import type { TraceSettings } from "../../protocol/configuration.ts";
import type { Clock } from "../../runtime/clock.ts";
import { readPartialSuccess, retryAfterMs } from "./collector-reply.ts";

type Outgoing = (
  url: URL,
  options: RequestOptions,
  answered: (answer: IncomingMessage) => void,
) => ClientRequest;

/** Of its answer: it says little. */
const answerLengthMax = 65_536;
/** What this gateway may be asked to forward by itself: a trace that nobody records, or each batch would cause another one. */
const unrecorded = "00-736b65696e000000736b65696e000000-736b65696e000000-00";

const compress = promisify(gzip);

/** Speaks OTLP over HTTP to one collector, one request after the other. Never throws: what goes wrong is its answer. */
export class SpanPost {
  readonly #settings: TraceSettings;
  readonly #clock: Clock;
  #agent: Agent | undefined;
  #request: Outgoing | undefined;

  constructor(settings: TraceSettings, clock: Clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  async post(body: string): Promise<CollectorReply> {
    try {
      const [payload, headers] = await Promise.all([compress(body, { level: 3 }), this.#headers()]);
      await this.#open();
      return await this.#exchange(payload, headers);
    } catch (error) {
      // With the next batch all is read anew: the file of authorities may have been replaced.
      this.close();
      const { code } = error as NodeJS.ErrnoException;
      return { kind: "lost", reason: code ?? (error instanceof Error ? error.message : String(error)) };
    }
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
    this.#request = undefined;
  }

  /** Read each time: whoever renews a secret writes the file, and nothing else is to be done. */
  async #headers(): Promise<Record<string, string>> {
    const { headersFile } = this.#settings;
    return headersFile === undefined ? {} : parseHeaderLines(await readFile(headersFile, "utf8"));
  }

  /** Nothing of all this is loaded before the first batch. */
  async #open(): Promise<void> {
    if (this.#request !== undefined) return;
    const { endpoint, caFile } = this.#settings;
    const keeping = { keepAlive: true, maxSockets: 1 };
    if (endpoint.startsWith("https:")) {
      const https = await import("node:https");
      const ca = caFile === undefined ? {} : { ca: await readFile(caFile) };
      this.#agent = new https.Agent({ ...keeping, ...ca });
      this.#request = https.request;
    } else {
      const http = await import("node:http");
      this.#agent = new http.Agent(keeping);
      this.#request = http.request;
    }
  }

  #exchange(payload: Buffer, headers: Record<string, string>): Promise<CollectorReply> {
    const { endpoint, timeoutMs } = this.#settings;
    const options: RequestOptions = {
      method: "POST",
      ...(this.#agent === undefined ? {} : { agent: this.#agent }),
      headers: {
        ...headers,
        "content-type": "application/json",
        "content-encoding": "gzip",
        "content-length": payload.length,
        "user-agent": "skein",
        traceparent: unrecorded,
      },
    };
    return new Promise((resolve, reject) => {
      const outgoing = this.#request?.(new URL(endpoint), options, (answer) => {
        this.#read(answer).then(resolve, reject);
      });
      const timer = this.#clock.after(timeoutMs, () => outgoing?.destroy(new Error("no answer in time")));
      outgoing?.on("close", () => timer.cancel());
      outgoing?.on("error", reject);
      outgoing?.end(payload);
    });
  }

  async #read(answer: IncomingMessage): Promise<CollectorReply> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of answer as AsyncIterable<Buffer>) {
      length += part.length;
      if (length > answerLengthMax) break;
      parts.push(part);
    }
    const asked = retryAfterMs(answer.headers["retry-after"], Date.parse(this.#clock.wallTime()));
    return {
      kind: "answered",
      status: answer.statusCode ?? 0,
      ...readPartialSuccess(Buffer.concat(parts).toString("utf8")),
      ...(asked === undefined ? {} : { retryAfterMs: asked }),
    };
  }
}
