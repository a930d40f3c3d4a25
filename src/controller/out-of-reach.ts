import { isLoopbackHost } from "../core/registry/address.ts";
import type { PeerHome } from "../protocol/peer.ts";
import type { Presence } from "../protocol/presence.ts";
import type { Logger } from "../runtime/logger.ts";
import type { PresenceBoard } from "../store/store.ts";
import { meansTheSame } from "./elsewhere.ts";

const remedy =
  "start that gateway with --control ADDRESS:7600 (SKEIN_CONTROL), an address that the other hosts reach, and a " +
  "certificate for it (skein ca issue)";

/**
 * Says which gateways of one store cannot share what they hear, and what to set: a control address on loopback is usual where there is one
 * host, and with several each of them would know only the workers whose heartbeats come to itself. Each once.
 */
export function tellWhoIsOutOfReach(
  controlHost: string,
  home: PeerHome,
  presence: PresenceBoard,
  logger: Pick<Logger, "warn">,
): void {
  if (isLoopbackHost(controlHost))
    logger.warn(
      { controlHost },
      `gateways of other hosts cannot reach this one, and are told nothing of heartbeats that come here: ${remedy}`,
    );
  const told = new Set<string>();
  presence.onChange(() => {
    for (const other of outOfReach(presence.others(), home)) {
      if (told.has(other.gateway)) continue;
      told.add(other.gateway);
      const { gateway, host, url } = other;
      logger.warn(
        { gateway, host, url },
        `a gateway of another host tells an address that is none here, so heartbeats are not shared with it: ${remedy}`,
      );
    }
  });
}

/** Controllers of other hosts whose addresses mean another place here. */
export function outOfReach(others: readonly Presence[], home: PeerHome): Presence[] {
  return others.filter(
    ({ gateway, host, url }) => gateway !== home.gateway && !meansTheSame(url, host, home),
  );
}
