import type { CertificateStatus, GatewayStatus } from "../protocol/supervision.ts";
import { type Column, table } from "./table.ts";
import { printable, type Terminal } from "./terminal.ts";

/** Proxies that have not told yet what they made of the certificates that the configuration names now. */
export function undecided({ certificates = [] }: GatewayStatus): string[] {
  const names = certificates.flatMap(({ digest, proxies }) =>
    proxies.filter(({ state }) => state === null || state.wanted !== digest).map(({ name }) => name),
  );
  return [...new Set(names)].sort();
}

/** Which proxy could not take which certificate, why, and what it does instead. */
export function certificateFaults({ certificates = [] }: GatewayStatus): string[] {
  return certificates.flatMap(({ proxies }) =>
    proxies.flatMap(({ name, state }) => {
      if (state === null || state.fault === null) return [];
      const instead =
        state.digest === ""
          ? "its listener waits for it, or serves with the others"
          : "the one before stays in use";
      return [`${name}: ${state.fault}; ${instead}, and it is tried again every 5 s`];
    }),
  );
}

/** A table of what is in use, and below it what is wrong. */
export function certificateLines(status: GatewayStatus, terminal: Terminal): string[] {
  const { certificates = [] } = status;
  if (certificates.length === 0) return [];
  const faults = certificateFaults(status).map((fault) => terminal.paint("red", printable(fault)));
  return ["", ...table(columns, certificates, terminal.columns), ...faults];
}

const columns: Column<CertificateStatus>[] = [
  { title: "CERTIFICATE", shrinks: true, text: ({ file }) => printable(file) },
  { title: "FOR", shrinks: true, text: (row) => printable(stateOf(row)?.names.join(" ") ?? "") },
  { title: "UNTIL", text: (row) => dayOf(stateOf(row)?.notAfter ?? 0) },
  { title: "PROXIES", align: "right", text: (row) => `${inUse(row).length} of ${row.proxies.length}` },
];

function inUse({ proxies }: CertificateStatus): CertificateStatus["proxies"] {
  return proxies.filter(({ state }) => state !== null && state.digest !== "" && state.fault === null);
}

function stateOf(row: CertificateStatus): CertificateStatus["proxies"][number]["state"] {
  return inUse(row)[0]?.state ?? null;
}

function dayOf(seconds: number): string {
  return seconds === 0 ? "" : new Date(seconds * 1_000).toISOString().slice(0, 10);
}
