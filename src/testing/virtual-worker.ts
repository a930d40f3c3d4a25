import type { Random } from "../runtime/random.ts";
import type { Connect, Connection } from "../worker/connection.ts";
import { Membership } from "../worker/membership.ts";
import { ping, pong, type Purpose } from "./virtual-controller.ts";
import type { End, VirtualNetwork, Wire } from "./virtual-network.ts";
import { VirtualProcess } from "./virtual-time.ts";

export interface VirtualWorkerOptions {
  service: string;
  id: string;
  port: number;
  instance: string;
  network: VirtualNetwork;
  random: Random;
  /** Where to ask first. */
  seeds: readonly string[];
  answerMs: number;
}

/** A worker in virtual time: the SDK's own membership, and a server that answers after `answerMs`. */
export class VirtualWorker {
  readonly service: string;
  readonly id: string;
  /** Its address, and its name in the network. */
  readonly address: string;
  readonly process: VirtualProcess;
  readonly startedAtMs: number;
  readonly #options: VirtualWorkerOptions;
  readonly #membership: Membership;
  /** Controllers (by name) that said that no proxy of theirs chooses this worker any more, and when. */
  readonly drainedAtMs = new Map<string, number>();
  served = 0;
  left = false;

  constructor(options: VirtualWorkerOptions) {
    const { service, id, port, instance, network, random, seeds } = options;
    this.#options = options;
    this.service = service;
    this.id = id;
    this.address = `127.0.0.1:${port}`;
    this.process = new VirtualProcess(network.time);
    this.startedAtMs = network.time.nowMs;
    network.listen(this.address, this.process, (caller) => this.#accept(caller));
    const registration = { service, id, instance, address: this.address };
    this.#membership = new Membership(registration, undefined, {
      clock: this.process.clock,
      random,
      connect: this.#connect(),
      seeds: () => [...seeds],
      load: () => ({}),
      tell: (news) => {
        if (news.t === "left") this.left = true;
      },
    });
  }

  get running(): boolean {
    return this.process.state === "running";
  }

  /** SIGTERM, first half: asks to be chosen no more. */
  drain(): void {
    this.#membership.drain();
  }

  /** SIGTERM, second half. */
  leave(): void {
    this.#membership.leave();
    this.kill();
  }

  /** kill -9. */
  kill(): void {
    this.process.kill();
    this.#options.network.vanish(this.address);
  }

  #accept(caller: Wire): Omit<End, "node" | "process"> {
    return {
      message: (text) => {
        this.process.clock.after(this.#options.answerMs, () => {
          if (text !== "check") this.served += 1;
          caller.send(text);
        });
      },
      closed: () => {},
    };
  }

  #connect(): Connect {
    const { network } = this.#options;
    return (url, events): Connection => {
      const node = url.replace("http://", "");
      let wire: Wire | undefined;
      let over = false;
      const end = (reason: string): void => {
        if (over) return;
        over = true;
        events.closed(reason);
      };
      const close = (): void => {
        wire?.close();
        // In an own turn: closed is never told within the call.
        this.process.clock.after(0, () => end("ended here"));
      };
      const self: End = {
        node: this.address,
        process: this.process,
        message: (text) => {
          if (over) return;
          if (text === pong) return events.alive();
          this.#noteDraining(node, text);
          events.received(text);
        },
        closed: () => end("closed by the controller"),
      };
      network.connect(
        self,
        node,
        (opened) => {
          if (over) return opened.close();
          wire = opened;
          opened.send("session" satisfies Purpose);
          events.opened();
        },
        () => end("refused"),
      );
      return {
        send: (text) => wire?.send(text),
        ping: () => wire?.send(ping),
        close,
        destroy: close,
        bufferedBytes: () => 0,
      };
    };
  }

  #noteDraining(controller: string, text: string): void {
    const { t } = JSON.parse(text) as { t: string };
    if (t === "draining") this.drainedAtMs.set(controller, this.process.clock.now());
  }
}
