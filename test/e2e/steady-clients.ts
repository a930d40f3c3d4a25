import { Agent, type ClientRequest, type IncomingMessage, request } from "node:http";
import { Agent as SecureAgent, request as requestSecurely } from "node:https";
import type { TestContext } from "node:test";

/** What became of the requests, by kind: `200`, `503 no-live-worker`, `ECONNREFUSED`, ... */
export interface Outcome {
  answered: number;
  failures: Record<string, number>;
  slowestMs: number;
}

export interface SteadyOptions {
  everyMs?: number;
  /** False: each request on a connection of its own, which shows refused connections. Default false. */
  keepAlive?: boolean;
  /** Of an https URL: PEM of the authority. */
  ca?: string;
}

/** Sends GET requests at a fixed rate, whatever comes back, until it is stopped. */
export class SteadyClients {
  readonly #url: string;
  readonly #agent: Agent;
  readonly #secure: boolean;
  readonly #timer: NodeJS.Timeout;
  readonly #open = new Set<Promise<void>>();
  readonly #outcome: Outcome = { answered: 0, failures: {}, slowestMs: 0 };

  constructor(context: TestContext, url: string, options: SteadyOptions = {}) {
    context.after(() => this.stop());
    this.#url = url;
    const { keepAlive = false, ca } = options;
    this.#secure = url.startsWith("https:");
    // Sessions are not resumed: each new connection shows the certificate.
    this.#agent = this.#secure
      ? new SecureAgent({ keepAlive, maxCachedSessions: 0, ...(ca === undefined ? {} : { ca }) })
      : new Agent({ keepAlive });
    this.#timer = setInterval(() => this.#send(), options.everyMs ?? 10);
  }

  get answered(): number {
    return this.#outcome.answered;
  }

  /** Sends no more, waits for what is open. */
  async stop(): Promise<Outcome> {
    clearInterval(this.#timer);
    await Promise.all(this.#open);
    this.#agent.destroy();
    return this.#outcome;
  }

  #send(): void {
    const startedAt = performance.now();
    const done = this.#exchange()
      .then((kind) => {
        if (kind === "200") this.#outcome.answered += 1;
        else this.#outcome.failures[kind] = (this.#outcome.failures[kind] ?? 0) + 1;
        this.#outcome.slowestMs = Math.max(this.#outcome.slowestMs, performance.now() - startedAt);
      })
      .finally(() => this.#open.delete(done));
    this.#open.add(done);
  }

  #request(answered: (answer: IncomingMessage) => void): ClientRequest {
    const options = { agent: this.#agent, timeout: 10_000 };
    return this.#secure
      ? requestSecurely(
          this.#url,
          { ...options, servername: "localhost", headers: { host: "localhost" } },
          answered,
        )
      : request(this.#url, options, answered);
  }

  #exchange(): Promise<string> {
    return new Promise((resolve) => {
      const outgoing = this.#request((answer) => {
        const reason = answer.headers["x-skein-reason"];
        answer.resume();
        answer.on("end", () =>
          resolve(
            reason === undefined ? String(answer.statusCode) : `${answer.statusCode} ${String(reason)}`,
          ),
        );
        answer.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      });
      outgoing.on("timeout", () =>
        outgoing.destroy(Object.assign(new Error("no answer"), { code: "no-answer" })),
      );
      outgoing.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      outgoing.end();
    });
  }
}
