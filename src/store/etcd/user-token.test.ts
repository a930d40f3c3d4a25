import assert from "node:assert/strict";
import { test } from "node:test";
import { EtcdFailure, type FailureKind } from "./failure.ts";
import { UserToken } from "./user-token.ts";

function tokenOf(password: string) {
  const by = { now: 0, password, fails: undefined as FailureKind | undefined };
  const asked: string[] = [];
  const token = new UserToken({
    clock: { now: () => by.now },
    user: () => ({ name: "skein", password: by.password }),
    authenticate: (endpoint, { password }) => {
      asked.push(password);
      if (by.fails !== undefined) return Promise.reject(new EtcdFailure(by.fails, endpoint, by.fails));
      return Promise.resolve(`token ${asked.length}`);
    },
  });
  const get = (): Promise<string> =>
    token.current("m1").catch((error: unknown) => (error instanceof EtcdFailure ? error.kind : "strange"));
  return { by, asked, token, get };
}

test("a token is fetched once for all who need one, and anew when it was forgotten", async () => {
  const { asked, token, get } = tokenOf("secret");
  assert.deepEqual(await Promise.all([get(), get()]), ["token 1", "token 1"]);
  token.forget();
  assert.deepEqual([await get(), asked.length], ["token 2", 2]);
});

test("a password that was refused is tried again after half a second, and another one at once", async () => {
  const { by, asked, get } = tokenOf("old");
  by.fails = "refused";
  for (const now of [0, 50, 499]) {
    by.now = now;
    assert.equal(await get(), "refused");
  }
  assert.deepEqual(asked, ["old"]);
  by.now = 500;
  assert.equal(await get(), "refused");
  by.password = "new";
  assert.equal(await get(), "refused");
  by.fails = undefined;
  by.password = "newer";
  assert.equal(await get(), "token 4");
  assert.deepEqual(asked, ["old", "old", "new", "newer"]);
});

test("a member that cannot be asked says nothing of the password", async () => {
  const { by, asked, get } = tokenOf("secret");
  by.fails = "silent";
  assert.equal(await get(), "silent");
  by.fails = undefined;
  assert.deepEqual([await get(), asked.length], ["token 2", 2]);
});
