import assert from "node:assert/strict";
import { test } from "node:test";
import { scrapedControllers } from "./scraped.ts";

test("a loopback address of another host is no place to scrape", () => {
  const home = { gateway: "a", host: "h1" };
  const self = { name: "a/controller-1", url: "http://127.0.0.1:1", home };
  const peers = [
    { name: "controller-2", url: "http://127.0.0.1:2", home: undefined },
    { name: "b/controller-1", url: "http://127.0.0.1:3", home: { gateway: "b", host: "h2" } },
    { name: "b/controller-2", url: "https://10.0.0.2:4", home: { gateway: "b", host: "h2" } },
  ];
  assert.deepEqual(scrapedControllers(self, peers), [
    { name: "a/controller-1", url: "http://127.0.0.1:1", gateway: "a" },
    { name: "controller-2", url: "http://127.0.0.1:2", gateway: "a" },
    { name: "b/controller-2", url: "https://10.0.0.2:4", gateway: "b" },
  ]);
});
