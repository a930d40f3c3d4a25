import assert from "node:assert/strict";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { noOpenssl, TestAuthority } from "../../../test/certificates.ts";
import type { CertificateState } from "../../protocol/supervision.ts";
import { silentLogger } from "../../runtime/logger.ts";
import { VirtualProcess, VirtualTime } from "../../testing/virtual-time.ts";
import { Receptions } from "./receptions.ts";
import { secureReception } from "../testing/testing-tls.ts";

const skip = noOpenssl;

function setUp(context: TestContext) {
  const authority = new TestAuthority(context);
  const time = new VirtualTime();
  const told: CertificateState[][] = [];
  const { clock } = new VirtualProcess(time);
  const receptions = new Receptions({
    // Certificates are judged by real time.
    clock: { ...clock, wallTime: () => new Date().toISOString() },
    logger: silentLogger,
    certificatesRead: (states) => told.push(states),
    clearIsOver: () => {},
  });
  context.after(() => receptions.stop());
  /** Whether a listener may be opened. */
  const isReady = async (name: string): Promise<boolean> => {
    const pending = Symbol("pending");
    return (await Promise.race([receptions.whenReady(name), Promise.resolve(pending)])) !== pending;
  };
  return { authority, time, told, receptions, isReady };
}

test("a listener opens when the table tells what clients find there", { skip }, async (context) => {
  const { receptions, isReady } = setUp(context);
  assert.equal(await isReady("a"), false);
  receptions.configure({ b: { kind: "http" } });
  assert.equal(await isReady("a"), false, "a table from before this listener");
  receptions.configure({ a: { kind: "redirect", port: 443 }, b: { kind: "http" } });
  assert.equal(await isReady("a"), true);
  assert.deepEqual(receptions.of("a"), { kind: "redirect", port: 443 });
});

test(
  "a table that knows no receptions at all is of a version in which all are plain",
  { skip },
  async (context) => {
    const { receptions, isReady } = setUp(context);
    receptions.configure(undefined);
    assert.equal(await isReady("a"), true);
    assert.deepEqual(receptions.of("a"), { kind: "http" });
  },
);

test(
  "with none of its certificates a listener waits, with one of them it opens; the files are tried again",
  { skip },
  async (context) => {
    const { authority, time, told, receptions, isReady } = setUp(context);
    const [one, two] = [authority.issue(["one.test"]), authority.issue(["two.test"])];
    const reception = secureReception([one, two]);
    for (const { key } of [one, two]) renameSync(key, `${key}.away`);
    receptions.configure({ a: reception, b: { kind: "http" } });
    assert.equal(await isReady("a"), false);
    assert.equal(await isReady("b"), true, "others do not wait");
    renameSync(`${one.key}.away`, one.key);
    await time.run(5_000);
    assert.equal(await isReady("a"), true);
    assert.deepEqual(
      told.at(-1)?.map(({ names, fault }) => [names, fault]),
      [
        [["one.test"], null],
        [[], `there is no file ${two.key}`],
      ],
    );
    const before = receptions.of("a");
    await time.run(5_000);
    assert.equal(told.length, 2, "nothing new");
    assert.equal(receptions.of("a"), before);
    renameSync(`${two.key}.away`, two.key);
    await time.run(5_000);
    assert.notEqual(receptions.of("a"), before);
    assert.deepEqual(
      told.at(-1)?.map(({ fault }) => fault),
      [null, null],
    );
  },
);

test("a listener serves on with what it had: old content, or no TLS at all", { skip }, async (context) => {
  const { authority, time, told, receptions } = setUp(context);
  const files = authority.issue(["one.test"]);
  const before = secureReception([files]);
  receptions.configure({ a: before, b: { kind: "http" } });
  const welcome = receptions.of("a");
  const [, fresh] = [rmSync(files.cert), authority.issue(["one.test"])];
  const after = { ...before, certificates: [{ ...files, digest: "another" }] };
  const never = { ...before, certificates: [{ ...files, cert: `${files.cert}.never`, digest: "x" }] };
  receptions.configure({ a: after, b: never });
  assert.equal(receptions.of("a"), welcome);
  assert.deepEqual(receptions.of("b"), { kind: "http" });
  assert.deepEqual(
    told.at(-1)?.map(({ wanted, digest }) => [wanted, digest]),
    [
      ["another", before.certificates[0]?.digest],
      ["x", ""],
    ],
  );
  renameSync(fresh.cert, files.cert);
  renameSync(fresh.key, files.key);
  await time.run(5_000);
  assert.notEqual(receptions.of("a"), welcome);
  assert.equal(told.at(-1)?.[0]?.fault, null);
});

test("nothing changes for a listener when a table says the same again", { skip }, (context) => {
  const { authority, receptions, told } = setUp(context);
  const files = authority.issue(["one.test"]);
  receptions.configure({ a: secureReception([files]) });
  const welcome = receptions.of("a");
  receptions.configure({ a: secureReception([files]) });
  assert.equal(receptions.of("a"), welcome);
  assert.equal(told.length, 1);
  writeFileSync(files.key, "");
  receptions.configure({ a: secureReception([files], { strictTransport: "max-age=1" }) });
  assert.notEqual(receptions.of("a"), welcome, "other words, the same certificate");
});

test("certificates are added and taken away, also the last of a list", { skip }, (context) => {
  const { authority, receptions } = setUp(context);
  const [one, two] = [authority.issue(["one.test"]), authority.issue(["two.test"])];
  const seen = new Set();
  for (const files of [[one], [one, two], [two, one], [two]]) {
    receptions.configure({ a: secureReception(files) });
    seen.add(receptions.of("a"));
  }
  assert.equal(seen.size, 4);
});

test("of two ticket keys the younger one counts", { skip }, (context) => {
  const { authority, receptions } = setUp(context);
  receptions.configure({ a: secureReception([authority.issue(["one.test"])]) });
  const own: unknown = receptions.ticketKey;
  assert.equal(own, undefined);
  const key = (bornAt: number) => ({ key: Buffer.alloc(48, bornAt).toString("base64"), bornAt });
  const first = receptions.of("a");
  receptions.takeTicketKey(key(2));
  const second = receptions.of("a");
  assert.notEqual(second, first);
  receptions.takeTicketKey(key(1));
  receptions.takeTicketKey(key(2));
  assert.equal(receptions.of("a"), second);
  assert.equal(receptions.ticketKey?.bornAt, 2);
});
