import { SkeinError } from "../protocol/error.ts";
import type { ProblemBody } from "../protocol/problem.ts";
import { authorityIn } from "../worker/authority-file.ts";
import { ControlProblem } from "./control-problem.ts";
import { exitCode, Failure } from "./failure.ts";
import { type ControlOptions, findControl } from "./find-control.ts";
import { secureFetch } from "./secure-fetch.ts";
import { Silence } from "./silence.ts";
import { unanswered } from "./unanswered.ts";

const answerWithinMs = 5_000;
/** A takeover takes less; until then a write finds nobody who leads. */
const leaderWithinMs = 5_000;
const leaderRetryMs = 200;

/** Calls the control API of one gateway. Failures are told for people. */
export class ControlClient {
  readonly url: string;
  readonly #token: string | undefined;
  /** PEM file that was named, and the state directory that may hold one. */
  readonly #ca: { named: string | undefined; state: string };

  readonly #signals: readonly AbortSignal[];

  constructor(options: ControlOptions) {
    const { url, token, state, ca } = findControl(options);
    this.url = url;
    this.#token = token;
    this.#ca = { named: ca, state };
    this.#signals = options.signal === undefined ? [] : [options.signal];
  }

  get<Reply>(path: string): Promise<Reply> {
    return this.#call<Reply>("GET", path, undefined);
  }

  change<Reply>(path: string, body: object = {}): Promise<Reply> {
    return this.#write<Reply>("POST", path, body);
  }

  remove<Reply>(path: string): Promise<Reply> {
    return this.#write<Reply>("DELETE", path, undefined);
  }

  /** While there is no leader, a write is repeated: it was not done. */
  async #write<Reply>(method: string, path: string, body: object | undefined): Promise<Reply> {
    for (let waitedMs = 0; ; waitedMs += leaderRetryMs) {
      try {
        return await this.#call<Reply>(method, path, body);
      } catch (error) {
        if (!(error instanceof ControlProblem) || error.code !== "no-leader" || waitedMs >= leaderWithinMs)
          throw error;
        await new Promise((resolve) => setTimeout(resolve, leaderRetryMs));
      }
    }
  }

  /** The bytes of a stream, until `signal` aborts it. Fails when nothing, not even a comment, comes for `silenceMs`. */
  async *stream(
    path: string,
    headers: Record<string, string>,
    signal: AbortSignal,
    silenceMs: number,
  ): AsyncGenerator<Uint8Array, void, undefined> {
    const silence = new Silence(silenceMs);
    try {
      const response = await this.#fetch("GET", path, {
        headers: { ...this.#headers(), ...headers },
        signal: AbortSignal.any([signal, silence.signal]),
      });
      if (!response.ok) throw await this.#problemOf(response);
      for await (const bytes of response.body ?? []) {
        silence.broken();
        yield bytes;
      }
    } catch (error) {
      throw silence.signal.aborted ? new Failure(`${this.url}: ${String(silence.signal.reason)}`) : error;
    } finally {
      silence.end();
    }
  }

  async #call<Reply>(method: string, path: string, body: object | undefined): Promise<Reply> {
    const response = await this.#fetch(method, path, {
      headers: this.#headers(),
      signal: AbortSignal.any([...this.#signals, AbortSignal.timeout(answerWithinMs)]),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw await this.#problemOf(response);
    try {
      return (await response.json()) as Reply;
    } catch (error) {
      if (error instanceof SyntaxError) throw this.#notControl(response);
      throw unanswered(method, this.url, error, answerWithinMs);
    }
  }

  #headers(): Record<string, string> {
    const type = { accept: "application/json", "content-type": "application/json" };
    return this.#token === undefined ? type : { ...type, authorization: `Bearer ${this.#token}` };
  }

  async #fetch(method: string, path: string, init: RequestInit): Promise<Response> {
    const url = new URL(path, this.url);
    const secure = url.protocol === "https:";
    const ca = secure ? authorityOf(this.#ca) : undefined;
    try {
      if (secure) return await secureFetch(url, { method, ...init }, ca);
      return await fetch(url, { method, redirect: "error", ...init });
    } catch (error) {
      if (
        init.signal?.aborted === true &&
        init.signal.reason instanceof DOMException &&
        init.signal.reason.name === "AbortError"
      )
        throw error;
      throw unanswered(method, this.url, error, answerWithinMs);
    }
  }

  async #problemOf(response: Response): Promise<ControlProblem> {
    const text = await response.text().catch(() => "");
    try {
      const problem = JSON.parse(text) as ProblemBody;
      const hint = problem.code === "unauthorized" ? this.#tokenHint() : "";
      return new ControlProblem(problem.code, `${problem.detail ?? problem.title}${hint}`);
    } catch {
      return this.#notControl(response);
    }
  }

  #notControl({ status }: Response): ControlProblem {
    const message = `${this.url} answered ${status}, and not as a control API does: is it one? \`skein status\` shows its address (control).`;
    return new ControlProblem("", message);
  }

  #tokenHint(): string {
    const given = this.#token === undefined ? "none was found" : "the one given is not the right one";
    return `\nGive it with --token, SKEIN_TOKEN, or --state <directory> of the gateway (${given}).`;
  }
}

function authorityOf({ named, state }: { named: string | undefined; state: string }): string | undefined {
  try {
    return authorityIn(named, state);
  } catch (error) {
    if (error instanceof SkeinError) throw new Failure(error.detail, exitCode.usage);
    throw error;
  }
}
