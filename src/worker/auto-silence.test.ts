import assert from "node:assert/strict";
import { test } from "node:test";
import { isAskedForByFlag, type Listened, whyNoWorker } from "./auto-silence.ts";

const http = (port: number): Listened => ({ port, http: true });
const other: Listened = { port: 8443, http: false };

const rows: [listened: Listened[], wantedPort: number | undefined, said: RegExp][] = [
  [[], undefined, /^no HTTP server of this process listens 5 s after its start: .*in another process\?/],
  [[other], undefined, /no server of node:http.*call join/],
  [[], 4000, /listens at SKEIN_PORT \(4000\) 5 s/],
  [[other], 4000, /listens at SKEIN_PORT \(4000\) 5 s.*call join/],
  [
    [http(3000), other, http(3001)],
    4000,
    /at SKEIN_PORT \(4000\) 5 s after its start, but at 3000 and 3001: /,
  ],
];

for (const [listened, wantedPort, said] of rows) {
  const what = listened.map(({ port, http: speaks }) => `${port}${speaks ? "" : " (not HTTP)"}`).join(", ");
  test(`${what || "nothing"} listens, wanted is ${wantedPort ?? "any"}: why this is no worker`, () => {
    assert.match(whyNoWorker(listened, wantedPort), said);
  });
}

test("who has the flag from NODE_OPTIONS was not asked for", () => {
  for (const flag of ["skein/auto", "file:///app/node_modules/skein/dist/worker/auto.js"]) {
    assert.equal(isAskedForByFlag(["--enable-source-maps", "--import", flag]), true);
    assert.equal(isAskedForByFlag([`--import=${flag}`]), true);
  }
  assert.equal(isAskedForByFlag(["--import", "tsx"]), false);
  assert.equal(isAskedForByFlag([]), false);
});
