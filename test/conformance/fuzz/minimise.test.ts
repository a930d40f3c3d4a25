import assert from "node:assert/strict";
import { it } from "node:test";
import { minimise } from "./minimise.ts";

it("keeps what is needed, wherever it stands", async () => {
  const needed = ["A", "BB", "C"];
  const holds = async (text: string): Promise<boolean> => {
    let at = 0;
    for (const part of needed) {
      at = text.indexOf(part, at);
      if (at === -1) return false;
      at += part.length;
    }
    return true;
  };
  assert.equal(await minimise("xxAxxxxBxBBxxxxxxxxxxxCxx", holds), "ABBC");
  assert.equal(await minimise("A", async (text) => text === "A"), "A");
  assert.equal(await minimise("abc", async () => true), "");
});
