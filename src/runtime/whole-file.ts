import { chmodSync, linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { newInstanceId } from "./random.ts";

/**
 * Makes a file that only its owner reads, and that appears with its content: nobody, whatever else starts at this moment, ever reads
 * half of it, and a full disk leaves none. False: there is one already.
 */
export function createWhole(path: string, text: string): boolean {
  const temporary = writeBeside(path, text);
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/**
 * Puts a file with this text and this mode, whatever there was before, in the place of `path`: readers see the old text or the new
 * one, and nobody a private one before it is private.
 */
export function replaceWhole(path: string, text: string, mode: number): void {
  const temporary = writeBeside(path, text);
  try {
    chmodSync(temporary, mode);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** The path of a file with this text, to be put in the place of `path`. */
export function writeBeside(path: string, text: string): string {
  const temporary = `${path}.${newInstanceId()}`;
  try {
    writeFileSync(temporary, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    // On a full disk the empty file is made all the same.
    rmSync(temporary, { force: true });
    throw error;
  }
  return temporary;
}
