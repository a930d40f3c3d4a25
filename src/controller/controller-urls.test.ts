import assert from "node:assert/strict";
import { test } from "node:test";
import { controllerUrls } from "./controller-urls.ts";

const home = { gateway: "a", host: "h1" };
const self = { controller: "c", name: "a/controller-1", url: "http://10.0.0.1:7601", home };

test("those of all gateways, in one order, without what means another place here", () => {
  const peers = [
    { url: "http://10.0.0.2:7601", home: { gateway: "b", host: "h2" } },
    { url: "http://127.0.0.1:7602", home: { gateway: "b", host: "h2" } },
    { url: "http://10.0.0.1:7600", home: undefined },
    { url: "", home },
  ];
  const urls = ["http://10.0.0.1:7600", "http://10.0.0.1:7601", "http://10.0.0.2:7601"];
  assert.deepEqual(controllerUrls(self, peers), urls);
  const other = { ...self, url: "http://10.0.0.2:7601", home: { gateway: "b", host: "h2" } };
  const seenThere = urls.filter((url) => url !== other.url).map((url) => ({ url, home }));
  assert.deepEqual(controllerUrls(other, seenThere), urls);
});
