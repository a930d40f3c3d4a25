import type { Service, Sticky } from "../protocol/configuration.ts";
import type { StickyConfig } from "./config.ts";
import type { Issues, KeyPath } from "./issues.ts";
import { readDuration } from "./quantities.ts";
import { pathFault } from "./route-key.ts";
import { type FileSurroundings, resolveFile } from "./tls.ts";

/** 400 days: browsers keep no cookie for longer (RFC 6265bis). */
const maxAgeMsMax = 400 * 86_400_000;

export function resolveSticky(
  service: string,
  written: boolean | StickyConfig | undefined,
  path: KeyPath,
  surroundings: FileSurroundings,
  issues: Issues,
): Pick<Service, "sticky"> {
  if (written === undefined || written === false) return {};
  const { cookie = `skein-${service}`, maxAge, path: below = "/", keyFile } = written === true ? {} : written;
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(cookie))
    issues.add([...path, "cookie"], `${JSON.stringify(cookie)} is no name of a cookie`);
  const fault =
    pathFault(below) ?? (/[;,\s]/.test(below) ? `"${below}" cannot stand in a cookie` : undefined);
  if (fault !== undefined) issues.add([...path, "path"], fault);
  const ageMs = readDuration(maxAge, 0, [...path, "maxAge"], issues, { min: 1_000, max: maxAgeMsMax });
  const age = maxAge === undefined ? "" : `; Max-Age=${Math.floor(ageMs / 1_000)}`;
  const attributes = `; Path=${below}; HttpOnly; SameSite=Lax${age}`;
  const key = resolveKeyFile(keyFile, [...path, "keyFile"], surroundings, issues);
  return { sticky: { cookie, attributes, ...(key === undefined ? {} : { keyFile: key }) } };
}

function resolveKeyFile(
  written: string | undefined,
  path: KeyPath,
  { directory, files }: FileSurroundings,
  issues: Issues,
): Sticky["keyFile"] {
  const file = written === undefined ? undefined : resolveFile(written, path, directory, issues);
  if (file === undefined) return undefined;
  const reading = files.stickyKey(file);
  if (!reading.ok) return issues.add(path, reading.fault);
  if (reading.open) issues.warn(path, `every user of this host may read ${file}; let only skein's user`);
  return { file, digest: reading.digest };
}
