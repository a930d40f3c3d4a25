import assert from "node:assert/strict";
import { test } from "node:test";
import { repairStore } from "./repair.ts";
import { ChildProcesses } from "./child-processes.ts";

/** An environment longer than the system takes: it is thrown at the start, and not told by an event. */
function makeStartsThrow(context: { after(fn: () => void): void }): void {
  process.env["SKEIN_TEST_LONG"] = "a".repeat(200_000);
  context.after(() => delete process.env["SKEIN_TEST_LONG"]);
}

const linux = process.platform !== "linux" && "another system takes longer environments";

test(
  "a start that throws is an end of that child, told later and with its reason",
  { skip: linux },
  async (context) => {
    makeStartsThrow(context);
    const failures: unknown[] = [];
    let started = false;
    const ended = new Promise<unknown[]>((resolve) => {
      const processes = new ChildProcesses(
        { proxy: "none", controller: "none" },
        (...end) => resolve([started, ...end]),
        (name, error) => failures.push([name, (error as NodeJS.ErrnoException).code]),
      );
      const control = { name: "control", fd: 0, host: "127.0.0.1", port: 1, secure: false, close: () => {} };
      const identity = processes.start({
        role: "proxy",
        name: "proxy-1",
        epoch: 1,
        state: "/nowhere",
        store: { driver: "memory" },
        follow: undefined,
        supervisorArgs: [],
        control,
        controlAddress: "127.0.0.1:1",
        listeners: [],
      });
      assert.equal(identity, null);
      assert.equal(processes.isGone("proxy-1"), true);
      started = true;
    });
    assert.deepEqual(await ended, [true, "proxy-1", null, "SIGABRT"]);
    assert.deepEqual(failures, [["proxy-1", "E2BIG"]]);
  },
);

test("a repair that cannot be started is a failed repair", { skip: linux }, async (context) => {
  makeStartsThrow(context);
  assert.match((await repairStore("/nowhere", 1)) ?? "", /E2BIG/);
});
