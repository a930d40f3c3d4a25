import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { openDoor } from "./doors.ts";

test("what was handed over as a listener, and is another socket by now, is refused", async (context) => {
  const other = await openDoor("other", { host: "127.0.0.1", port: 0 });
  context.after(() => other.close());
  const module = JSON.stringify(new URL("gather-doors.ts", import.meta.url).href);
  const script = `const { gatherDoors } = await import(${module});
    const [port, handed] = process.argv.slice(1).map(Number);
    const listener = { name: "web", host: "127.0.0.1", port };
    const assignment = { listeners: [{ name: "web", fd: 3 }], control: { address: "", fd: 4 } };
    const control = { host: "127.0.0.1", port: handed };
    await gatherDoors({ listeners: [listener], control }, assignment, [], false).then(
      ({ listeners }) => console.log(listeners[0].port), (error) => console.log(error.message));
    process.exit();`;
  const gathered = (port: number): string =>
    spawnSync(
      process.execPath,
      ["--conditions=skein-source", "--input-type=module", "-e", script, String(port), String(other.port)],
      { stdio: ["ignore", "pipe", "inherit", other.fd, other.fd], encoding: "utf8" },
    ).stdout.trim();
  assert.equal(gathered(other.port), String(other.port));
  assert.equal(
    gathered(other.port === 8080 ? 8081 : 8080),
    `address-unavailable: descriptor 3 was handed over as web, and is a socket at 127.0.0.1:${other.port}`,
  );
});
