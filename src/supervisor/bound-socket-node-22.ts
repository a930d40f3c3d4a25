import { getSystemErrorName } from "node:util";
import { isIPv6 } from "node:net";
import type { Bound } from "./bound-socket.ts";

/**
 * Node 22 has no `net.BoundSocket`, and every public way to bind also listens and accepts. This is the handle that
 * `net.Server` itself uses. The file goes when Node 22 does.
 */
interface TcpHandle {
  readonly fd: number;
  bind(host: string, port: number): number;
  bind6(host: string, port: number, flags: number): number;
  getsockname(into: { address?: string; port?: number }): number;
  close(): void;
}

interface TcpWrap {
  TCP: new (type: number) => TcpHandle;
  constants: { SERVER: number };
}

const held = new Set<TcpHandle>();

export function bindSocketOnNode22(host: string, port: number): Bound {
  const { TCP, constants } = (process as unknown as { binding(name: string): TcpWrap }).binding("tcp_wrap");
  const handle = new TCP(constants.SERVER);
  const name: { address?: string; port?: number } = {};
  try {
    // An address in use is not told by bind() but by whatever asks next.
    check(isIPv6(host) ? handle.bind6(host, port, 0) : handle.bind(host, port), host, port);
    check(handle.getsockname(name), host, port);
  } catch (error) {
    handle.close();
    throw error;
  }
  held.add(handle);
  return {
    fd: handle.fd,
    host: name.address ?? host,
    port: name.port ?? port,
    close: () => {
      held.delete(handle);
      handle.close();
    },
  };
}

function check(status: number, host: string, port: number): void {
  if (status === 0) return;
  const code = getSystemErrorName(status);
  throw Object.assign(new Error(`bind ${code} ${host}:${port}`), { code, syscall: "bind" });
}
