import { chmodSync, existsSync, lstatSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes a directory and those above it, for this user alone. Throws what the system says. In place of Node's own
 * `recursive`, which never returns where a file system answers "no such file" to every creation, as /proc does.
 */
export function makeDirectory(path: string): void {
  try {
    makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || parent === path) throw error;
    // It may be there by now: two processes may make the same at the same time.
    if (!existsSync(parent)) makeDirectory(parent);
    makeOne(path);
  }
}

/** One that may lie in a shared temporary directory, where another user could have made it first: then it throws. */
export function makeOwnDirectory(path: string): void {
  makeDirectory(path);
  const found = lstatSync(path);
  const own = process.getuid === undefined || found.uid === process.getuid();
  if (!found.isDirectory() || !own) throw new Error(`${path} is not a directory of this user: remove it`);
  chmodSync(path, 0o700);
}

function makeOne(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === "EEXIST";
    if (!exists || !statSync(path).isDirectory()) throw error;
  }
}
