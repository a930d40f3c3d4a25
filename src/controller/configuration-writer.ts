import type { TrafficConfiguration } from "../protocol/configuration.ts";
import type { ConfigReply } from "../protocol/discovery.ts";
import type { ConfigurationValue } from "../protocol/evaluation.ts";
import { sameButFiles } from "../protocol/files-here.ts";
import type { Clock } from "../runtime/clock.ts";
import { isOutcomeUnknown, type StoreChange, type StoredConfiguration } from "../store/store.ts";

const retryMs = 100;

/** A configuration as the supervisor sent it. */
export interface SentConfiguration {
  traffic: TrafficConfiguration;
  digest: string;
  /** Where it came from, for people. */
  told?: { file: string | null; values: ConfigurationValue[] } | undefined;
}

export interface ConfigurationWriterPorts {
  clock: Clock;
  leads(): boolean;
  /** The configuration in the store, as last read; undefined: there is none. */
  inStore(): StoredConfiguration | undefined;
  /** Resolves when the store has been read again. */
  write(changes: readonly StoreChange[]): Promise<void>;
  /** Reads the store again; what it holds is `inStore` when this resolves. */
  look(): Promise<void>;
  failed(error: unknown): void;
}

/** Makes the store's configuration the supervisor's, once and by the leader. */
export class ConfigurationWriter {
  readonly #ports: ConfigurationWriterPorts;
  #sent: SentConfiguration | undefined;
  #writing = false;
  #stopped = false;

  constructor(ports: ConfigurationWriterPorts) {
    this.#ports = ports;
  }

  /** In place of what was sent before. */
  send(sent: SentConfiguration): void {
    this.#sent = sent;
    this.reconcile();
  }

  stop(): void {
    this.#stopped = true;
  }

  reply(): ConfigReply {
    const { file, values } = this.#sent?.told ?? { file: null, values: [] };
    const { standing } = this;
    const inForce = standing === undefined ? this.#ports.inStore() === undefined : standing.revision !== null;
    return { v: 1, file, inForce, values };
  }

  /** Of what was sent last; `revision` is the store's, null: the store has another one. Undefined: nothing was sent yet. */
  get standing(): { digest: string; revision: number | null } | undefined {
    const [sent, stored] = [this.#sent, this.#ports.inStore()];
    if (sent === undefined) return undefined;
    const stands =
      stored?.digest === sent.digest || (stored !== undefined && sameButFiles(sent.traffic, stored.traffic));
    return { digest: sent.digest, revision: stored !== undefined && stands ? stored.revision : null };
  }

  /** To be called whenever what is sent, what is in the store, or who leads may have changed. */
  reconcile(): void {
    const sent = this.#sent;
    const ports = this.#ports;
    if (sent === undefined || this.#writing || !ports.leads() || ports.inStore()?.digest === sent.digest)
      return;
    this.#writing = true;
    ports.write(changesTo(sent, ports.clock.wallTime())).then(
      () => this.#written(),
      (error: unknown) => this.#failed(error, isOutcomeUnknown(error)),
    );
  }

  /** `mayBeWritten`: it is looked for before it is written again, or the events would tell of it twice. */
  #failed(reason: unknown, mayBeWritten: boolean): void {
    const ports = this.#ports;
    ports.failed(reason);
    ports.clock.after(retryMs, () => {
      if (!mayBeWritten || this.#stopped) return this.#written();
      ports.look().then(
        () => this.#written(),
        (again: unknown) => this.#failed(again, true),
      );
    });
  }

  /** Another may have been sent meanwhile. */
  #written(): void {
    this.#writing = false;
    if (!this.#stopped) this.reconcile();
  }
}

function changesTo({ digest, traffic }: SentConfiguration, at: string): StoreChange[] {
  const event = {
    at,
    kind: "configuration-changed" as const,
    message: "A new configuration is in force",
    data: { digest },
  };
  return [
    { kind: "configuration", digest, traffic },
    { kind: "event", event },
  ];
}
