import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join, resolve } from "node:path";
import { issueCertificate, makeAuthority } from "../../authority/authority.ts";
import { SkeinError } from "../../protocol/error.ts";
import { placesIn } from "../../runtime/places.ts";
import { replaceWhole } from "../../runtime/whole-file.ts";
import { exitCode, Failure } from "../failure.ts";
import { stateDirectory } from "../find-gateway.ts";
import type { Terminal } from "../terminal.ts";

const directoryDefault = "./skein-ca";
const authorityDays = 3650;
const hostDaysDefault = 90;
const hostDaysMax = 825;
const dayMs = 86_400_000;

export interface CaOptions {
  dir?: string;
}

export interface IssueOptions extends CaOptions {
  host: string[];
  state?: string;
  days?: string;
}

/** `skein ca init`: an authority of the cluster's own, once. */
export async function init(options: CaOptions, terminal: Terminal): Promise<number> {
  const { directory, cert, key } = filesIn(options);
  if (holdsAuthority(options)) {
    throw new Failure(
      `${directory} holds an authority already; every certificate would have to be issued anew`,
    );
  }
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const made = makeAuthority("skein cluster", { now: Date.now(), days: authorityDays });
  writeFileSync(key, made.key, { flag: "wx", mode: 0o600 });
  writeFileSync(cert, made.cert, { flag: "wx", mode: 0o644 });
  terminal.note(`authority  ${cert}   give it to whoever shall trust the cluster`);
  terminal.note(`key        ${key}   keep it off the gateways: whoever has it can be any of them`);
  return exitCode.ok;
}

/** `skein ca issue`: a certificate for the controllers of one host, into its state directory. */
export async function issue(options: IssueOptions, terminal: Terminal): Promise<number> {
  const { cert, key, directory } = filesIn(options);
  if (!holdsAuthority(options))
    throw new Failure(`there is no authority in ${directory}; \`skein ca init\` makes one`);
  const days = Number(options.days ?? hostDaysDefault);
  if (!Number.isInteger(days) || days < 1 || days > hostDaysMax) {
    throw new Failure(`--days is a whole number from 1 to ${hostDaysMax}`, exitCode.usage);
  }
  const hosts = options.host.flatMap((each) => each.split(","));
  for (const host of hosts) {
    if (/^[A-Za-z0-9:.*-]{1,253}$/.test(host) && (!host.includes(":") || isIP(host) !== 0)) continue;
    throw new Failure(`--host is a name or an IP address, without a port, not "${host}"`, exitCode.usage);
  }
  const { tls } = placesIn(stateDirectory(options.state));
  const authority = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  // Commands on the host itself come by these.
  const names = [...new Set([...hosts, "localhost", "127.0.0.1", "::1"])];
  const made = issued(authority, names, days);
  mkdirSync(join(tls.cert, ".."), { recursive: true, mode: 0o700 });
  // Who reads between the two files of the certificate finds that they do not fit, and keeps the old.
  replaceWhole(tls.ca, authority.cert, 0o644);
  replaceWhole(tls.key, made.key, 0o600);
  replaceWhole(tls.cert, made.cert, 0o644);
  const { validTo } = new X509Certificate(made.cert);
  const until = `until ${new Date(validTo).toISOString().slice(0, 10)}${endsEarly(validTo, days)}`;
  terminal.note(
    `certificate  ${tls.cert} for ${hosts.join(", ")}, ${until}; a gateway that runs with one takes it within a minute, ` +
      "any other when it is stopped and started again",
  );
  return exitCode.ok;
}

/** It was to last longer, and its authority does not. */
function endsEarly(validTo: string, days: number): string {
  const early = Date.parse(validTo) < Date.now() + (days - 1) * dayMs;
  return early ? " (its authority ends then)" : "";
}

function issued(...words: Parameters<typeof issuedFor>): ReturnType<typeof issuedFor> {
  try {
    return issuedFor(...words);
  } catch (error) {
    throw new Failure(error instanceof SkeinError ? error.detail : String(error));
  }
}

function issuedFor(
  authority: { cert: string; key: string },
  names: string[],
  days: number,
): { cert: string; key: string } {
  return issueCertificate(authority, names, { now: Date.now(), days });
}

/** Throws for half of one: with it nothing can be done, and it may be all that is left of one that is trusted. */
function holdsAuthority(options: CaOptions): boolean {
  const { directory, cert, key } = filesIn(options);
  const [place, ...files] = [directory, cert, key].map((path) => statSync(path, { throwIfNoEntry: false }));
  if (place?.isDirectory() === false)
    throw new Failure(`--dir ${directory}: it is a file; name a directory`, exitCode.usage);
  const there = files.map((file) => file !== undefined);
  if (there[0] === there[1]) return there[0] === true;
  const [missing, left] = there[0] === true ? [key, cert] : [cert, key];
  throw new Failure(
    `${directory} holds half an authority: ${missing} is missing. Put it back; or, where no certificate was issued by it, ` +
      `remove ${left}, and \`skein ca init\` makes another`,
  );
}

function filesIn({ dir = directoryDefault }: CaOptions): { directory: string; cert: string; key: string } {
  const directory = resolve(dir);
  return { directory, cert: join(directory, "ca.pem"), key: join(directory, "ca-key.pem") };
}
