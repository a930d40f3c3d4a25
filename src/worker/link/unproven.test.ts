import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { Unproven } from "./unproven.ts";

function from(t: TestContext, address: string): Socket {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: address });
  t.after(() => socket.destroy());
  return socket;
}

test("who fills all places keeps out nobody but itself", (t) => {
  const unproven = new Unproven(4);
  const many = Array.from({ length: 4 }, () => from(t, "10.0.0.66"));
  for (const socket of many) assert.equal(unproven.admit(socket), true);
  assert.equal(unproven.admit(from(t, "10.0.0.66")), false);
  const others = [from(t, "10.0.0.1"), from(t, "10.0.0.2"), from(t, "10.0.0.1")];
  assert.deepEqual(
    others.map((socket) => unproven.admit(socket)),
    [true, true, false],
  );
  assert.deepEqual(
    many.map(({ destroyed }) => destroyed),
    [true, true, false, false],
  );
  assert.equal(
    others.some(({ destroyed }) => destroyed),
    false,
  );
});

test("whoever is proven or gone makes room", (t) => {
  const unproven = new Unproven(2);
  const [one, other] = [from(t, "10.0.0.1"), from(t, "10.0.0.2")];
  assert.equal(unproven.admit(one) && unproven.admit(other), true);
  assert.equal(unproven.admit(from(t, "10.0.0.3")), false);
  unproven.delete(one);
  unproven.delete(one);
  assert.equal(unproven.admit(from(t, "10.0.0.3")), true);
  assert.equal(other.destroyed, false);
});
