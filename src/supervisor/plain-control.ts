import { isLoopbackHost } from "../core/registry/address.ts";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import { controlIsSecure } from "../runtime/cluster-tls.ts";
import type { Logger } from "../runtime/logger.ts";
import type { Places } from "../runtime/places.ts";
import { SupervisorError } from "./supervisor-error.ts";

type Asked = Pick<GatewayConfiguration, "control" | "insecurePlainControl">;

/**
 * What a gateway speaks at its control address for as long as it lives, where nobody has told that yet: plain text beyond loopback only
 * where it was asked for by that name, and there is no certificate.
 */
export function controlGetsTls(
  { control, insecurePlainControl }: Asked,
  places: Pick<Places, "tls">,
): boolean {
  return insecurePlainControl === true
    ? controlIsSecure(places, control.host)
    : !isLoopbackHost(control.host);
}

function isReachableInClear({ control }: Asked, places: Pick<Places, "tls">): boolean {
  return !isLoopbackHost(control.host) && !controlIsSecure(places, control.host);
}

/** Why a gateway does not start like this, and what to do. Undefined: it does. */
export function plainControlFault(asked: Asked, places: Pick<Places, "tls">): string | undefined {
  const { control, insecurePlainControl } = asked;
  if (insecurePlainControl === true || !isReachableInClear(asked, places)) return undefined;
  return (
    `the control API at ${control.host}:${control.port} can be reached from other hosts, and would be plain text. ` +
    "Make certificates (`skein ca init`, `skein ca issue --host ADDRESS`), or, where everybody on the network may read " +
    "the tokens, say --insecure-plain-control"
  );
}

/** At a gateway's start: no plain text beyond loopback, unless somebody asks for it by that name: tokens and keys of links come over it. */
export function refusePlainControl(
  asked: Asked,
  places: Pick<Places, "tls">,
  logger: Pick<Logger, "warn">,
): void {
  const fault = plainControlFault(asked, places);
  if (fault !== undefined) throw new SupervisorError("control-in-clear", fault);
  if (!isReachableInClear(asked, places)) return;
  const { control } = asked;
  logger.warn(
    { control },
    "INSECURE: the control API is served in plain text; tokens can be read on the network",
  );
}

/** Of a gateway that runs: its controllers share one socket, so none of them can begin with TLS there. `secure`: all have it. */
export function refuseWithdrawnConsent({ control, insecurePlainControl }: Asked, secure: boolean): void {
  if (secure || isLoopbackHost(control.host) || insecurePlainControl === true) return;
  throw new SupervisorError(
    "change-needs-restart",
    `the control API at ${control.host}:${control.port} is plain text for as long as this gateway runs: leave ` +
      "insecurePlainControl as it was. To go on with TLS: make certificates (`skein ca issue`), take it away, then stop the gateway and start it again",
  );
}
