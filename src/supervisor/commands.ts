import type { SupervisorCommand, SupervisorFrame } from "../protocol/supervision.ts";
import type { GatewaySupervisor } from "./gateway-supervisor.ts";
import { reload } from "./reload.ts";
import { messageOf, SupervisorError } from "./supervisor-error.ts";
import { Upgrade } from "./upgrade.ts";

const waitingMax = 64;

/** What operators (and signals) ask for. Changes are made one after the other, in the order of their arrival. */
export class Commands {
  readonly #gateway: () => GatewaySupervisor;
  readonly #onUpgraded: () => void;
  #upgrade: Upgrade | null = null;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** The gateway is asked for late: commands may arrive while it is being built. */
  constructor(gateway: () => GatewaySupervisor, onUpgraded: () => void) {
    this.#gateway = gateway;
    this.#onUpgraded = onUpgraded;
  }

  take(command: SupervisorCommand, reply: (frame: SupervisorFrame) => void): void {
    void this.#run(command).then(
      () => {
        reply({ t: "reply", ok: true, status: this.#gateway().status() });
        if (command.name === "upgrade") this.#onUpgraded();
      },
      (error: unknown) => {
        const code = error instanceof SupervisorError ? error.code : "internal";
        reply({ t: "reply", ok: false, code, detail: detailOf(error) });
      },
    );
  }

  async #run(command: SupervisorCommand): Promise<void> {
    switch (command.name) {
      case "status":
        return;
      case "stop":
        this.#refuseWhenReplaced();
        return this.stop(command.urgent);
      case "reload":
        return this.reload();
      case "upgrade":
        return this.#inTurn(() => this.#replaceSupervisor());
      case "hand-over":
        this.#refuseWhenEnding();
        if (this.#upgrade?.handOverTo(command.pid) === true) return;
        throw new SupervisorError("upgrade-failed", `process ${command.pid} was not started to take over`);
      default:
        throw new SupervisorError("no-answer", "this supervisor does not know that command");
    }
  }

  /** Where it is not said how, the first time politely, the second time at once. */
  stop(urgent = this.#isStopping()): void {
    if (!urgent && this.#isStopping()) return;
    const gateway = this.#gateway();
    gateway.logger.info({}, urgent ? "the gateway stops at once" : "the gateway stops");
    gateway.dispatch({ t: "stop", urgent });
  }

  reload(): Promise<void> {
    return this.#inTurn(() => reload(this.#gateway()));
  }

  async #replaceSupervisor(): Promise<void> {
    this.#upgrade = new Upgrade(this.#gateway());
    try {
      await this.#upgrade.run();
    } finally {
      this.#upgrade = null;
    }
  }

  async #inTurn(act: () => Promise<void>): Promise<void> {
    if (this.#waiting >= waitingMax) throw new SupervisorError("busy", "too many changes are waiting");
    this.#waiting += 1;
    const turn = this.#last.then(() => {
      this.#refuseWhenEnding();
      return act();
    });
    this.#last = turn.catch(() => {});
    try {
      await turn;
    } finally {
      this.#waiting -= 1;
    }
  }

  #refuseWhenEnding(): void {
    if (this.#isStopping()) throw new SupervisorError("stopping", "the gateway is stopping");
    this.#refuseWhenReplaced();
  }

  #isStopping(): boolean {
    return this.#gateway().plan.mode.kind === "stopping";
  }

  /** Nothing is decided here any more: it would be lost. */
  #refuseWhenReplaced(): void {
    if (this.#gateway().retired) {
      throw new SupervisorError("busy", "this supervisor has just been replaced by an upgrade: ask again");
    }
  }
}

function detailOf(error: unknown): string {
  return error instanceof SupervisorError ? error.detail : messageOf(error);
}
