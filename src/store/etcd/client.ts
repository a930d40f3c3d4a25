import type { Clock } from "../../runtime/clock.ts";
import type { Random } from "../../runtime/random.ts";
import type { Credentials, User } from "./credentials.ts";
import { afterFailure, currentOf, type Endpoints, endpointsOf } from "./endpoints.ts";
import { EtcdFailure } from "./failure.ts";
import type { Post, Stream, StreamListener, Transport } from "./transport.ts";
import { UserToken } from "./user-token.ts";
import { asObject, text } from "./wire.ts";

/** For every call. Higher: slower away from a member that hangs; lower: more calls whose outcome is unknown. */
export const callDeadlineMs = 1000;

/** Renewing a lease, a member looks at no token: that it is done says nothing of one. */
const answersAnybody = "/v3/lease/keepalive";

/** Which member is spoken to. */
export interface Members {
  readonly endpoint: string;
  /** How many tries meet every member once, and a single one twice. */
  readonly triesForAll: number;
  /** It answers, but is not to be trusted: the next one is spoken to. */
  leave(endpoint: string): void;
  /** A token was refused somewhere: the next call fetches another one. */
  forgetToken(): void;
  close(): void;
}

export interface ClientOptions {
  endpoints: readonly string[];
  user: Credentials["user"];
  transport: Pick<Transport, "post" | "stream" | "close">;
  clock: Pick<Clock, "now">;
  random: Random;
  /** Another member is spoken to from now on. */
  onEndpoint(): void;
}

/**
 * One cluster of etcd: a call goes once to the member that is current; where that fails, the next call goes to the next
 * member. What the failure means for the call is the caller's to decide. A token is fetched when one is needed.
 *
 * A token names the place in etcd's log at which it was given, and a member that has not come so far waits for it. An etcd that was
 * restored from a backup begins a new log: it does not refuse tokens of before, it is silent to whoever brings one. So a token
 * that no member answered is not brought again. Not the first silence: to authenticate is dear, and one member that hangs says nothing.
 */
export class Client implements Members {
  readonly #options: ClientOptions;
  /** Undefined: etcd knows no users. */
  readonly #token: UserToken | undefined;
  #endpoints: Endpoints;
  /** Calls that got no answer since one was done. */
  #unanswered = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    const { user, clock } = options;
    const authenticate = (endpoint: string, by: User): Promise<string> => this.#authenticate(endpoint, by);
    this.#token = user === undefined ? undefined : new UserToken({ clock, user, authenticate });
    this.#endpoints = endpointsOf(options.endpoints, options.random());
  }

  get endpoint(): string {
    return currentOf(this.#endpoints);
  }

  get triesForAll(): number {
    return Math.max(2, this.#endpoints.all.length);
  }

  /** The parsed answer. Rejects with EtcdFailure. */
  async call(path: string, body: object, deadlineMs = callDeadlineMs): Promise<unknown> {
    const { endpoint } = this;
    const post = { endpoint, path, body, deadlineMs };
    try {
      const answer = await this.#withToken(post);
      if (path !== answersAnybody) this.#unanswered = 0;
      return answer;
    } catch (error) {
      this.#note(error, endpoint);
      throw error;
    }
  }

  /** A stream at the current member; its failures are noted as those of calls are. */
  async stream(path: string, body: object, listener: StreamListener): Promise<Stream> {
    const { endpoint } = this;
    const noting: StreamListener = {
      line: (value) => listener.line(value),
      ended: (failure) => {
        this.#note(failure, endpoint);
        listener.ended(failure);
      },
    };
    try {
      const token = await this.#token?.current(endpoint);
      const post: Post = { endpoint, path, body, token, deadlineMs: callDeadlineMs };
      return this.#options.transport.stream(post, noting);
    } catch (error) {
      this.#note(error, endpoint);
      throw error;
    }
  }

  leave(endpoint: string): void {
    const before = this.endpoint;
    this.#endpoints = afterFailure(this.#endpoints, endpoint);
    if (this.endpoint !== before) this.#options.onEndpoint();
  }

  forgetToken(): void {
    this.#token?.forget();
    this.#unanswered = 0;
  }

  close(): void {
    this.#options.transport.close();
  }

  async #withToken(post: Omit<Post, "token">): Promise<unknown> {
    const { transport } = this.#options;
    const token = await this.#token?.current(post.endpoint);
    try {
      return await transport.post({ ...post, token });
    } catch (error) {
      if (!(error instanceof EtcdFailure) || error.kind !== "token" || token === undefined) throw error;
      // Nothing was done: it may be sent again.
      this.forgetToken();
      return transport.post({ ...post, token: await this.#token?.current(post.endpoint) });
    }
  }

  async #authenticate(endpoint: string, user: User): Promise<string> {
    const answer = await this.#options.transport.post({
      endpoint,
      path: "/v3/auth/authenticate",
      body: user,
      token: undefined,
      deadlineMs: callDeadlineMs,
    });
    return text(asObject(answer)["token"]);
  }

  #note(error: unknown, endpoint: string): void {
    if (!(error instanceof EtcdFailure)) return;
    // What else fails meanwhile says nothing of the token: a member without a leader, a connection that ends with the one that hung.
    if (error.kind === "silent") this.#unanswered += 1;
    if (error.kind === "token" || this.#unanswered >= this.triesForAll) this.forgetToken();
    if (error.elsewhere) this.leave(endpoint);
  }
}
