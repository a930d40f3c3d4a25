import assert from "node:assert/strict";
import { test } from "node:test";
import { ownAddresses } from "./own-addresses.ts";

test("where the process may not ask for them there are none", () => {
  const refused = (): never => {
    throw new Error("uv_interface_addresses returned Unknown system error 97");
  };
  assert.deepEqual(ownAddresses(refused), []);
});

test("the addresses of all interfaces; one may have none", () => {
  const one = { address: "127.0.0.1" } as ReturnType<typeof ownAddresses>[number];
  assert.deepEqual(
    ownAddresses(() => ({ lo: [one], none: undefined })),
    [one],
  );
});
