import { existsSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Environment for a process of ours, so that it finds the code that an earlier one compiled: half of the time to start
 * goes into compiling. Kept where only this user writes (Node's own default is a shared directory, where anybody
 * could put code for us to run). An answer of the user's own, `NODE_COMPILE_CACHE` or `NODE_DISABLE_COMPILE_CACHE`, stays.
 */
export function withCompileCache(
  environment: NodeJS.ProcessEnv,
  privateDirectory: string,
): NodeJS.ProcessEnv {
  if (environment["NODE_COMPILE_CACHE"] !== undefined) return environment;
  if (environment["NODE_DISABLE_COMPILE_CACHE"] !== undefined) return environment;
  return { ...environment, NODE_COMPILE_CACHE: join(privateDirectory, "compiled") };
}

/** A checkout has a place for it that outlives any state directory; the published package has none. */
export function withCheckoutCompileCache(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
  return existsSync(modules) ? withCompileCache(environment, join(modules, ".cache", "skein")) : environment;
}

/**
 * Writes what this process has compiled: Node does it at the polite end alone, and the first processes of a state directory
 * may be killed. To be called once, when it has started: then it takes some milliseconds, later up to a second. Nothing
 * is written where nothing is new.
 */
export function keepCompiled(): void {
  flushCompileCache();
}
