import type { Engine } from "../engine.ts";
import { Exchange } from "./exchange.ts";
import type { ClientSide } from "./sides.ts";

/** Little is kept: what is taken again soon is still in the processor's cache. */
const keptMax = 64;

/** Exchanges between their requests: few of them serve many clients, for most clients are idle. */
export class IdleExchanges {
  readonly #engine: Engine;
  readonly #idle: Exchange[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** For one client, until it gives the exchange back. */
  take(client: ClientSide): Exchange {
    const exchange = this.#idle.pop();
    if (exchange === undefined) return new Exchange(this.#engine, client);
    exchange.serve(client);
    return exchange;
  }

  /** It must be over. */
  giveBack(exchange: Exchange): void {
    if (this.#idle.length < keptMax) this.#idle.push(exchange);
    else exchange.dispose();
  }
}
