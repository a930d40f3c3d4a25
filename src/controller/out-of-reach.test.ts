import assert from "node:assert/strict";
import { test } from "node:test";
import type { Presence } from "../protocol/presence.ts";
import type { PresenceBoard } from "../store/store.ts";
import { tellWhoIsOutOfReach } from "./out-of-reach.ts";

const home = { gateway: "a", host: "h1" };

function presenceOf(gateway: string, host: string, url: string): Presence {
  return {
    controller: `${gateway}-1`,
    name: `${gateway}/controller-1`,
    gateway,
    host,
    url,
    key: "k",
    clock: 1,
  };
}

/** What is warned of, by a gateway with this control address, as these others are heard of one after the other. */
function warnings(controlHost: string, heard: readonly Presence[]): object[] {
  const told: object[] = [];
  const known: Presence[] = [];
  let changed = (): void => undefined;
  const board: PresenceBoard = {
    announce: () => undefined,
    others: () => known,
    onChange: (listener) => (changed = listener),
  };
  const logger = {
    warn(fields: object, message: string) {
      assert.match(message, /start that gateway with --control ADDRESS:7600/);
      told.push(fields);
    },
  };
  tellWhoIsOutOfReach(controlHost, home, board, logger);
  for (const other of heard) {
    known.push(other);
    changed();
    changed();
  }
  return told;
}

test("an own control address on loopback is told of at once", () => {
  assert.deepEqual(warnings("127.0.0.1", []), [{ controlHost: "127.0.0.1" }]);
  assert.deepEqual(warnings("::1", []), [{ controlHost: "::1" }]);
  assert.deepEqual(warnings("10.0.0.1", []), []);
});

test("of gateways of other hosts each is told of once, when it is at a loopback address there", () => {
  const far = presenceOf("b", "h2", "http://127.0.0.1:7601");
  const heard = [
    presenceOf("a", "h1", "http://127.0.0.1:7601"),
    presenceOf("c", "h1", "http://127.0.0.1:7602"),
    presenceOf("d", "h3", "https://10.0.0.3:7601"),
    far,
    { ...far, name: "b/controller-2" },
  ];
  assert.deepEqual(warnings("10.0.0.1", heard), [{ gateway: "b", host: "h2", url: "http://127.0.0.1:7601" }]);
});
