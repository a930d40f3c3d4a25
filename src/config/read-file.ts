import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import * as nodeModule from "node:module";
import { basename, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { KeyPath } from "./issues.ts";
import { systemReason } from "../runtime/system-reason.ts";
import { JsonFault, type Position, readJson } from "./json-text.ts";

const moduleKinds = [".ts", ".mts", ".cts", ".js", ".mjs", ".cjs"];
const names = [...moduleKinds, ".json"].map((kind) => `skein.config${kind}`);

/** What a configuration file says, before any check. */
export interface WrittenFile {
  readonly value: unknown;
  /** Where a key stands: with line and column for JSON, the file alone for modules. */
  whereIs(path: KeyPath): string;
}

/** A file that cannot be read, or is not what its name says. */
export class FileFault extends Error {
  readonly where: string;

  constructor(where: string, message: string) {
    super(message);
    this.name = "FileFault";
    this.where = where;
  }
}

/** The configuration's file in a directory; null when there is none. Two are a fault: which one counts? */
export function findFile(directory: string): string | null {
  const found = names.filter((name) => existsSync(join(directory, name)));
  const [first, second] = found;
  if (first === undefined) return null;
  if (second !== undefined) {
    throw new FileFault(
      directory,
      `both ${first} and ${second} are here; remove one, or choose with --config`,
    );
  }
  return join(directory, first);
}

export async function readConfigurationFile(file: string): Promise<WrittenFile> {
  const path = resolve(file);
  if (!existsSync(path)) throw new FileFault(path, "there is no such file");
  const kind = extname(path);
  if (kind === ".json") return readJsonFile(path);
  if (moduleKinds.includes(kind)) return readModule(path);
  throw new FileFault(path, `a configuration is a ${moduleKinds.join(", ")} or .json file, not "${kind}"`);
}

async function readJsonFile(path: string): Promise<WrittenFile> {
  const name = basename(path);
  const at = ({ line, column }: Position): string => `${name}:${line}:${column}`;
  try {
    const text = readJson(await readFile(path, "utf8"));
    return { value: text.value, whereIs: (keyPath) => at(text.positionOf(keyPath)) };
  } catch (error) {
    if (error instanceof JsonFault) throw new FileFault(at(error.position), error.message);
    throw new FileFault(name, `the file cannot be read: ${systemReason(error, "read")}`);
  }
}

async function readModule(path: string): Promise<WrittenFile> {
  const name = basename(path);
  const { href } = pathToFileURL(path);
  resolveOwnDoors();
  const hooks = loadAsModule(href);
  let loaded: { default?: unknown };
  try {
    loaded = (await import(href)) as { default?: unknown };
  } catch (error) {
    throw new FileFault(name, `the file cannot be run: ${describe(error, path)}`);
  } finally {
    hooks?.deregister();
  }
  if (loaded.default === undefined) {
    throw new FileFault(name, "the file has no default export; write `export default defineConfig({ ... })`");
  }
  return { value: loaded.default, whereIs: () => name };
}

/** The message, and the line of the file if the error tells it. */
function describe(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split("\n").find((line) => line.includes(path));
  const line = place === undefined ? null : /:(\d+)(?::\d+)?\)?$/.exec(place.trim());
  return `${error.message}${line === null ? "" : ` (line ${line[1]})`}`;
}

/**
 * What says `import` or `export` is a module, also in a package that is of the type `commonjs`, as `npm init` makes it.
 * An ending that says so itself (`.mts`, `.cjs`) counts.
 */
function loadAsModule(href: string): { deregister(): void } | undefined {
  const formats: Record<string, string> = { ".ts": "module-typescript", ".js": "module" };
  const format = formats[extname(href)];
  if (format === undefined || typeof nodeModule.registerHooks !== "function") return undefined;
  return nodeModule.registerHooks({
    load(url, context, next) {
      const isModule = url === href && /^\s*(?:import|export)\b/m.test(readFileSync(new URL(url), "utf8"));
      return next(url, isModule ? { ...context, format } : context);
    },
  });
}

/**
 * A configuration may stand where the package is not installed (a global `skein`, an image with the command only):
 * what it imports from `skein/config` is then found here.
 */
function resolveOwnDoors(): void {
  if (typeof nodeModule.registerHooks !== "function") return;
  const suffix = extname(import.meta.url);
  nodeModule.registerHooks({
    resolve(specifier, context, next) {
      if (specifier !== "skein/config") return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return { url: new URL(`./index${suffix}`, import.meta.url).href, shortCircuit: true };
      }
    },
  });
}
