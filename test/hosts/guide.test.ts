import assert from "node:assert/strict";
import { test } from "node:test";
import { readGuide } from "./three-hosts/guide.ts";

const guide = readGuide(new URL("../../docs/hosts.md", import.meta.url).pathname);

test("every section with commands is followed", () => {
  const sections = new Set(guide.map(({ section }) => section));
  assert.deepEqual(
    [...sections],
    [
      "Certificates",
      "etcd",
      "Gateways",
      "Workers",
      "The virtual address",
      "Watch",
      "When a host was away",
      "Renew certificates",
      "Upgrade",
      "Back up etcd, and restore it",
    ],
  );
});
