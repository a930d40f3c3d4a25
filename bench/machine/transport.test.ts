import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionsTo } from "./transport.ts";

// A listener and a connection to port 8080 (1F90), both ends of it, one to port 8081, and one that is closing.
const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 101 1 0 100 0 0 10 0
   1: 0100017F:1F90 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 102 1 0 20 4 30 10 -1
   2: 0100007F:9C40 0100017F:1F90 01 00000000:00000000 00:00000000 00000000     0        0 103 1 0 20 4 30 10 -1
   3: 0100017F:1F91 0100007F:9C41 01 00000000:00000000 00:00000000 00000000     0        0 104 1 0 20 4 30 10 -1
   4: 0100017F:1F90 0100007F:9C42 06 00000000:00000000 03:00000100 00000000     0        0 0 3 0
`;

test("a connection is counted once, at the end that was connected to, while it is established", () => {
  assert.equal(connectionsTo([8080], table), 1);
  assert.equal(connectionsTo([8080, 8081], table), 2);
  assert.equal(connectionsTo([8082], table), 0);
});
