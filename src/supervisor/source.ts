import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { GatewayConfiguration } from "../protocol/configuration.ts";
import {
  type ConfigurationError,
  type ConfigurationValue,
  type Evaluation,
  evaluationDeadlineMs,
  type EvaluationRequest,
} from "../protocol/evaluation.ts";
import { entryFile, inheritedNodeFlags } from "../runtime/entry.ts";
import { lineBytesMaxDefault } from "../runtime/json-lines.ts";
import { messageOf, SupervisorError } from "./supervisor-error.ts";

/** Where a gateway's configuration comes from: at the start, at each reload, and for the supervisor after this one. */
export type ConfigurationSource =
  | { kind: "evaluated"; request: EvaluationRequest }
  /** A file that holds a `GatewayConfiguration` with every default filled in. For programs, not for people. */
  | { kind: "resolved"; file: string };

export interface SourcedConfiguration {
  file: string | null;
  configuration: GatewayConfiguration;
  /** What is allowed, and may be a mistake. */
  warnings: string[];
  /** Where its values came from; unset: it was not read by this version. */
  values?: ConfigurationValue[] | undefined;
}

/** All of it goes to the controllers in one line, with a little more. */
const outputBytesMax = lineBytesMaxDefault - 64 * 1024;

export async function readSource(source: ConfigurationSource): Promise<SourcedConfiguration> {
  if (source.kind === "resolved") return readResolved(source.file);
  const evaluation = await evaluateInChild(source.request);
  if (!evaluation.ok)
    throw new SupervisorError("configuration-invalid", evaluation.errors.map(remarkText).join("\n"));
  const { file, configuration, warnings, values } = evaluation;
  return { file, configuration, warnings: warnings.map(remarkText), values };
}

/** A fault or a warning in one line. */
export function remarkText({ where, key, message }: ConfigurationError): string {
  return [where, key, message].filter((part) => part !== "").join(": ");
}

/** What a configuration says, or what is wrong with it. */
export async function evaluateInChild(
  request: EvaluationRequest,
  withinMs = evaluationDeadlineMs,
): Promise<Evaluation> {
  return parseEvaluation(await runEvaluation(request, withinMs));
}

async function readResolved(file: string): Promise<SourcedConfiguration> {
  try {
    const configuration = JSON.parse(await readFile(file, "utf8")) as GatewayConfiguration;
    return { file, configuration, warnings: [] };
  } catch (error) {
    throw new SupervisorError("configuration-invalid", `${file}: ${messageOf(error)}`, { cause: error });
  }
}

function parseEvaluation(output: string): Evaluation {
  try {
    return JSON.parse(output) as Evaluation;
  } catch (error) {
    throw new SupervisorError(
      "configuration-invalid",
      "the configuration ended the process that reads it before it was complete (see the messages above)",
      { cause: error },
    );
  }
}

/** In a process of its own: a changed module cannot be imported twice, and a configuration may hang. */
function runEvaluation(request: EvaluationRequest, withinMs: number): Promise<string> {
  const child = spawn(
    process.execPath,
    [...inheritedNodeFlags(), entryFile("config/evaluate-main"), JSON.stringify(request)],
    { stdio: ["ignore", "pipe", "inherit"], cwd: request.directory },
  );
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const give = (why: string): void => {
      child.kill("SIGKILL");
      reject(new SupervisorError("configuration-invalid", why));
    };
    const deadline = setTimeout(
      () =>
        give(
          `reading the configuration took longer than ${withinMs} ms: this host may be too busy, or a module or a name ` +
            "in it waits for something",
        ),
      withinMs,
    );
    child.stdout.on("data", (piece: Buffer) => {
      bytes += piece.length;
      if (bytes > outputBytesMax) give(`the configuration is larger than ${outputBytesMax} bytes`);
      else pieces.push(piece);
    });
    child.on("error", (error) => give(`the configuration cannot be read: ${whyNotStarted(error, request)}`));
    child.on("close", () => {
      clearTimeout(deadline);
      resolve(Buffer.concat(pieces).toString("utf8"));
    });
  });
}

/** Of a directory that is not there the system says that there is no such program. */
function whyNotStarted(error: Error, { directory }: EvaluationRequest): string {
  return existsSync(directory) ? error.message : `there is no directory ${directory} any more`;
}

/** For the command line of the next supervisor. */
export function sourceToArguments(source: ConfigurationSource): string[] {
  return ["--source", JSON.stringify(source)];
}

export function sourceFromArguments(args: readonly string[]): ConfigurationSource {
  const text = args[args.indexOf("--source") + 1];
  if (!args.includes("--source") || text === undefined) {
    throw new SupervisorError(
      "configuration-invalid",
      "the supervisor is started by `skein up`: it needs --source",
    );
  }
  return JSON.parse(text) as ConfigurationSource;
}
