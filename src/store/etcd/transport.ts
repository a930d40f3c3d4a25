import { Agent as HttpAgent, type IncomingMessage } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Clock } from "../../runtime/clock.ts";
import { JsonLines } from "../../runtime/json-lines.ts";
import type { Credentials } from "./credentials.ts";
import { Exchange, type Post, readText } from "./exchange.ts";
import { adviceOn, EtcdFailure, kindOf, refusalOf } from "./failure.ts";

export type { Post } from "./exchange.ts";

/** Of one answer, and of one line of a stream. */
const bytesMax = 64 * 1024 * 1024;
const connectionsMax = 16;

export interface TransportOptions {
  clock: Clock;
  tls: Credentials["tls"];
}

export interface StreamListener {
  /** One line, parsed. What this throws ends the stream. */
  line(value: unknown): void;
  /** Once; nothing follows. Not after `close`. */
  ended(failure: EtcdFailure): void;
}

export interface Stream {
  /** From now on it is waited for without a deadline. */
  begun(): void;
  close(): void;
}

/** HTTP to members of etcd: one attempt at one member, with a deadline. What fails is an EtcdFailure. */
export class Transport {
  readonly #clock: Clock;
  readonly #tls: Credentials["tls"];
  /** Undefined: to be made with the next call. */
  #agent: HttpAgent | undefined;

  constructor({ clock, tls }: TransportOptions) {
    this.#clock = clock;
    this.#tls = tls;
  }

  /** The parsed answer. */
  async post(post: Post): Promise<unknown> {
    const agent = (this.#agent ??= this.#newAgent(true));
    const exchange = this.#exchange(post, agent);
    try {
      const response = await exchange.head;
      const body = await readText(response, bytesMax);
      if (response.statusCode !== 200) throw failureOf(post.endpoint, response.statusCode, body);
      return parsed(post.endpoint, body);
    } catch (error) {
      const failure = exchange.failureOf(error);
      this.#noteFailure(failure, agent);
      throw failure;
    } finally {
      exchange.inTime();
    }
  }

  /** Lines as they come, on a connection of their own. The deadline holds until `begun`. */
  stream(post: Post, listener: StreamListener): Stream {
    const agent = this.#newAgent(false);
    const exchange = this.#exchange(post, agent);
    let open = true;
    const close = (): void => {
      open = false;
      exchange.abandon();
      agent.destroy();
    };
    const end = (error: unknown): void => {
      if (!open) return;
      const failure = exchange.failureOf(error);
      close();
      listener.ended(failure);
    };
    const take = (value: unknown): void => {
      if (open) listener.line(value);
    };
    exchange.head.then((response) => readLines(response, post.endpoint, take)).catch(end);
    return { begun: () => exchange.inTime(), close };
  }

  close(): void {
    this.#agent?.destroy();
  }

  #exchange(post: Post, agent: HttpAgent): Exchange {
    return new Exchange(post, { clock: this.#clock, agent, secure: this.#tls !== undefined });
  }

  /**
   * After a connection that failed the next ones are made with what the files hold by then: a certificate that is refused shows
   * itself before the connection stands or, with TLS 1.3, as one that is cut. Of several that failed only the first makes this step.
   */
  #noteFailure({ kind }: EtcdFailure, agent: HttpAgent): void {
    if (agent !== this.#agent || !(kind === "silent" || kind === "cut" || kind === "unreachable")) return;
    // What else waits in the pool may be as dead as a connection that is silent.
    if (kind === "silent") agent.destroy();
    else retire(agent);
    this.#agent = undefined;
  }

  #newAgent(keepAlive: boolean): HttpAgent {
    const options = { keepAlive, maxSockets: connectionsMax };
    return this.#tls === undefined ? new HttpAgent(options) : new HttpsAgent({ ...options, ...this.#tls() });
  }
}

/** Closes its connections, those under way when they are answered. */
function retire(agent: HttpAgent): void {
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets))
    for (const socket of sockets ?? []) socket.destroy();
}

/** Ends only by an error: a stream that is over is one as well. */
async function readLines(
  response: IncomingMessage,
  endpoint: string,
  take: (value: unknown) => void,
): Promise<void> {
  if (response.statusCode !== 200) {
    throw failureOf(endpoint, response.statusCode, await readText(response, bytesMax));
  }
  const lines = new JsonLines(bytesMax);
  for await (const piece of response as AsyncIterable<Buffer>) {
    for (const value of lines.push(piece)) take(value);
  }
  throw new Error("the stream was ended");
}

function parsed(endpoint: string, body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new EtcdFailure("strange", endpoint, "does not answer as etcd does: is it one?", { cause: error });
  }
}

function failureOf(endpoint: string, status: number | undefined, body: string): EtcdFailure {
  const refusal = refusalOf(body);
  if (refusal === undefined) {
    const what = `answers ${status ?? "nothing"}, and not as etcd does: is it one, of version 3.4 or newer?`;
    return new EtcdFailure("strange", endpoint, what);
  }
  return new EtcdFailure(kindOf(refusal), endpoint, adviceOn(refusal));
}
