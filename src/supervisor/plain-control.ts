import { isLoopbackHost } from "../core/registry/address.ts";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import { controlIsSecure } from "../runtime/cluster-tls.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Places } from "../runtime/places.ts";
import { SupervisorError } from "./supervisor-error.ts";

/** No plain text beyond loopback, unless somebody asks for it by that name: tokens and keys of links come over it. */
export function refusePlainControl(
  { control, insecurePlainControl }: Pick<GatewayConfiguration, "control" | "insecurePlainControl">,
  places: Pick<Places, "tls">,
  logger: Pick<Logger, "warn">,
): void {
  if (isLoopbackHost(control.host) || controlIsSecure(places, control.host)) return;
  if (insecurePlainControl === true) {
    logger.warn(
      { control },
      "INSECURE: the control API is served in plain text; tokens can be read on the network",
    );
    return;
  }
  throw new SupervisorError(
    "control-in-clear",
    `the control API at ${control.host}:${control.port} can be reached from other hosts, and would be plain text. ` +
      "Make certificates (`skein ca init`, `skein ca issue --host ADDRESS`), or, where everybody on the network may read " +
      "the tokens, say --insecure-plain-control",
  );
}
