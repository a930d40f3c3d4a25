import { lookup } from "node:dns/promises";
import { Socket } from "node:net";
import type { ListenAddress } from "../protocol/configuration.ts";
import { bindSocket } from "./bound-socket.ts";
import { errorCode, messageOf, SupervisorError } from "./supervisor-error.ts";

/** A listening socket that the supervisor holds and never accepts from. */
export interface Door {
  /** As configured; identifies the socket across reloads and supervisors. */
  name: string;
  fd: number;
  host: string;
  port: number;
  close(): void;
}

/** From which every controller accepts. */
export interface ControlDoor extends Door {
  /** What is spoken there, TLS or plain text, for as long as it is open. */
  secure: boolean;
}

export function doorAddress({ host, port }: { host: string; port: number }): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Opens the socket of a configured address, with an error that says how to fix it. */
export async function openDoor(name: string, address: ListenAddress): Promise<Door> {
  const host = await numericHost(address.host);
  try {
    const bound = await bindSocket(host, address.port);
    return { name, ...bound };
  } catch (error) {
    throw explainBind(error, name, address);
  }
}

/** Opens all or none. */
export async function openDoors(wanted: readonly (ListenAddress & { name: string })[]): Promise<Door[]> {
  const doors: Door[] = [];
  try {
    for (const address of wanted) doors.push(await openDoor(address.name, address));
    return doors;
  } catch (error) {
    for (const door of doors) door.close();
    throw error;
  }
}

/**
 * A door that another process opened: the supervisor before this one, or systemd. The socket object is only asked
 * for its address and never reads: a listening socket has nothing to read but connections.
 */
export function inheritDoor(name: string, fd: number): Door {
  const socket = new Socket({ fd, readable: false, writable: false });
  socket.on("error", () => {});
  const { address, port } = socket.address() as { address?: string; port?: number };
  if (address === undefined || port === undefined) {
    throw new SupervisorError("address-unavailable", `descriptor ${fd} (${name}) is not a TCP socket`);
  }
  held.add(socket);
  return {
    name,
    fd,
    host: address,
    port,
    close: () => {
      held.delete(socket);
      socket.destroy();
    },
  };
}

/** The descriptor belongs to the object: it must not be collected while the number is in use. */
const held = new Set<Socket>();

async function numericHost(host: string): Promise<string> {
  if (host === "") return "::";
  try {
    return (await lookup(host)).address;
  } catch (error) {
    throw new SupervisorError("address-unavailable", `the name ${host} has no address: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** `name`: `control`, or a listener's. Begins with the key of the configuration that says it. */
function explainBind(error: unknown, name: string, address: ListenAddress): SupervisorError {
  const isControl = name === "control";
  const where = `${isControl ? "control" : "listen"}: ${doorAddress(address)}`;
  const cause = { cause: error };
  switch (errorCode(error)) {
    case "EADDRINUSE":
      return new SupervisorError(
        "address-in-use",
        `${where} is taken by another program (\`ss -ltnp\` shows which): stop it, or choose another port${isControl ? " by --control" : ""}`,
        cause,
      );
    case "EACCES":
    case "EPERM":
      return new SupervisorError(
        "address-forbidden",
        `${where}: this user may not use this port: choose one from 1024 up, or grant CAP_NET_BIND_SERVICE`,
        cause,
      );
    case "EADDRNOTAVAIL":
      return new SupervisorError(
        "address-unavailable",
        `${where} is no address of this host: use one that \`ip address\` shows, ` +
          (isControl ? "as by --control '[::1]:7600' where there is no IPv4" : "or 0.0.0.0 or [::] for all"),
        cause,
      );
    default:
      return new SupervisorError(
        "address-unavailable",
        `${where} cannot be used: ${messageOf(error)}`,
        cause,
      );
  }
}
