import { randomBytes } from "node:crypto";
import type { CertificateFiles, Reception } from "../../protocol/configuration.ts";
import type { CertificateState, TicketKey } from "../../protocol/supervision.ts";
import { type Certificate, readCertificate } from "../../runtime/certificate.ts";
import type { Clock, Timer } from "../../runtime/clock.ts";
import type { Logger } from "../../runtime/logger.ts";
import { ticketKeyBytes } from "../../runtime/ticket-key.ts";
import type { SecureWelcome } from "./handshake.ts";
import { HeldCertificates } from "./held-certificates.ts";
import { TlsReceiver } from "./tls-receiver.ts";

/** A reception with all that it takes. */
export type Welcome =
  | { readonly kind: "http" }
  | { readonly kind: "redirect"; readonly port: number }
  | ({ readonly kind: "https" } & SecureWelcome);

interface Listener {
  reception: Reception;
  certificates: readonly Certificate[];
  welcome: Welcome;
}

/** Files that did not fit are read again so often, until they do. */
const tryAgainMs = 5_000;

export interface ReceptionsOptions {
  clock: Clock;
  logger: Logger;
  /** Something was read. */
  certificatesRead(states: CertificateState[]): void;
  /** At this listener requests in clear were answered, and are no more. */
  clearIsOver(listener: string): void;
}

/**
 * What clients find at each listener, by the routing table and the files that it names. A listener with TLS is ready as
 * soon as one of its certificates is: those that cannot be used keep none of the others from serving. With none of them,
 * what was there before stays: another certificate, or plain HTTP where it was served until now.
 */
export class Receptions {
  readonly #options: ReceptionsOptions;
  readonly #held: HeldCertificates;
  readonly #listeners = new Map<string, Listener>();
  readonly #waiting = new Map<string, () => void>();
  /** Undefined before the first routing table; `all-plain`: it comes from a configuration before TLS. */
  #wanted: Record<string, Reception> | "all-plain" | undefined;
  #ticketKey: TicketKey | undefined;
  /** Of this process alone: until the supervisor tells the one of all. */
  readonly #ownKey = randomBytes(ticketKeyBytes);
  #told: readonly CertificateState[] = [];
  #retry: Timer | undefined;

  constructor(options: ReceptionsOptions) {
    this.#options = options;
    this.#held = new HeldCertificates((files) =>
      readCertificate(files, Date.parse(options.clock.wallTime())),
    );
  }

  /** As the routing table says. */
  configure(wanted: Record<string, Reception> | undefined): void {
    this.#wanted = wanted ?? "all-plain";
    this.#held.want(Object.values(wanted ?? {}).flatMap(filesOf));
    this.#apply();
  }

  /** Undefined: it is not known yet, or its certificates are not. */
  of(listener: string): Welcome | undefined {
    return this.#listeners.get(listener)?.welcome;
  }

  /** Resolves when connections of this listener can be taken. */
  whenReady(listener: string): Promise<void> {
    if (this.#listeners.has(listener)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(listener, resolve);
      this.#admitPlain();
    });
  }

  get ticketKey(): TicketKey | undefined {
    return this.#ticketKey;
  }

  /** Sessions that were sealed with the one before are not resumed any more: their clients shake hands in full. */
  takeTicketKey(ticketKey: TicketKey): void {
    if (this.#ticketKey !== undefined && ticketKey.bornAt <= this.#ticketKey.bornAt) return;
    this.#ticketKey = ticketKey;
    for (const [name, listener] of this.#listeners) {
      listener.welcome = this.#welcome(name, listener.reception, listener.certificates);
    }
  }

  stop(): void {
    this.#retry?.cancel();
    this.#retry = undefined;
  }

  #apply(): void {
    if (typeof this.#wanted === "object") {
      for (const [name, reception] of Object.entries(this.#wanted)) this.#place(name, reception);
    }
    this.#admitPlain();
    this.#tell();
    if (!this.#held.faulty) return this.stop();
    this.#retry ??= this.#options.clock.after(tryAgainMs, () => {
      this.#retry = undefined;
      this.#held.tryAgain();
      this.#apply();
    });
  }

  #admitPlain(): void {
    if (this.#wanted !== "all-plain") return;
    for (const name of this.#waiting.keys()) this.#place(name, { kind: "http" });
  }

  #place(name: string, reception: Reception): void {
    const known = this.#listeners.get(name);
    const certificates = this.#certificatesFor(reception, known);
    if (certificates === undefined) return;
    const same =
      known !== undefined &&
      sameWords(known.reception, reception) &&
      known.certificates.length === certificates.length &&
      known.certificates.every((certificate, at) => certificate === certificates[at]);
    if (!same) {
      const welcome = this.#welcome(name, reception, certificates);
      this.#listeners.set(name, { reception, certificates, welcome });
    }
    if (known?.reception.kind === "http" && reception.kind !== "http") this.#options.clearIsOver(name);
    this.#waiting.get(name)?.();
    this.#waiting.delete(name);
  }

  /** With one missing, what was there before serves on for the names of none of the others. Undefined: there is none. */
  #certificatesFor(reception: Reception, known: Listener | undefined): readonly Certificate[] | undefined {
    if (reception.kind !== "https") return [];
    const wanted = reception.certificates.map((files) => this.#held.get(files));
    const fitting = wanted.filter((certificate) => certificate !== undefined);
    if (fitting.length === wanted.length) return fitting;
    const before = known?.certificates ?? [];
    const all = fitting.length === 0 ? before : [...fitting, ...before.filter(hasNameBeyond(fitting))];
    return all.length === 0 ? undefined : all;
  }

  #tell(): void {
    const before = new Map(this.#told.map((state) => [state.file, state]));
    this.#told = this.#held.states;
    let news = before.size !== this.#told.length;
    for (const state of this.#told) {
      const [level, message] = newsOf(state, before.get(state.file)) ?? [];
      if (level === undefined || message === undefined) continue;
      news = true;
      const { file, names, fault } = state;
      this.#options.logger[level](fault === null ? { file, names } : { file, fault }, message);
    }
    if (news) this.#options.certificatesRead([...this.#told]);
  }

  #welcome(listener: string, reception: Reception, certificates: readonly Certificate[]): Welcome {
    if (reception.kind !== "https") return reception;
    const { minVersion, strictTransport = "" } = reception;
    const ticketKey =
      this.#ticketKey === undefined ? this.#ownKey : Buffer.from(this.#ticketKey.key, "base64");
    return {
      kind: "https",
      receiver: new TlsReceiver({ listener, certificates, minVersion, ticketKey }),
      strictTransport,
    };
  }
}

/** Whether one serves a host that none of these does. */
function hasNameBeyond(certificates: readonly Certificate[]): (certificate: Certificate) => boolean {
  const served = new Set(certificates.flatMap(({ names }) => names));
  return ({ names }) => names.some((name) => !served.has(name));
}

/** Whatever certificates they name: those are compared as they were read. */
function sameWords(one: Reception, other: Reception): boolean {
  const words = (reception: Reception): string => JSON.stringify({ ...reception, certificates: [] });
  return words(one) === words(other);
}

/** What the log says of a change; undefined: nothing new. */
function newsOf(
  state: CertificateState,
  before: CertificateState | undefined,
): [keyof Logger, string] | undefined {
  if (state.fault !== null) {
    if (state.fault === before?.fault) return undefined;
    const instead =
      state.digest === ""
        ? "its listener waits for it, or serves with the others"
        : "the one before stays in use";
    return ["error", `a certificate cannot be used; ${instead}`];
  }
  const same = before?.digest === state.digest && before.fault === null && before.wanted === state.wanted;
  return same ? undefined : ["info", "a certificate is in use"];
}

function filesOf(reception: Reception): readonly CertificateFiles[] {
  return reception.kind === "https" ? reception.certificates : [];
}
