import type { Clock } from "../../runtime/clock.ts";
import type { User } from "./credentials.ts";
import { EtcdFailure } from "./failure.ts";

/** How long a password that etcd refused is not tried again: a leader in doubt asks every 50 ms, and each time costs a bcrypt. */
const refusedMs = 500;

export interface UserTokenPorts {
  clock: Pick<Clock, "now">;
  /** As the password file says now. */
  user: () => User;
  /** Asks this member for a token. Rejects with EtcdFailure. */
  authenticate: (endpoint: string, user: User) => Promise<string>;
}

/** The token that etcd gives for a name and a password: fetched when one is needed, and kept until it is forgotten. */
export class UserToken {
  readonly #ports: UserTokenPorts;
  #token: Promise<string> | undefined;
  #refused: { password: string; failure: EtcdFailure; until: number } | undefined;

  constructor(ports: UserTokenPorts) {
    this.#ports = ports;
  }

  /** The one that is kept, or a new one of this member. */
  current(endpoint: string): Promise<string> {
    const token = (this.#token ??= this.#fetch(endpoint));
    token.catch(() => {
      if (this.#token === token) this.#token = undefined;
    });
    return token;
  }

  forget(): void {
    this.#token = undefined;
  }

  async #fetch(endpoint: string): Promise<string> {
    const { clock, user: read, authenticate } = this.#ports;
    const user = read();
    const refused = this.#refused;
    if (refused?.password === user.password && clock.now() < refused.until) throw refused.failure;
    try {
      return await authenticate(endpoint, user);
    } catch (error) {
      if (error instanceof EtcdFailure && error.kind === "refused")
        this.#refused = { password: user.password, failure: error, until: clock.now() + refusedMs };
      throw error;
    }
  }
}
