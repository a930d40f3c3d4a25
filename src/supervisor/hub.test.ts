import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CertificateState, ChildFrame } from "../protocol/supervision.ts";
import { connectToSupervisor } from "../runtime/child-link.ts";
import { systemClock } from "../runtime/clock.ts";
import { placesIn } from "../runtime/places.ts";
import { Hub } from "./hub.ts";

function certificateState(n: number): CertificateState {
  return {
    file: `/etc/letsencrypt/live/customer-${n}.example.com/fullchain.pem`,
    wanted: "0123456789abcdef",
    digest: "0123456789abcdef",
    names: [`customer-${n}.example.com`, `www.customer-${n}.example.com`],
    notAfter: 1_800_000_000,
    fault: null,
  };
}

test("a proxy with as many certificates as a configuration may name tells them, and that it is ready", async (context) => {
  const state = mkdtempSync(join(tmpdir(), "skein-hub-"));
  context.after(() => rmSync(state, { recursive: true, force: true }));
  const places = placesIn(state);
  mkdirSync(places.run, { recursive: true });
  const certificates = Array.from({ length: 1_000 }, (_, n) => certificateState(n));
  const heard: ChildFrame[] = [];
  const ended = new Promise<"ready" | "closed">((resolve) => {
    const hub = new Hub(places.supervisorSocket, {
      command: () => {},
      hello: () => {},
      frame: (frame) => {
        heard.push(frame);
        if (frame.t === "ready") resolve("ready");
      },
      closed: () => resolve("closed"),
    });
    context.after(() => hub.close());
    void hub.listen().then(() => {
      const link = connectToSupervisor(
        {
          role: "proxy",
          name: "proxy-1",
          epoch: 1,
          state,
          listeners: [],
          control: { address: "127.0.0.1:0", fd: 3 },
          store: { driver: "memory" },
          supervisor: { args: [] },
        },
        { clock: systemClock, instance: "i", status: () => ({ term: 0, leader: false }), onFrame: () => {} },
      );
      context.after(() => link.close());
      link.certificates(certificates);
      link.ready();
    });
  });
  assert.equal(await ended, "ready");
  assert.deepEqual(heard, [{ t: "certificates", certificates }, { t: "ready" }]);
});
