import assert from "node:assert/strict";
import type { NetworkInterfaceInfo } from "node:os";
import { test } from "node:test";
import { isDistrust, lacksMeans } from "./dial.ts";

const failed = (code: string, address = "10.0.0.7"): NodeJS.ErrnoException =>
  Object.assign(new Error(`connect ${code}`), { code, address });

/** A host that has these addresses. */
const having =
  (...addresses: string[]) =>
  (): NetworkInterfaceInfo[] =>
    addresses.map((address) => {
      const family = address.includes(":") ? "IPv6" : "IPv4";
      return { address, family, internal: ["::1", "127.0.0.1"].includes(address) } as NetworkInterfaceInfo;
    });

test("what this host has none left of says nothing about the other side", () => {
  for (const code of ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "EADDRNOTAVAIL"]) {
    assert.equal(lacksMeans(failed(code)), true, code);
    assert.equal(isDistrust(failed(code)), false, code);
  }
  for (const code of ["ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "ETIMEDOUT"])
    assert.equal(lacksMeans(failed(code)), false, code);
});

test("of a name with several addresses it is enough that one could not be tried", () => {
  const all = (...codes: string[]): Error => new AggregateError(codes.map((code) => failed(code)));
  assert.equal(lacksMeans(all("ECONNREFUSED", "EADDRNOTAVAIL")), true);
  assert.equal(lacksMeans(all("ECONNREFUSED", "ECONNREFUSED")), false);
});

test("no local address is a lack of ports only where there is one to speak from", () => {
  const lacks = (address: string, ...own: string[]): boolean =>
    lacksMeans(failed("EADDRNOTAVAIL", address), having("127.0.0.1", "10.0.0.1", ...own));
  assert.equal(lacks("10.0.0.7"), true);
  assert.equal(lacks("2001:db8::7"), false);
  assert.equal(lacks("2001:db8::7", "::1"), false);
  assert.equal(lacks("2001:db8::7", "::1", "2001:db8::1"), true);
  assert.equal(lacks("::1"), false);
  assert.equal(lacks("::1", "::1"), true);
});
