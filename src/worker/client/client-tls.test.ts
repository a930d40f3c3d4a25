import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { noOpenssl, TestAuthority } from "../../../test/certificates.ts";
import type { SkeinError } from "../../protocol/error.ts";
import { client } from "./client.ts";
import { TestingPlace } from "./testing-place.ts";

test(
  "by TLS: one who shows a certificate is asked, one who cannot be trusted gets nothing",
  { skip: noOpenssl },
  async (t) => {
    const authority = new TestAuthority(t);
    const place = await TestingPlace.start(t, "secure", authority.issue(["localhost"]));
    const gateways = `https://localhost:${place.port}`;
    const trusting = client("orders", { gateways, tls: { ca: readFileSync(authority.ca) } });
    t.after(() => trusting.close());
    for (const method of ["GET", "POST"])
      assert.equal(await (await trusting.fetch("/", { method })).text(), "secure");
    assert.equal(place.connections, 1);
    const strange = client("orders", { gateways });
    t.after(() => strange.close());
    await assert.rejects(strange.fetch("/", { method: "POST" }), (error: SkeinError) => {
      assert.equal(error.code, "gateway-unreachable");
      assert.match(String((error.cause as NodeJS.ErrnoException).code), /CERT|SIGNATURE/);
      return true;
    });
    assert.equal(place.asked.length, 2);
  },
);
