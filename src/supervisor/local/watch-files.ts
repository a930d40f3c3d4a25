import { type FSWatcher, fstatSync, readdirSync, statSync, watch } from "node:fs";
import { join } from "node:path";
import type { Clock, Timer } from "../../runtime/clock.ts";

/** Editors write a file in several steps, and a checkout touches many: one change is what lies this close together. */
const debounceMs = 150;
/** Each watched directory costs the system a handle. */
const directoriesMax = 2000;

const ignored = new Set(["node_modules", "dist", "build", "coverage", "out", "tmp"]);

/** Is a change of this file or directory (its last name) of no interest? */
export function isIgnored(name: string): boolean {
  // Hidden ones: .git, .skein, .next, and what editors leave behind.
  return name.startsWith(".") || ignored.has(name) || name.endsWith("~") || name.endsWith(".log");
}

/**
 * Calls `changed` with a name after files under `root` changed. Directory by directory and not `recursive`: that
 * would watch all of node_modules too. Nothing is told of a file that `outputs`, descriptors of this process, write to: what is
 * said of a change would be the next one; nor of the directory `except`.
 */
export function watchFiles(
  root: string,
  clock: Clock,
  changed: (file: string) => void,
  { outputs = [1, 2], except }: { outputs?: readonly number[] | undefined; except?: string } = {},
): { close(): void } {
  const watchers = new Map<string, FSWatcher>();
  let pending: Timer | undefined;

  const note = (directory: string, name: string): void => {
    const path = join(directory, name);
    if (isIgnored(name) || path === except || isOneOf(outputs, path)) return;
    addBelow(directory);
    pending?.cancel();
    pending = clock.after(debounceMs, () => changed(name));
  };
  const drop = (directory: string): void => {
    watchers.get(directory)?.close();
    watchers.delete(directory);
  };
  const add = (directory: string): void => {
    if (directory === except || watchers.has(directory) || watchers.size >= directoriesMax) return;
    try {
      const watcher = watch(directory, (_kind, name) => note(directory, name ?? "?"));
      watcher.on("error", () => drop(directory));
      watchers.set(directory, watcher);
    } catch {
      // Gone meanwhile.
      return;
    }
    addBelow(directory);
  };
  const addBelow = (directory: string): void => {
    for (const child of directoriesIn(directory)) add(join(directory, child));
  };

  add(root);
  return {
    close() {
      pending?.cancel();
      for (const directory of watchers.keys()) drop(directory);
    },
  };
}

function isOneOf(descriptors: readonly number[], file: string): boolean {
  try {
    const { dev, ino } = statSync(file);
    return descriptors.some((descriptor) => {
      const open = fstatSync(descriptor);
      return open.ino === ino && open.dev === dev;
    });
  } catch {
    // Removed, which is a change as well.
    return false;
  }
}

function directoriesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !isIgnored(entry.name))
      .map((entry) => entry.name);
  } catch {
    return [];
  }
}
