import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { issueCertificate, makeAuthority } from "../authority/authority.ts";
import type { Places } from "../runtime/places.ts";

export const dayMs = 86_400_000;

/** The cluster's certificates in a state directory, as `skein ca issue` puts them there; valid from `now` on. */
export function putClusterTls({ tls }: Pick<Places, "tls">, now: number, days: number): void {
  const authority = makeAuthority("cluster", { now, days: 3_650 });
  const { cert, key } = issueCertificate(authority, ["localhost", "127.0.0.1"], { now, days });
  mkdirSync(dirname(tls.cert), { recursive: true });
  writeFileSync(tls.ca, authority.cert);
  writeFileSync(tls.cert, cert);
  writeFileSync(tls.key, key, { mode: 0o600 });
}
