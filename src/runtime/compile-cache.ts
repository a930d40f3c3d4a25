import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Environment for a process of ours, so that it finds the code that an earlier one compiled: half of the time to start
 * goes into compiling. Kept where only this user writes (Node's own default is a shared directory, where anybody
 * could put code for us to run). Node writes it at the polite end of a process; writing it earlier would stop the process
 * for up to a second. An answer of the user's own, `NODE_COMPILE_CACHE` or `NODE_DISABLE_COMPILE_CACHE`, stays.
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
