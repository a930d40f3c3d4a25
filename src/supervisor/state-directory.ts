import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import type { ConfigurationValue } from "../protocol/evaluation.ts";
import type { ChildRole, GatewayFile } from "../protocol/supervision.ts";
import { packageVersion } from "../protocol/version.ts";
import type { Places } from "../runtime/places.ts";
import type { ProcessIdentity } from "../runtime/process-identity.ts";
import { makeDirectory, makeOwnDirectory } from "../runtime/make-directory.ts";
import { createWhole } from "../runtime/whole-file.ts";
import { newToken } from "../runtime/random.ts";
import { isToken } from "../runtime/token-text.ts";
import { systemReason } from "../runtime/system-reason.ts";
import { SupervisorError } from "./supervisor-error.ts";
import { dirname, join } from "node:path";

/** What a supervisor leaves for the next one. */
export interface ChildrenRecord {
  v: 1;
  epoch: Record<ChildRole, number>;
  termSeen: number;
  /** A polite stop has begun: who comes after goes on with it, and does not start the gateway anew. */
  stopping: boolean;
  children: ChildRecord[];
}

export interface ChildRecord extends ProcessIdentity {
  role: ChildRole;
  name: string;
  epoch: number;
  draining: boolean;
  /** Not told by older versions. */
  restarts?: number;
}

/** The last valid configuration: with it a supervisor can start while the file is broken. */
export interface ConfigurationRecord {
  v: 1;
  version: string;
  file: string | null;
  configuration: GatewayConfiguration;
  values?: ConfigurationValue[] | undefined;
}

/** Creates the directories and the operators' token. Everything in there is for this user alone. */
export function prepareStateDirectory(places: Places): void {
  try {
    makeDirectory(places.state);
    for (const directory of [dirname(places.supervisorLock), places.run]) makeOwnDirectory(directory);
    writeToken(places.tokenFile);
  } catch (error) {
    throw new SupervisorError(
      "state-unwritable",
      `the state directory ${places.state} cannot be used: ${systemReason(error)}, or choose another with --state`,
      { cause: error },
    );
  }
}

function writeToken(path: string): void {
  if (existsSync(path) || !createWhole(path, `${newToken()}\n`)) chmodSync(path, 0o600);
}

/** What lets this host's proxies in at the controllers of other hosts. Throws when there is none. */
export function keepJoinToken(
  { joinTokenFile }: Pick<Places, "joinTokenFile">,
  { join: followed }: Pick<GatewayConfiguration, "join">,
  token: string | undefined,
): void {
  if (followed === undefined) return;
  if (token !== undefined && !isToken(token)) {
    throw new SupervisorError(
      "configuration-invalid",
      "the join token has a line break, a space or a character that is no ASCII in it: is there more than one token in the file?",
    );
  }
  if (token !== undefined) writeFileSync(joinTokenFile, `${token}\n`, { mode: 0o600 });
  if (existsSync(joinTokenFile)) return chmodSync(joinTokenFile, 0o600);
  throw new SupervisorError(
    "configuration-invalid",
    "the controllers of other hosts let nobody in without a join token: make one there (`skein token create --scope gateway`) " +
      "and give it by --join-token, SKEIN_JOIN_TOKEN or SKEIN_JOIN_TOKEN_FILE",
  );
}

export function writeGatewayFile(places: Places, file: GatewayFile): void {
  replaceFile(places.gatewayFile, file);
}

export function readGatewayFile(places: Places): GatewayFile | null {
  return readRecord<GatewayFile>(places.gatewayFile, ({ pid }) => typeof pid === "number");
}

export function writeChildren(places: Places, record: ChildrenRecord): void {
  replaceFile(childrenFile(places), record);
}

export function readChildren(places: Places): ChildrenRecord | null {
  return readRecord<ChildrenRecord>(childrenFile(places), ({ children }) => Array.isArray(children));
}

type NewConfiguration = Pick<ConfigurationRecord, "file" | "configuration" | "values">;

export function writeConfiguration(places: Places, configuration: NewConfiguration): void {
  stageConfiguration(places, configuration).putInPlace();
}

/** Written, and not in force yet: what is left to do needs no room on the disk. */
export function stageConfiguration(
  places: Places,
  { file, configuration, values }: NewConfiguration,
): { putInPlace(): void } {
  return stageFile(configurationFile(places), {
    v: 1,
    version: packageVersion,
    file,
    configuration,
    values,
  });
}

export function readConfiguration(places: Places): ConfigurationRecord | null {
  return readRecord<ConfigurationRecord>(
    configurationFile(places),
    ({ configuration }) => typeof configuration === "object",
  );
}

/** After a polite stop nothing claims any more that a gateway runs here. */
export function removeTraces(places: Places): void {
  for (const path of [places.gatewayFile, childrenFile(places), places.supervisorSocket]) {
    rmSync(path, { force: true });
  }
}

const childrenFile = (places: Places): string => join(places.state, "children.json");
const configurationFile = (places: Places): string => join(places.state, "configuration.json");

function replaceFile(path: string, value: unknown): void {
  stageFile(path, value).putInPlace();
}

/** Readers see the old text or the new one, never a part. */
function stageFile(path: string, value: unknown): { putInPlace(): void } {
  const temporary = `${path}.new`;
  try {
    writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  } catch (error) {
    throw new SupervisorError("state-unwritable", `${path} cannot be written: ${systemReason(error)}`, {
      cause: error,
    });
  }
  return { putInPlace: () => renameSync(temporary, path) };
}

function readRecord<Record extends { v: 1 }>(
  path: string,
  isWhole: (record: Record) => boolean,
): Record | null {
  try {
    const record = JSON.parse(readFileSync(path, "utf8")) as Record;
    return record.v === 1 && isWhole(record) ? record : null;
  } catch {
    return null;
  }
}
