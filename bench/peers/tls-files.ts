import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface TlsFiles {
  certificate: string;
  key: string;
  /** Both in one file, as HAProxy wants it. */
  both: string;
}

/** A certificate for localhost (ECDSA P-256, as public authorities give them by default), made anew for each run. */
export function tlsFiles(directory: string): TlsFiles {
  const files = {
    certificate: join(directory, "certificate.pem"),
    key: join(directory, "key.pem"),
    both: join(directory, "both.pem"),
  };
  const wanted =
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost " +
    "-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout";
  const args = [...wanted.split(" "), files.key, "-out", files.certificate];
  const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl could not make a certificate: ${stderr}`);
  writeFileSync(files.both, readFileSync(files.certificate, "utf8") + readFileSync(files.key, "utf8"));
  return files;
}
