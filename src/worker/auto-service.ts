import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

/** The name of the program in `directory`: that of its package.json without a scope, else the directory's. */
export function defaultService(directory: string): string {
  const name = packageName(directory) ?? basename(directory);
  return name.replace(/^@[^/]*\//, "").replaceAll(/[^A-Za-z0-9._-]/g, "-") || "app";
}

function packageName(directory: string): string | undefined {
  try {
    const { name } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { name?: unknown };
    return typeof name === "string" && name !== "" ? name : undefined;
  } catch {
    return undefined;
  }
}
