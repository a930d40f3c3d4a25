import type { Random } from "../../runtime/random.ts";
import type { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import type { EtcdApi, WatchListener } from "./api.ts";
import { callDeadlineMs, type Members } from "./client.ts";
import { afterFailure, currentOf, type Endpoints, endpointsOf } from "./endpoints.ts";
import { EtcdFailure, type FailureKind } from "./failure.ts";
import type { ModelEtcd } from "./testing-etcd.ts";
import type { Stream } from "./transport.ts";
import type { Header, KeyRange, Transaction, TransactionAnswer, WatchEvent } from "./wire.ts";

/** What the way to etcd does to one call. */
export interface Way {
  /** Until etcd does it. Undefined: it never arrives. */
  toEtcdMs: number | undefined;
  /** From then until the answer is there. Undefined: it is lost. */
  backMs: number | undefined;
  /** After so long the connection is lost. */
  cutAfterMs?: number;
}

/** The members of a model of etcd, each of which may be paused, as seen from all processes. */
export class ModelMembers {
  readonly endpoints = ["m1", "m2", "m3"];
  readonly #paused = new Map<string, (() => void)[]>();

  pause(endpoint: string): void {
    if (!this.#paused.has(endpoint)) this.#paused.set(endpoint, []);
  }

  /** What came in meanwhile is done now. */
  resume(endpoint: string): void {
    const waiting = this.#paused.get(endpoint) ?? [];
    this.#paused.delete(endpoint);
    for (const work of waiting) work();
  }

  resumeAll(): void {
    for (const endpoint of this.endpoints) this.resume(endpoint);
  }

  through(endpoint: string, work: () => void): void {
    const waiting = this.#paused.get(endpoint);
    if (waiting === undefined) work();
    else waiting.push(work);
  }
}

export interface ModelConnectionOptions {
  time: VirtualTime;
  process: VirtualProcess;
  etcd: ModelEtcd;
  members: ModelMembers;
  random: Random;
  /** For each call, and each piece of a watch. */
  way: () => Way;
  moved: () => void;
}

/** A process' connection to a model of etcd: calls take time, get lost, arrive late; watches end. */
export class ModelConnection implements EtcdApi, Members {
  readonly #options: ModelConnectionOptions;
  readonly #watches = new Set<(failure: EtcdFailure) => void>();
  #endpoints: Endpoints;
  /** Watches at this member tell nothing more, while their connections stand and calls are answered. */
  mutedAt: string | undefined;

  constructor(options: ModelConnectionOptions) {
    this.#options = options;
    this.#endpoints = endpointsOf(options.members.endpoints, options.random());
  }

  get endpoint(): string {
    return currentOf(this.#endpoints);
  }

  get triesForAll(): number {
    return this.#endpoints.all.length;
  }

  leave(endpoint: string): void {
    const before = this.endpoint;
    this.#endpoints = afterFailure(this.#endpoints, endpoint);
    if (this.endpoint !== before) this.#options.moved();
  }

  forgetToken(): void {}

  close(): void {}

  /** Every watch that is open ends, as when a member is killed. */
  cutWatches(): void {
    for (const end of this.#watches) end(this.#failure("cut"));
  }

  transact(transaction: Transaction, deadlineMs?: number): Promise<TransactionAnswer> {
    return this.#call(() => this.#options.etcd.transact(transaction), deadlineMs);
  }

  grant(ttlMs: number): Promise<{ header: Header; lease: string }> {
    return this.#call(() => this.#options.etcd.grant(ttlMs));
  }

  keepAlive(lease: string): Promise<{ header: Header; alive: boolean }> {
    return this.#call(() => this.#options.etcd.keepAlive(lease));
  }

  revoke(lease: string): Promise<Header> {
    return this.#call(() => this.#options.etcd.revoke(lease));
  }

  #failure(kind: FailureKind): EtcdFailure {
    return new EtcdFailure(kind, this.endpoint, kind);
  }

  #call<Answer>(work: () => Answer, deadlineMs = callDeadlineMs): Promise<Answer> {
    const { time, process, members, way } = this.#options;
    const { endpoint } = this;
    const { toEtcdMs, backMs, cutAfterMs } = way();
    return new Promise<Answer>((resolve, reject) => {
      let over = false;
      const settle = (what: () => void): void => {
        if (over) return;
        over = true;
        what();
      };
      const fail = (kind: FailureKind): void =>
        settle(() => {
          const failure = this.#failure(kind);
          if (failure.elsewhere) this.leave(endpoint);
          reject(failure);
        });
      process.clock.after(deadlineMs, () => fail("silent"));
      if (cutAfterMs !== undefined)
        time.at(time.nowMs + cutAfterMs, () => process.deliver(() => fail("cut")));
      if (toEtcdMs === undefined) return;
      const arrive = (): void => {
        const answered = attempt(work);
        if (backMs === undefined) return;
        time.at(time.nowMs + backMs, () =>
          process.deliver(() =>
            settle(() => ("error" in answered ? reject(answered.error) : resolve(answered.value))),
          ),
        );
      };
      time.at(time.nowMs + toEtcdMs, () => members.through(endpoint, arrive));
    });
  }

  async watch(range: KeyRange, revision: number, listener: WatchListener): Promise<Stream> {
    const { time, process, etcd, members, way } = this.#options;
    const { endpoint } = this;
    let open = true;
    let arrivesAt = 0;
    let stop: () => void = () => {};
    const end = (failure: EtcdFailure): void => {
      if (!open) return;
      close();
      if (failure.elsewhere) this.leave(endpoint);
      listener.ended(failure);
    };
    const close = (): void => {
      open = false;
      stop();
      this.#watches.delete(end);
    };
    const tell = (answer: { created: boolean; events: WatchEvent[] }): void => {
      const { clusterId } = etcd;
      // In order, however long each takes.
      arrivesAt = Math.max(arrivesAt, time.nowMs + (way().backMs ?? 5));
      const told = { header: { clusterId, revision: etcd.revision }, canceled: undefined, ...answer };
      const deliver = (): void => {
        if (this.mutedAt !== endpoint) process.deliver(() => open && listener.answer(told));
      };
      time.at(arrivesAt, () => members.through(endpoint, deliver));
    };
    this.#watches.add(end);
    const deadline = process.clock.after(callDeadlineMs, () => end(this.#failure("silent")));
    const begin = (): void => {
      if (!open) return;
      tell({ created: true, events: [] });
      try {
        stop = etcd.watch(range, revision, (events) => tell({ created: false, events }));
      } catch (error) {
        const failure = error instanceof EtcdFailure ? error : this.#failure("strange");
        time.at(time.nowMs + 5, () => process.deliver(() => end(failure)));
      }
    };
    time.at(time.nowMs + (way().toEtcdMs ?? 5), () => members.through(endpoint, begin));
    return { begun: () => deadline.cancel(), close };
  }
}

function attempt<Value>(work: () => Value): { value: Value } | { error: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}
