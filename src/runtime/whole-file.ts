import { linkSync, rmSync, writeFileSync } from "node:fs";
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
