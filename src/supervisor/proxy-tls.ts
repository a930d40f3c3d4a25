import type { TrafficConfiguration } from "../protocol/configuration.ts";
import type {
  CertificateState,
  CertificateStatus,
  SupervisorFrame,
  TicketKey,
} from "../protocol/supervision.ts";
import { newTicketKey, ticketKeyMs } from "../runtime/ticket-key.ts";

interface Proxy {
  send(frame: SupervisorFrame): void;
}

/**
 * What the supervisor carries between the proxies for TLS. The ticket key is in memory alone: it lives as long as any
 * process of the gateway, for a supervisor that follows another one learns it from the proxies. It stands in no file,
 * no store, no table and no log. Certificates are only told of here: every proxy reads them itself.
 */
export class ProxyTls {
  readonly #proxies = new Map<string, Proxy>();
  readonly #states = new Map<string, readonly CertificateState[]>();
  #ticketKey: TicketKey | undefined;

  /** A proxy said hello, with the key that it has. */
  greet(name: string, proxy: Proxy, told: TicketKey | undefined, now: number): void {
    this.#proxies.set(name, proxy);
    const before = this.#ticketKey;
    this.#ticketKey = youngest(before, told) ?? newTicketKey(now);
    if (before !== undefined && before !== this.#ticketKey) this.#tellAll();
    else if (told?.bornAt !== this.#ticketKey.bornAt)
      proxy.send({ t: "ticket-key", ticketKey: this.#ticketKey });
  }

  heard(name: string, states: readonly CertificateState[]): void {
    this.#states.set(name, states);
  }

  lost(name: string): void {
    this.#proxies.delete(name);
  }

  gone(name: string): void {
    this.#proxies.delete(name);
    this.#states.delete(name);
  }

  tick(now: number): void {
    if (this.#ticketKey === undefined || now - this.#ticketKey.bornAt < ticketKeyMs) return;
    this.#ticketKey = newTicketKey(now);
    this.#tellAll();
  }

  /** What the configuration names, and what each of these proxies made of it. */
  certificates(traffic: TrafficConfiguration, proxies: readonly string[]): CertificateStatus[] {
    return wantedCertificates(traffic).map(({ cert, digest }) => ({
      file: cert,
      digest,
      proxies: proxies.map((name) => ({
        name,
        state: this.#states.get(name)?.find(({ file }) => file === cert) ?? null,
      })),
    }));
  }

  #tellAll(): void {
    if (this.#ticketKey === undefined) return;
    for (const proxy of this.#proxies.values()) proxy.send({ t: "ticket-key", ticketKey: this.#ticketKey });
  }
}

function wantedCertificates({ proxy }: TrafficConfiguration): { cert: string; digest: string }[] {
  const wanted = Object.values(proxy.receptions ?? {}).flatMap((reception) =>
    reception.kind === "https" ? reception.certificates : [],
  );
  return [...new Map(wanted.map((files) => [files.cert, files])).values()];
}

function youngest(one: TicketKey | undefined, other: TicketKey | undefined): TicketKey | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return other.bornAt > one.bornAt ? other : one;
}
