import type { ConfigurationFlags } from "../protocol/evaluation.ts";

/** The keys that can also be given on the command line and in the environment. */
const layered = [
  "listen",
  "control",
  "state",
  "proxies",
  "controllers",
  "store",
  "accessLog",
  "insecurePlainControl",
  "role",
  "join",
] as const;
export type LayeredKey = (typeof layered)[number];

export interface Layers {
  /** In the shape of a configuration file. */
  merged: unknown;
  /** Of the layered keys: `flag --listen`, `SKEIN_LISTEN` or `file`; none: the default. */
  origins: Partial<Record<LayeredKey, string>>;
}

/** Puts the command line over `SKEIN_*` over the file. An empty variable counts as none. */
export function mergeLayers(
  file: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  flags: ConfigurationFlags,
): Layers {
  // A file that is not an object at all is reported as such.
  if (file !== undefined && (typeof file !== "object" || file === null || Array.isArray(file))) {
    return { merged: file, origins: {} };
  }
  const merged: Record<string, unknown> = { ...file };
  const origins: Layers["origins"] = {};
  for (const key of layered) {
    if (merged[key] !== undefined) origins[key] = "file";
    const variable = variableOf(key);
    const fromEnvironment = environment[variable];
    const fromFlag = flags[key];
    if (fromEnvironment !== undefined && fromEnvironment !== "") {
      merged[key] = valueOf(
        key,
        key === "listen" || key === "join" ? fromEnvironment.split(",") : fromEnvironment,
      );
      origins[key] = variable;
    }
    if (fromFlag !== undefined) {
      merged[key] = valueOf(key, fromFlag);
      origins[key] = flagOf(key);
    }
  }
  return { merged, origins };
}

function variableOf(key: LayeredKey): string {
  return `SKEIN_${kebab(key).replaceAll("-", "_").toUpperCase()}`;
}

function flagOf(key: LayeredKey): string {
  return `--${kebab(key)}`;
}

function kebab(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function valueOf(key: LayeredKey, text: string | string[]): unknown {
  if (Array.isArray(text)) return text.map((each) => each.trim());
  const isFlag = key === "accessLog" || key === "insecurePlainControl";
  if (isFlag && (text === "true" || text === "false")) return text === "true";
  // What is no number stays a text, and is refused with the place it came from.
  return (key === "proxies" || key === "controllers") && /^\d+$/.test(text) ? Number(text) : text;
}
