import assert from "node:assert/strict";
import { overEach, proxyBefore } from "./transports.ts";

overEach("requests go the way that the test is named by", async (context, transport) => {
  const { client, proxy, served } = await proxyBefore(context, transport, (_request, response) => {
    response.end("ok");
  });
  const me = await client();
  for (let sent = 0; sent < 5; sent += 1) {
    me.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert.equal((await me.message()).body, "ok");
  }
  assert.equal(proxy.statistics.links.requests, transport.ownConnections ? 0 : 5);
  assert.equal(served.connections(), 1);
});
