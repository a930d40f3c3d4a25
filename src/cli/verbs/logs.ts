import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readlinkSync } from "node:fs";
import { createInterface } from "node:readline";
import { placesIn } from "../../runtime/places.ts";
import { livingChildren, livingSupervisor } from "../../supervisor/living.ts";
import { exitCode, Failure } from "../failure.ts";
import { readGatewayFile, stateDirectory } from "../find-gateway.ts";
import { type Level, levels, type LogFilter, logLine } from "../logs/log-line.ts";
import { logPlace, type LogPlace } from "../logs/log-place.ts";
import { unknownProcess } from "../logs/unknown-process.ts";
import { Tail } from "../logs/tail.ts";
import type { Terminal } from "../terminal.ts";
import { wholeNumber } from "../whole-number.ts";

export interface LogsOptions {
  state?: string;
  follow?: boolean;
  lines: string;
  process?: string;
  level?: string;
  json?: boolean;
}

/** What the processes of this host's gateway have logged, wherever that is. */
export async function logs(options: LogsOptions, terminal: Terminal): Promise<number> {
  const count = wholeNumber(options.lines, "--lines");
  const filter: LogFilter = { process: options.process, level: levelOf(options.level) };
  const take = (line: string): string | undefined =>
    logLine(line, filter, options.json === true, (colour, text) => terminal.paint(colour, text));
  const state = stateDirectory(options.state);
  const place = placeOfGateway(state);
  const reading = { count, follow: options.follow === true, take };
  if (place.kind === "elsewhere") throw new Failure(place.why);
  const strange = options.process === undefined ? undefined : await unknownProcess(options.process, state);
  // One that ran before may be in the log; nothing more will come of it.
  if (strange !== undefined && reading.follow) throw strange;
  const told =
    place.kind === "file"
      ? await ofFile(place.path, reading, terminal)
      : await ofJournal(place, reading, terminal);
  if (strange !== undefined && told === 0) throw strange;
  return exitCode.ok;
}

function placeOfGateway(state: string): LogPlace {
  const gateway = readGatewayFile(state, "logs");
  if (gateway === undefined) {
    throw new Failure(
      `no gateway runs with the state directory ${state}; say where it is: --state <directory>`,
    );
  }
  const places = placesIn(state);
  // When the supervisor has ended, those of its processes that serve on still have its stderr.
  const pid = livingSupervisor(places)?.pid ?? livingChildren(places)[0]?.pid ?? gateway.pid;
  try {
    const target = readlinkSync(`/proc/${pid}/fd/2`);
    return logPlace(target, readFileSync(`/proc/${pid}/cgroup`, "utf8"));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === "EACCES" ? "it runs as another user: ask as that one, or as root" : "has it just ended?";
    throw new Failure(`where process ${pid} logs cannot be seen (${String(code)}): ${why}`);
  }
}

interface Reading {
  count: number;
  follow: boolean;
  take: (line: string) => string | undefined;
}

/** How many lines were told of those from before. */
async function ofFile(path: string, { count, follow, take }: Reading, terminal: Terminal): Promise<number> {
  const tail = new Tail(path);
  try {
    const lines = tail.last(count, take);
    for (const line of lines) terminal.out(line);
    if (!follow) return lines.length;
    const stop = new AbortController();
    process.once("SIGINT", () => stop.abort());
    process.once("SIGTERM", () => stop.abort());
    const tell = (line: string): void => {
      const text = take(line);
      if (text !== undefined) terminal.out(text);
    };
    await tail.follow(tell, stop.signal);
    return lines.length;
  } finally {
    tail.close();
  }
}

/** The same. The journal counts lines, and those that are not wanted are left out of them. */
async function ofJournal(
  { option, unit }: Extract<LogPlace, { kind: "journal" }>,
  { count, follow, take }: Reading,
  terminal: Terminal,
): Promise<number> {
  const args = [option, unit, "--output", "cat", "--lines", String(count), "--no-pager"];
  const journal = spawn("journalctl", follow ? [...args, "--follow"] : args, {
    stdio: ["ignore", "pipe", "inherit"],
  });
  process.once("SIGTERM", () => journal.kill());
  const ended = once(journal, "close") as Promise<[number | null]>;
  let told = 0;
  for await (const line of createInterface({ input: journal.stdout })) {
    const text = take(line);
    if (text === undefined) continue;
    terminal.out(text);
    told += 1;
  }
  const [code] = await ended;
  if (code === 0 || code === null) return told;
  throw new Failure(`journalctl ${option} ${unit} ended with code ${code}: may you read the journal?`);
}

function levelOf(text: string | undefined): Level | undefined {
  if (text === undefined || Object.hasOwn(levels, text)) return text as Level | undefined;
  throw new Failure(`--level: "${text}" is none; write ${Object.keys(levels).join(", ")}`, exitCode.usage);
}
