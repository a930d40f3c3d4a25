/**
 * `npm run test:versions`: the packed tarball on every Node that it promises. Each gateway (22.18, 24, 26) gets
 * workers from each SDK (20.19, 22.18, 24, 26), by `join` and by skein/auto, and requests go end to end to each: also
 * those of the SDK's client, through the gateway and directly.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPackage } from "./installed-package.ts";
import { installNodes, type NodeBinary, runsGateway } from "./nodes.ts";
import { eventually, killAll, Process } from "./processes.ts";

const say = (text: string): void => void process.stderr.write(`${text}\n`);
process.on("exit", killAll);
process.on("SIGINT", () => process.exit(130));

const nodes = installNodes(say);
const elsewhere = installPackage(say);
const faults: string[] = [];
const rows: string[][] = [["gateway", ...nodes.map(({ version }) => `SDK ${version}`)]];
try {
  for (const node of nodes) rows.push([node.version, ...(await gatewayRow(node))]);
} finally {
  killAll();
  elsewhere.remove();
}
printTable(rows);
for (const fault of faults) process.stdout.write(`\n${fault}\n`);
process.exit(faults.length === 0 ? 0 : 1);

async function gatewayRow(node: NodeBinary): Promise<string[]> {
  if (!runsGateway(node)) {
    const told = await refusal(node);
    if (!told) faults.push(`the command on ${node.version} does not say which Node it needs`);
    return nodes.map(() => (told ? "says why not" : "FAILED"));
  }
  const state = mkdtempSync(join(tmpdir(), "skein-versions-state-"));
  const addresses = [
    "--listen",
    "127.0.0.1:0",
    "--control",
    "127.0.0.1:0",
    "--state",
    state,
    "--proxies",
    "1",
  ];
  const command = [node.file, "node_modules/skein/bin/skein.js", "up", ...addresses];
  const gateway = new Process(elsewhere.directory, command, { SKEIN_LOG_LEVEL: "warn" });
  try {
    const file = await eventually(
      async () => readyGateway(state),
      () => `a gateway on ${node.version}:\n${gateway.output}`,
    );
    const cells: string[] = [];
    for (const sdk of nodes) cells.push(await workerCell(node, sdk, file));
    const code = await gateway.terminate();
    if (code !== 0) faults.push(`the gateway on ${node.version} ended with ${code}:\n${gateway.output}`);
    return cells;
  } catch (error) {
    faults.push(messageOf(error));
    return nodes.map(() => "FAILED");
  } finally {
    rmSync(state, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function workerCell(gateway: NodeBinary, sdk: NodeBinary, file: { listen: string[]; control: string }) {
  try {
    await oneRequest([sdk.file, "joined.js"], `join v${sdk.version}`, file);
    await oneRequest([sdk.file, "--import", "skein/auto", "unchanged.js"], `auto v${sdk.version}`, file);
    return "ok";
  } catch (error) {
    faults.push(`gateway ${gateway.version}, SDK ${sdk.version}: ${messageOf(error)}`);
    return "FAILED";
  }
}

/** A worker joins, answers through the gateway, and ends politely on SIGTERM. */
async function oneRequest(command: string[], answer: string, file: { listen: string[]; control: string }) {
  const env = { SKEIN_CONTROL: `http://${file.control}`, SKEIN_SERVICE: "app" };
  const worker = new Process(elsewhere.directory, command, env);
  await eventually(
    async () => {
      const body = await (await fetch(`http://${file.listen[0]}/`)).text();
      return body === answer ? true : undefined;
    },
    () => `the answer ${answer}:\n${worker.output}`,
  );
  await callsBoth([command[0] ?? "", "calling.js", file.listen[0] ?? "", file.control], answer);
  const code = await worker.terminate();
  if (code !== 0) throw new Error(`the worker ended with ${code} on SIGTERM:\n${worker.output}`);
}

/** A client on the same Node as the worker gets its answer both ways. */
async function callsBoth(command: string[], answer: string) {
  const caller = new Process(elsewhere.directory, command);
  await eventually(
    async () => caller.ended || undefined,
    () => `the end of the client:\n${caller.output}`,
  );
  const expected = `${answer}\n`.repeat(4);
  if (caller.output !== expected) throw new Error(`the client printed\n${caller.output}`);
}

async function readyGateway(state: string): Promise<{ listen: string[]; control: string } | undefined> {
  const file = JSON.parse(readFileSync(join(state, "gateway.json"), "utf8")) as {
    listen: string[];
    control: string;
  };
  const ready = await fetch(`http://${file.control}/readyz`);
  return ready.ok ? file : undefined;
}

/** On a Node that is too old for the gateway, the command says so, and what to do. */
async function refusal(node: NodeBinary): Promise<boolean> {
  const command = new Process(elsewhere.directory, [node.file, "node_modules/skein/bin/skein.js", "up"]);
  await eventually(
    async () => (command.ended ? true : undefined),
    () => "the end of the command",
  );
  return command.child.exitCode === 1 && /need Node\.js 22\.18 or newer/.test(command.output);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function printTable(table: string[][]): void {
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of table) {
    process.stdout.write(`${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}\n`);
  }
}
