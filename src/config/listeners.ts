import { collide } from "../core/registry/address.ts";
import type { ListenAddress, Listener, Reception } from "../protocol/configuration.ts";
import { formatAddress, parseListenAddress } from "./address.ts";
import type { Address, ListenerConfig, SkeinConfig } from "./config.ts";
import type { Issues, KeyPath } from "./issues.ts";
import { type FileSurroundings, resolveTls, type SecureReception } from "./tls.ts";

export interface Listeners {
  listeners: Listener[];
  receptions: Record<string, Reception>;
}

interface Written {
  path: KeyPath;
  addressPath: KeyPath;
  config: ListenerConfig;
}

const listenersMax = 64;
const portMax = 65_535;

/** Where clients connect, and what they find there. */
export function resolveListeners(
  listen: NonNullable<SkeinConfig["listen"]>,
  tls: SkeinConfig["tls"],
  control: ListenAddress | undefined,
  surroundings: FileSurroundings,
  issues: Issues,
): Listeners {
  const written = writtenListeners(listen);
  if (written.length === 0)
    issues.add(["listen"], "the list is empty; the gateway needs an address to listen on");
  if (written.length > listenersMax) issues.add(["listen"], `at most ${listenersMax} addresses`);
  const common = tls === undefined ? undefined : resolveTls(tls, ["tls"], surroundings, issues);
  if (common !== undefined && !written.some(({ config }) => takesCommon(config)))
    issues.warn(["tls"], "every listener says something else: this is of no effect");
  const listeners: Listener[] = [];
  const secure = new Map<string, SecureReception>();
  const redirecting = new Map<string, Written>();
  for (const each of written.slice(0, listenersMax)) {
    const { config, path } = each;
    const own = config.tls ? resolveTls(config.tls, [...path, "tls"], surroundings, issues) : undefined;
    const listener = resolveAddress(each, listeners, control, issues);
    if (config.redirect !== undefined && config.tls)
      issues.add(
        path,
        'choose one of "tls" and "redirect": to be sent on is of use only where there is no TLS',
      );
    if (listener === undefined) continue;
    listeners.push(listener);
    const reception = own ?? (takesCommon(config) ? common : undefined);
    if (config.redirect !== undefined) redirecting.set(listener.name, each);
    else if (reception !== undefined) secure.set(listener.name, reception);
  }
  const receptions = Object.fromEntries(
    listeners.map(({ name }): [string, Reception] => {
      const redirect = redirecting.get(name);
      if (redirect === undefined) return [name, secure.get(name) ?? { kind: "http" }];
      return [name, { kind: "redirect", port: redirectPort(redirect, listeners, secure, issues) }];
    }),
  );
  return { listeners, receptions };
}

function writtenListeners(listen: NonNullable<SkeinConfig["listen"]>): Written[] {
  const inList = Array.isArray(listen);
  const list: (Address | ListenerConfig)[] = inList ? listen : [listen];
  return list.map((each, at) => {
    const path: KeyPath = inList ? ["listen", at] : ["listen"];
    if (typeof each !== "object") return { path, addressPath: path, config: { address: each } };
    return { path, addressPath: [...path, "address"], config: each };
  });
}

/** What stands at the top holds for those that say nothing of TLS. */
function takesCommon({ tls, redirect }: ListenerConfig): boolean {
  return tls === undefined && redirect === undefined;
}

function resolveAddress(
  { config, addressPath }: Written,
  before: readonly Listener[],
  control: ListenAddress | undefined,
  issues: Issues,
): Listener | undefined {
  const address = parseListenAddress(config.address, addressPath, issues);
  if (address === undefined) return undefined;
  const name = formatAddress(address);
  const twin = before.find((other) => other.name === name || collide(other, address));
  if (twin !== undefined) issues.add(addressPath, `${name} takes the same port as ${twin.name}`);
  if (control !== undefined && collide(control, address)) {
    issues.add(
      addressPath,
      `${name} takes the same port as control, ${formatAddress(control)}; choose another port`,
      [["control"]],
    );
  }
  return { name, ...address };
}

/** As told, or that of the first listener with TLS. */
function redirectPort(
  { config, path }: Written,
  listeners: readonly Listener[],
  secure: ReadonlyMap<string, SecureReception>,
  issues: Issues,
): number {
  const at = [...path, "redirect"];
  if (typeof config.redirect === "object") {
    const { port } = config.redirect;
    if (!Number.isInteger(port) || port < 1 || port > portMax)
      issues.add([...at, "port"], `${port} is no port; write 1 to ${portMax}`);
    return port;
  }
  const target = listeners.find(({ name }) => secure.has(name));
  if (target === undefined) {
    issues.add(at, 'no listener has "tls"; give one, or tell the port: { "port": 443 }', [["tls"]]);
  } else if (target.port === 0) {
    issues.add(at, `${target.name} gets its port only when it is opened; tell the port: { "port": 443 }`);
  }
  return target?.port ?? 0;
}
