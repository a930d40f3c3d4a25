import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../runtime/random.ts";
import { type End, VirtualNetwork, type Wire } from "./virtual-network.ts";
import { VirtualProcess, VirtualTime } from "./virtual-time.ts";

/** A client, and a server that echoes; both tell what happens to them. */
function pair() {
  const time = new VirtualTime();
  const network = new VirtualNetwork(time, seededRandom(1));
  const [client, server] = [new VirtualProcess(time), new VirtualProcess(time)];
  const log: string[] = [];
  let wire: Wire | undefined;
  const end: End = {
    node: "client",
    process: client,
    message: (text) => log.push(`client got ${text}`),
    closed: () => log.push("client closed"),
  };
  network.listen("server", server, (caller) => ({
    message: (text) => {
      log.push(`server got ${text}`);
      caller.send(`${text}!`);
    },
    closed: () => log.push("server closed"),
  }));
  const dial = (): void =>
    network.connect(
      end,
      "server",
      (opened) => {
        wire = opened;
        log.push("opened");
      },
      () => log.push("refused"),
    );
  return { time, network, client, server, log, dial, send: (text: string) => wire?.send(text) };
}

test("what is sent arrives in order, and is answered", async () => {
  const { time, log, dial, send } = pair();
  dial();
  await time.run(5);
  send("a");
  send("b");
  await time.run(5);
  assert.deepEqual(log, ["opened", "server got a", "server got b", "client got a!", "client got b!"]);
});

test("a cut link delays everything until it is healed, and loses nothing", async () => {
  const { time, network, log, dial, send } = pair();
  dial();
  await time.run(5);
  network.cut("server", "client");
  send("a");
  await time.run(10_000);
  assert.deepEqual(log, ["opened"]);
  network.heal("client", "server");
  await time.run(5);
  assert.deepEqual(log, ["opened", "server got a", "client got a!"]);
});

test("a stopped process accepts no call and takes what comes when it goes on", async () => {
  const { time, network, server, log, dial } = pair();
  server.stop();
  dial();
  network.knock("client", "server", (listens) => log.push(`listens ${listens}`));
  await time.run(1000);
  assert.deepEqual(log, ["listens true"]);
  server.continue();
  await time.run(5);
  assert.deepEqual(log, ["listens true", "opened"]);
});

test("a dead process refuses, and its connections close", async () => {
  const { time, network, server, log, dial } = pair();
  dial();
  await time.run(5);
  server.kill();
  network.vanish("server");
  await time.run(5);
  dial();
  network.knock("client", "server", (listens) => log.push(`listens ${listens}`));
  await time.run(5);
  assert.deepEqual(log.sort(), ["client closed", "listens false", "opened", "refused"]);
});
