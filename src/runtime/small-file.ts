import { lstatSync, readFileSync, statSync } from "node:fs";

export type FileReading =
  /** `open`: every user of the host may read it. */
  | { readonly ok: true; readonly text: string; readonly open: boolean }
  /** `denied`: it may be there, and this user may not read it. */
  | { readonly ok: false; readonly fault: string; readonly denied?: boolean };

/** More than a bundle of every authority there is. */
const fileBytesMax = 4 * 1024 * 1024;
const othersMayRead = 0o004;

/** The text of a file that must be there; or what is wrong with it, and what to do. */
export function readSmallFile(file: string): FileReading {
  try {
    const found = statSync(file);
    // A pipe or a device could keep its reader waiting for ever.
    if (!found.isFile()) return { ok: false, fault: `${file} is not a file; name a file` };
    if (found.size > fileBytesMax)
      return { ok: false, fault: `${file} is larger than ${fileBytesMax} bytes` };
    const open = process.platform !== "win32" && (found.mode & othersMayRead) !== 0;
    return { ok: true, text: readFileSync(file, "utf8"), open };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { ok: false, fault: faultOf(file, code), denied: code === "EACCES" || code === "EPERM" };
  }
}

/** There is no such file at all. False for a link to nothing, and for what may not be looked at: to read those is a fault. */
export function isNothing(file: string): boolean {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

function faultOf(file: string, code: string | undefined): string {
  switch (code) {
    case "ENOENT":
      return `there is no file ${file}`;
    case "EACCES":
    case "EPERM":
      return `this user may not read ${file}; let it, or run as one who may`;
    default:
      return `${file} cannot be read (${code ?? "unknown error"})`;
  }
}
