import { formatAddress, isLoopbackHost, parseAddress } from "./address.ts";
import type { Registration } from "./worker.ts";

/**
 * The link of a worker at this host where everything goes through its port, encrypted by its key. Undefined: it has none, asked
 * for links in clear, or is on this host, where nobody else can read.
 */
export function sealedLink<Link extends { readonly sealed?: true | undefined }>(
  host: string,
  link: Link | undefined,
): Link | undefined {
  return link?.sealed === true && !isLoopbackHost(host) ? link : undefined;
}

/** Where requests and checks go, `host:port`. Undefined: to its address, as also where its service has TLS of its own. */
export function requestsAt(
  { address, link }: Pick<Registration, "address" | "link">,
  ownTls: boolean,
): string | undefined {
  const host = parseAddress(address)?.host;
  const sealed = host === undefined || ownTls ? undefined : sealedLink(host, link);
  return host === undefined || sealed === undefined ? undefined : formatAddress({ host, port: sealed.port });
}
