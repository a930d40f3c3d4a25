import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";

const joined = `
import { createServer } from "node:http";
import { join } from "skein";
const server = createServer((request, response) => response.end("join " + process.version));
server.listen(0, "127.0.0.1");
const worker = await join(server, "app");
console.log(worker.state);
`;

const unchanged = `
import { createServer } from "node:http";
createServer((request, response) => response.end("auto " + process.version)).listen(0, "127.0.0.1");
`;

// Through the gateway, then directly at the worker; nothing is closed, and the process must end by itself.
const calling = `
import { client } from "skein";
for (const options of [{ gateways: process.argv[2] }, { control: process.argv[3] }]) {
  const app = client("app", options);
  const answers = [await app.fetch("/"), await app.fetch("/", { method: "POST", body: "x" })];
  for (const answer of answers) console.log(await answer.text());
}
`;

/** Packs this repository and installs the tarball in a directory of its own, beside programs that join, do not, and call. */
export function installPackage(say: (text: string) => void): { directory: string; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), "skein-versions-"));
  const remove = (): void => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  try {
    say("packing ...");
    runCommand(".", "npm", "pack", "--pack-destination", directory);
    const tarball = readdirSync(directory).find((name) => name.endsWith(".tgz"));
    if (tarball === undefined) throw new Error("npm pack made no tarball");
    say(`installing ${tarball} ...`);
    writeFileSync(join(directory, "package.json"), '{"name":"elsewhere","private":true,"type":"module"}');
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
    runCommand(directory, "npm", "install", ...quiet, `./${tarball}`);
    writeFileSync(join(directory, "joined.js"), joined);
    writeFileSync(join(directory, "unchanged.js"), unchanged);
    writeFileSync(join(directory, "calling.js"), calling);
  } catch (error) {
    remove();
    throw error;
  }
  return { directory, remove };
}
