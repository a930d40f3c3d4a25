import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { SkeinError } from "../protocol/error.ts";
import { AddressRules, type AskingWorker, type Resolve, type RegistrationSettings } from "./address-rules.ts";
import type { Caller } from "./caller.ts";

const elsewhere: Caller = {
  trusted: false,
  address: "10.0.0.7",
  loopback: false,
  localAddress: "10.0.0.1",
};
const settings: RegistrationSettings = {
  allow: ["0.0.0.0/0", "::/0"],
  metadataBytesMax: 4_096,
  ownListeners: ["10.0.0.1:8080"],
};

const newcomer = (name: string): AskingWorker => ({
  name,
  registeredAt: () => undefined,
  goesOnAt: () => false,
});

const registered = (said: string): Promise<string> =>
  new AddressRules().allowed(said, newcomer("web/1"), elsewhere, settings);

test("an address is judged as what it is, however it is spelled", async () => {
  const forbidden = [
    "127.0.0.1:7600",
    "[::1]:7600",
    "[0:0:0:0:0:0:0:1]:7600",
    "[::ffff:127.0.0.1]:7600",
    "[::ffff:7f00:1]:7600",
    "[0:0:0:0:0:FFFF:7F00:1]:7600",
    "[::ffff:a9fe:a9fe]:80",
    "10.0.0.1:8080",
    "[::ffff:10.0.0.1]:8080",
    "[::ffff:a00:1]:8080",
  ];
  for (const said of forbidden) {
    await assert.rejects(
      registered(said),
      (error) => error instanceof SkeinError && error.code === "address-forbidden",
      said,
    );
  }
});

test("what is registered is in one spelling", async () => {
  assert.equal(await registered("[::ffff:a00:9]:8081"), "10.0.0.9:8081");
  assert.equal(await registered("[2001:DB8:0:0:0:0:0:1]:8081"), "[2001:db8::1]:8081");
  assert.equal(await registered("10.0.0.9:8081"), "10.0.0.9:8081");
});

const byName = (rules: AddressRules, goesOnAt?: string): Promise<string> =>
  rules.allowed(
    "worker.internal:8081",
    { ...newcomer("web/1"), goesOnAt: (address) => address === goesOnAt },
    elsewhere,
    settings,
  );

const failing = (code: string): Resolve => {
  return () => Promise.reject(Object.assign(new Error(code), { code }));
};

test("only a name that does not exist is refused for good", async () => {
  await assert.rejects(byName(new AddressRules(failing("ENOTFOUND"))), { code: "invalid" });
  for (const code of ["EAI_AGAIN", "EAI_FAIL", "EMFILE"]) {
    const refused = { code: "name-lookup-failed", message: new RegExp(code) };
    await assert.rejects(byName(new AddressRules(failing(code))), refused);
  }
});

test("a lookup that takes too long may be tried again, and is not begun again", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let lookups = 0;
  let resolve: (ip: string) => void = () => {};
  const promise = new Promise<string>((done) => (resolve = done));
  const rules = new AddressRules(() => {
    lookups += 1;
    return promise;
  });
  const first = byName(rules);
  context.mock.timers.tick(2_000);
  await assert.rejects(first, { code: "name-lookup-failed", message: /timed out/ });
  const second = byName(rules);
  resolve("10.0.0.9");
  assert.equal(await second, "10.0.0.9:8081");
  assert.equal(await byName(rules, "10.0.0.9:8081"), "10.0.0.9:8081");
  assert.equal(lookups, 1);
});

test("a name server that is away takes nobody out who is known", async () => {
  let known = true;
  const rules = new AddressRules(async (name) => (known ? "10.0.0.9" : failing("EAI_AGAIN")(name)));
  assert.equal(await byName(rules), "10.0.0.9:8081");
  known = false;
  assert.equal(await byName(rules), "10.0.0.9:8081", "another life, or one that is not well");
});

test("lookups under way are bounded, and who comes beyond that may try again", async () => {
  const settle: ((ip: string) => void)[] = [];
  const rules = new AddressRules(() => new Promise((done) => settle.push(done)));
  const ask = (index: number): Promise<string> =>
    rules.allowed("worker.internal:8081", newcomer(`web/${index}`), elsewhere, settings);
  const asked = Array.from({ length: 10_000 }, (_, index) => ask(index));
  await assert.rejects(ask(10_000), { code: "name-lookup-failed", message: /too many/ });
  for (const done of settle) done("10.0.0.9");
  assert.deepEqual(new Set(await Promise.all(asked)), new Set(["10.0.0.9:8081"]));
});

test("a worker of this host stays where it is registered, by whichever of the host's addresses it comes", async () => {
  const here = (address: string): Caller => ({
    trusted: false,
    address,
    loopback: true,
    localAddress: address,
  });
  const at = (registeredAt: string | undefined, caller: Caller): Promise<string> =>
    new AddressRules().allowed(
      ":8081",
      { ...newcomer("web/1"), registeredAt: () => registeredAt },
      caller,
      settings,
    );
  assert.equal(await at(undefined, here("10.0.0.1")), "10.0.0.1:8081");
  assert.equal(await at("127.0.0.1:8081", here("10.0.0.1")), "127.0.0.1:8081");
  assert.equal(await at("127.0.0.1:8082", here("10.0.0.1")), "10.0.0.1:8081");
  assert.equal(await at("10.0.0.9:8081", here("127.0.0.1")), "127.0.0.1:8081", "no address of this host");
  assert.equal(await at("127.0.0.1:8081", elsewhere), "10.0.0.7:8081");
});

test("what came too late for the one who asked is there for the next one, who takes it once", async (context) => {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  let lookups = 0;
  let resolve: (ip: string) => void = () => {};
  const rules = new AddressRules(() => {
    lookups += 1;
    return new Promise<string>((done) => (resolve = done));
  });
  const first = byName(rules);
  context.mock.timers.tick(2_000);
  await assert.rejects(first, { code: "name-lookup-failed" });
  resolve("10.0.0.9");
  await setImmediate();
  assert.equal(await byName(rules), "10.0.0.9:8081");
  const another = byName(rules);
  resolve("10.0.0.8");
  assert.equal(await another, "10.0.0.8:8081");
  assert.equal(lookups, 2);
});

test("a name stays where it led for as long as that life goes on, and its caller may have it", async () => {
  let ip = "10.0.0.7";
  const rules = new AddressRules(async () => ip);
  const ask = (caller: string, goesOnAt?: string, allow: string[] = []): Promise<string> =>
    rules.allowed(
      "worker.internal:8081",
      { ...newcomer("web/1"), goesOnAt: (address) => address === goesOnAt },
      { ...elsewhere, address: caller },
      { ...settings, allow },
    );
  const everywhere = ["10.0.0.0/24"];
  assert.equal(await ask("10.0.0.7"), "10.0.0.7:8081");
  ip = "10.0.0.8";
  assert.equal(await ask("10.0.0.7", "10.0.0.7:8081"), "10.0.0.7:8081");
  assert.equal(await ask("10.0.0.8", "10.0.0.7:8081", everywhere), "10.0.0.7:8081");
  assert.equal(await ask("10.0.0.8", "10.0.0.7:8081"), "10.0.0.8:8081");
  ip = "10.0.0.9";
  assert.equal(await ask("10.0.0.8", undefined, everywhere), "10.0.0.9:8081");
});
