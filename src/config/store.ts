import { isIP } from "node:net";
import { resolve as resolvePath } from "node:path";
import type { EtcdSettings, StoreSettings } from "../protocol/configuration.ts";
import { formatAddress, isHostName, splitAddress } from "./address.ts";
import type { EtcdConfig } from "./config.ts";
import { gatewayDefaults } from "./defaults.ts";
import { nearest } from "../core/did-you-mean.ts";
import type { Issues, KeyPath } from "./issues.ts";

const defaultPort = 2379;
const defaultPrefix = "skein";
const path: KeyPath = ["store"];

/** Where the store is, in whichever form it is written. Paths of files are relative to `directory`. */
export function resolveStore(
  written: string | EtcdConfig | undefined,
  directory: string,
  issues: Issues,
): StoreSettings {
  if (written === undefined) return { driver: gatewayDefaults.store };
  if (typeof written === "object") return { driver: "etcd", ...etcdOf(written, directory, issues) };
  if (written === "sqlite" || written === "memory") return { driver: written };
  const config = readUrl(written, issues);
  return config === undefined
    ? { driver: gatewayDefaults.store }
    : { driver: "etcd", ...etcdOf(config, directory, issues) };
}

/** The short form; no secret is in it. */
export function storeText(store: StoreSettings): string {
  if (store.driver !== "etcd") return store.driver;
  const { endpoints, prefix, user, tls } = store;
  const name = user === undefined ? "" : `${encodeURIComponent(user.name)}@`;
  return `${tls === undefined ? "etcd" : "etcds"}://${name}${endpoints.join(",")}/${prefix}`;
}

const fileKeys = ["passwordFile", "ca", "cert", "key"] as const;

/** `etcd://user@host:2379,host:2379/prefix?passwordFile=FILE`; with TLS `etcds://...?ca=FILE`. */
function readUrl(text: string, issues: Issues): EtcdConfig | undefined {
  const match =
    isDecodable(text) && /^(etcds?):\/\/(?:([^@/]*)@)?([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/.exec(text);
  if (match === null || match === false) {
    const what = /^etcds?:/.test(text)
      ? `${JSON.stringify(text)} is not understood`
      : `there is no store ${JSON.stringify(text)}`;
    return issues.add(path, `${what}; write "sqlite", "memory", or "etcd://host:2379,host:2379"`);
  }
  const [, scheme, login = "", hosts = "", prefix = "", query = ""] = match;
  const parameters = new URLSearchParams(query);
  const files: Partial<Record<(typeof fileKeys)[number], string>> = {};
  for (const [key, value] of parameters) {
    const known = fileKeys.find((each) => each === key);
    if (known !== undefined) files[known] = value;
    else {
      const near = nearest(key, fileKeys);
      issues.add(
        path,
        `"${key}" is unknown; ${near === undefined ? `known are ${fileKeys.join(", ")}` : `did you mean "${near}"?`}`,
      );
    }
  }
  const { passwordFile, ...tls } = files;
  const secure = scheme === "etcds";
  if (!secure && Object.keys(tls).length > 0) issues.add(path, "certificates need TLS; write etcds://");
  const [user = "", password] = login.split(":");
  if (password !== undefined) {
    issues.add(path, "a password in the URL can be read by everybody here; write ?passwordFile=FILE");
  }
  return {
    etcd: hosts.split(",").map((host) => host.trim()),
    ...(prefix === "" ? {} : { prefix: decodeURIComponent(prefix) }),
    ...(user === "" ? {} : { user: decodeURIComponent(user) }),
    ...(passwordFile === undefined ? {} : { passwordFile }),
    ...(secure ? { tls } : {}),
  };
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== "";
  } catch {
    return false;
  }
}

function etcdOf(config: EtcdConfig, directory: string, issues: Issues): EtcdSettings {
  const { etcd, prefix = defaultPrefix, tls } = config;
  const file = (name: string): string => resolvePath(directory, name);
  if (etcd.length === 0) issues.add([...path, "etcd"], "the list is empty; name the members of etcd");
  if (!/^[\w.-]+(\/[\w.-]+)*$/.test(prefix)) {
    issues.add(
      path,
      `the prefix ${JSON.stringify(prefix)} may have letters, digits, "-", "_", "." and "/" between`,
    );
  }
  const files = tls === true || tls === undefined ? {} : tls;
  if ((files.cert === undefined) !== (files.key === undefined)) {
    issues.add(path, "cert and key belong together: give both, or neither");
  }
  const user = userOf(config, file, issues);
  return {
    endpoints: etcd.flatMap((each) => endpointOf(each, issues) ?? []),
    prefix,
    ...(user === undefined ? {} : { user }),
    ...(tls === undefined
      ? {}
      : { tls: Object.fromEntries(Object.entries(files).map(([key, name]) => [key, file(String(name))])) }),
  };
}

function userOf(
  { user, passwordFile }: EtcdConfig,
  file: (name: string) => string,
  issues: Issues,
): EtcdSettings["user"] {
  if (user === undefined && passwordFile === undefined) return undefined;
  if (user !== undefined && passwordFile !== undefined)
    return { name: user, passwordFile: file(passwordFile) };
  return issues.add(path, "user and passwordFile belong together: give both, or neither");
}

function endpointOf(text: string, issues: Issues): string | undefined {
  const address = splitAddress(/:\d+$/.test(text) ? text : `${text}:${defaultPort}`);
  const known = address !== undefined && (isIP(address.host) !== 0 || isHostName(address.host));
  if (known && address.port > 0) return formatAddress(address);
  return issues.add(path, `${JSON.stringify(text)} is no member of etcd; write "host:2379"`);
}
