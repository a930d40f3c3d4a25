import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { SupervisorError } from "../supervisor/supervisor-error.ts";
import { asForeigner, foreignWords } from "../supervisor/testing-foreigner.ts";
import { findControl } from "./find-control.ts";
import { gatewayFileIfReadable, readGatewayFile } from "./find-gateway.ts";
import type { Terminal } from "./terminal.ts";
import { logs } from "./verbs/logs.ts";
import { upgrade } from "./verbs/supervisor.ts";

const terminal: Terminal = { columns: 80, out: () => {}, note: () => {}, paint: (_, text) => text };

test("another user's gateway is not taken for none, and each verb says how it is asked", async (t) => {
  const state = mkdtempSync(join(tmpdir(), "skein-foreign-"));
  t.after(() => rmSync(state, { recursive: true }));
  assert.equal(readGatewayFile(state), undefined, "none runs");
  const verbs: Record<string, () => unknown> = {
    logs: () => logs({ state, lines: "1" }, terminal),
    upgrade: () => upgrade({ state }, terminal),
    "...": () => findControl({ state }),
  };
  for (const [verb, type] of Object.entries(verbs)) {
    const words = foreignWords(verb.replaceAll(".", String.raw`\.`));
    await asForeigner(state, async () => {
      await assert.rejects(
        async () => void (await type()),
        (error) =>
          error instanceof SupervisorError && error.code === "not-allowed" && words.test(error.detail),
        verb,
      );
    });
  }
  await asForeigner(state, async () => {
    assert.equal(gatewayFileIfReadable(state), undefined);
    assert.equal(
      findControl({ control: ":7600", state }).url,
      "http://127.0.0.1:7600",
      "it is not asked there",
    );
    return Promise.resolve();
  });
});
