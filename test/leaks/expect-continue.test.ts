import assert from "node:assert/strict";
import { createServer } from "node:http";
import { until } from "../../src/proxy/testing/testing-peers.ts";
import { startTestProxy } from "../../src/proxy/testing/testing-proxy.ts";
import { overEach } from "./transports.ts";

const ask = "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n";

/** A service that takes the body only of those whom `allow` lets. */
function choosy(allow: () => boolean): ReturnType<typeof createServer> {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (piece) => (text += String(piece)));
    request.on("end", () => response.end(`took ${text}`));
  });
  return server.on("checkContinue", (request, response) => {
    if (!allow()) return void response.writeHead(403, { "content-length": "2" }).end("no");
    response.writeContinue();
    server.emit("request", request, response);
  });
}

overEach(
  "Expect: 100-continue is accepted: the body follows, and the connections stay",
  async (context, transport) => {
    const test = await startTestProxy(context);
    const served = await transport.serve(
      context,
      choosy(() => true),
    );
    test.table({ workers: [served.row] });
    await transport.ready(test.proxy);
    const me = await test.client();
    for (let round = 0; round < 3; round += 1) {
      me.send(ask);
      assert.equal(await me.head(), "HTTP/1.1 100 Continue\r\n\r\n");
      me.send("body");
      assert.equal((await me.message()).body, "took body");
    }
  },
);

overEach(
  "Expect: 100-continue is refused: the client is told at once, and nothing waits for a body",
  async (context, transport) => {
    const test = await startTestProxy(context);
    let allowed = false;
    const served = await transport.serve(
      context,
      choosy(() => allowed),
    );
    test.table({ workers: [served.row] });
    await transport.ready(test.proxy);
    for (let round = 0; round < 20; round += 1) {
      const me = await test.client();
      me.send(ask);
      const answer = await me.message();
      assert.match(answer.head, /^HTTP\/1\.1 403 [^]*Connection: close/);
      assert.equal(answer.body, "no");
      await me.gone();
      // Nobody could tell a body that comes late from the next request.
      if (transport.ownConnections) await until(() => served.connections() === 0, "not used again");
    }
    await until(() => test.proxy.report().connections.open === 0, "nobody is left");
    assert.equal(test.proxy.report().services["web"]?.inFlight, 0);
    allowed = true;
    const me = await test.client();
    me.send(ask);
    await me.take("100 Continue\r\n\r\n");
    me.send("body");
    assert.equal((await me.message()).body, "took body");
  },
);

overEach(
  "Expect: 100-continue is refused, and the client sends its body all the same: it is no request",
  async (context, transport) => {
    const test = await startTestProxy(context);
    let requests = 0;
    const server = choosy(() => false).on("request", () => (requests += 1));
    const served = await transport.serve(context, server);
    test.table({ workers: [served.row] });
    await transport.ready(test.proxy);
    const me = await test.client();
    const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    me.send(ask.replace("Length: 4", `Length: ${smuggled.length}`));
    assert.equal((await me.message()).body, "no");
    me.send(smuggled);
    await me.gone();
    assert.equal(requests, 0);
    assert.equal(me.received, "");
  },
);
