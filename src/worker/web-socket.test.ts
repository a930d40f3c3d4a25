import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join as pathOf } from "node:path";
import { test, type TestContext } from "node:test";
import { pathToFileURL } from "node:url";
import { noOpenssl, TestAuthority } from "../../test/certificates.ts";
import type { Connection } from "./connection.ts";
import { TestingController } from "./testing-controller.ts";
import { webSocketConnect } from "./web-socket.ts";

/** Why a session with whoever serves like this came to nothing. */
async function reasonOf(
  context: TestContext,
  serve: RequestListener,
  arrived?: (connection: Connection) => void,
): Promise<string> {
  const server = createServer(serve).listen(0, "127.0.0.1");
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const connection = webSocketConnect(undefined)(`http://127.0.0.1:${port}`, {
      opened: () => reject(new Error("it was opened")),
      received: () => {},
      alive: () => {},
      closed: resolve,
    });
    server.on("request", () => arrived?.(connection));
  });
}

const answers =
  (status: number): RequestListener =>
  (_request, response) =>
    response.writeHead(status).end();

test("whoever answers as no controller does is told from one that refuses", async (context) => {
  assert.match(await reasonOf(context, answers(200)), /^it answered 200, and not as a controller does/);
  assert.match(await reasonOf(context, answers(404)), /^it answered 404, and not as a controller does/);
  assert.match(await reasonOf(context, answers(401)), /^it answered 401: a valid join token is needed/);
  assert.equal(await reasonOf(context, answers(503)), "it answered 503");
});

test("an open session keeps no process alive", async (context) => {
  const controller = await TestingController.start();
  context.after(async () => controller.close());
  const program = `
    import { webSocketConnect } from ${JSON.stringify(pathToFileURL(pathOf(import.meta.dirname, "web-socket.ts")))};
    const nothing = () => undefined;
    webSocketConnect(undefined)("${controller.url}", {
      opened: () => console.log("opened"), received: nothing, alive: nothing, closed: nothing,
    });`;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => child.kill("SIGKILL"));
  const [[said]] = await Promise.all([once(child.stdout, "data"), once(child, "exit")]);
  assert.equal(String(said), "opened\n");
});

test("one that says nothing did not answer", async (context) => {
  const reason = await reasonOf(
    context,
    () => {},
    (connection) => connection.destroy(),
  );
  assert.equal(reason, "it did not answer: is it a controller?");
});

test(
  "who vouches is asked at each connection: one that came later is trusted",
  { skip: noOpenssl },
  async (context) => {
    const authority = new TestAuthority(context);
    const { cert, key } = authority.issue(["localhost"]);
    const server = createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) }, answers(503));
    server.listen(0, "127.0.0.1");
    context.after(() => server.close().closeAllConnections());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const vouching: string[] = [];
    const connect = webSocketConnect(undefined, () => vouching[0]);
    const reason = async (): Promise<string> =>
      new Promise((closed, reject) =>
        connect(`https://localhost:${port}`, {
          opened: () => reject(new Error("it was opened")),
          received: () => {},
          alive: () => {},
          closed,
        }),
      );
    assert.match(await reason(), /CERT|SIGNATURE/);
    vouching.push(authority.caText);
    assert.equal(await reason(), "it answered 503");
  },
);
