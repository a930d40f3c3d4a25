import { isLoopbackHost, parseAddress } from "../core/registry/address.ts";
import type { StoreSettings } from "../protocol/configuration.ts";
import type { Issues } from "./issues.ts";

/** Tells of a store that others on the network could read or change: it is allowed, and never silent. */
export function warnOfPlainText(store: StoreSettings, issues: Issues): void {
  if (store.driver !== "etcd") return;
  const far = store.endpoints.filter((endpoint) => !isLoopbackHost(parseAddress(endpoint)?.host ?? ""));
  if (far.length > 0 && store.tls === undefined) {
    issues.warn(
      ["store"],
      `etcd at ${far.join(", ")} is spoken to without TLS: whoever can listen on the network reads the cluster's ` +
        "configuration, and may change it. Write etcds://, or keep it to a network that you trust",
    );
  }
  if (far.length > 0 && store.user === undefined && store.tls?.cert === undefined) {
    issues.warn(
      ["store"],
      "neither a user of etcd nor a certificate is given: whoever reaches etcd may write there, and so is part of this cluster",
    );
  }
}
