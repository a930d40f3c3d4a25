import { AsyncLocalStorage } from "node:async_hooks";
import { type AddressInfo, createServer, type Server } from "node:net";

/** What `net.Server` has inside: binds and listens at once. Also in node:cluster's workers: each a port of its own. */
interface ListensNow {
  _listen2?: (
    address: string,
    port: number,
    addressType: 4 | 6,
    backlog: number,
    fd: undefined,
    flags: number,
  ) => void;
}

const backlog = 128;

/**
 * What was current when this module was loaded, which is nothing in a usual program: requests that come over a link
 * shall see no more of the code that called `join` than those that come over the server's own socket.
 */
const outside = AsyncLocalStorage.snapshot();

/**
 * A server for links, on `port` of `address` (numeric), 0 is any free one: the port is known on return, where `listen` would look
 * even a numeric address up and bind a tick later, and the registration of a worker waits for nothing. It does not keep
 * the process alive. Undefined: it cannot listen there, or this Node does not know how.
 */
export function listenNow(address: string, port: number): { server: Server; port: number } | undefined {
  return outside(() => {
    const server = createServer({ noDelay: true });
    const { _listen2: listen } = server as unknown as ListensNow;
    if (typeof listen !== "function") return undefined;
    // Told a tick later; and accepting may fail later as well (no descriptors left), while the server goes on.
    server.on("error", () => undefined);
    listen.call(server, address, port, address.includes(":") ? 6 : 4, backlog, undefined, 0);
    const bound = server.address() as AddressInfo | null;
    if (bound === null) return undefined;
    server.unref();
    return { server, port: bound.port };
  });
}
