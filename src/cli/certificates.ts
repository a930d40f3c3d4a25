import type { CertificateStatus, ControlCertificate, GatewayStatus } from "../protocol/supervision.ts";
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
  const { certificates = [], controlCertificate } = status;
  const rows = certificates.map(rowOf);
  if (controlCertificate !== undefined)
    rows.push({ ...controlCertificate, usedFor: "the control API", proxies: "" });
  if (rows.length === 0) return [];
  const faults = certificateFaults(status).map((fault) => terminal.paint("red", printable(fault)));
  return ["", ...table(columns, rows, terminal.columns), ...faults];
}

interface Row extends ControlCertificate {
  usedFor: string;
  proxies: string;
}

function rowOf(certificate: CertificateStatus): Row {
  const { file, proxies } = certificate;
  const users = inUse(certificate);
  const { names = [], notAfter = 0 } = users[0]?.state ?? {};
  return { file, usedFor: names.join(" "), notAfter, proxies: `${users.length} of ${proxies.length}` };
}

const columns: Column<Row>[] = [
  { title: "CERTIFICATE", shrinks: true, text: ({ file }) => printable(file) },
  { title: "FOR", shrinks: true, text: ({ usedFor }) => printable(usedFor) },
  { title: "UNTIL", text: ({ notAfter }) => dayOf(notAfter) },
  { title: "PROXIES", align: "right", text: ({ proxies }) => proxies },
];

function inUse({ proxies }: CertificateStatus): CertificateStatus["proxies"] {
  return proxies.filter(({ state }) => state !== null && state.digest !== "" && state.fault === null);
}

function dayOf(seconds: number): string {
  return seconds === 0 ? "" : new Date(seconds * 1_000).toISOString().slice(0, 10);
}
