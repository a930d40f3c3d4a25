import { missingTool } from "../../tools.ts";
import { attempt, command } from "./command.ts";
import { LabHost } from "./host.ts";

/** False: a laboratory can be made here; else why not. */
export function missingLab(): false | string {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "makes network namespaces, and so needs Linux and root";
  return missingTool("ip", "iproute2") || missingTool("nft", "nftables") || noNamespaces();
}

/** Root of a container may not have what it takes. */
function noNamespaces(): false | string {
  const name = `skein-try-${process.pid}`;
  try {
    command("ip", "netns", "add", name);
    command("ip", "-n", name, "link", "add", "br0", "type", "bridge");
    return false;
  } catch (error) {
    return `no network namespace can be made here (${String(error)})`;
  } finally {
    attempt("ip", "netns", "del", name);
  }
}

let networks = 0;

/** Of all hosts, as CIDR. */
export const labAddresses = "10.77.0.0/24";

/**
 * Hosts as network namespaces, joined by a bridge in a namespace of its own: nothing of it is seen outside, and no rule
 * of this machine applies in it. `subnet`.1, .2, ... in the order of their names.
 */
export class LabNetwork {
  readonly hosts: readonly LabHost[];
  readonly #switch: string;
  readonly #onExit = (): void => this.close();

  constructor(names: readonly string[], subnet = "10.77.0") {
    networks += 1;
    const prefix = `skein-${process.pid}-${networks}`;
    this.#switch = `${prefix}-switch`;
    process.on("exit", this.#onExit);
    command("ip", "netns", "add", this.#switch);
    command("ip", "-n", this.#switch, "link", "add", "br0", "type", "bridge");
    command("ip", "-n", this.#switch, "link", "set", "br0", "up");
    const hosts: LabHost[] = [];
    this.hosts = hosts;
    for (const [index, name] of names.entries()) {
      const host = new LabHost(name, `${prefix}-${name}`, `${subnet}.${index + 1}`);
      hosts.push(host);
      host.plugIn(this.#switch, `port${index + 1}`);
    }
  }

  host(name: string): LabHost {
    const found = this.hosts.find((host) => host.name === name);
    if (found === undefined) throw new Error(`lab: there is no host ${name}`);
    return found;
  }

  /** Ends every process of every host, and the hosts. */
  close(): void {
    process.off("exit", this.#onExit);
    for (const host of this.hosts) host.remove();
    attempt("ip", "netns", "del", this.#switch);
  }
}
