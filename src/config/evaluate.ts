import { dirname } from "node:path";
import type { ConfigurationError, Evaluation, EvaluationRequest } from "../protocol/evaluation.ts";
import { type Issue, Issues, type KeyPath, keyText } from "./issues.ts";
import { type LayeredKey, type Layers, mergeLayers } from "./layers.ts";
import { originsOf } from "./origins.ts";
import { type Lookup, pinNames } from "./pin-names.ts";
import { FileFault, findFile, readConfigurationFile, type WrittenFile } from "./read-file.ts";
import { resolveConfiguration } from "./resolve.ts";
import { systemFiles } from "./system-files.ts";
import { toldValues } from "./told-values.ts";

export interface EvaluationSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly cores: number;
  readonly lookup: Lookup;
}

const noFile: WrittenFile = { value: {}, whereIs: () => "" };

/** Reads, merges, checks and fills in: the whole way from what people write to a `GatewayConfiguration`. */
export async function evaluate(
  request: EvaluationRequest,
  surroundings: EvaluationSurroundings,
): Promise<Evaluation> {
  let file = request.file;
  try {
    file ??= findFile(request.directory);
    const written = file === null ? noFile : await readConfigurationFile(file);
    return await evaluateWritten(request, surroundings, file, written);
  } catch (error) {
    if (!(error instanceof FileFault)) throw error;
    return { ok: false, file, errors: [{ key: "", message: error.message, where: error.where }] };
  }
}

async function evaluateWritten(
  request: EvaluationRequest,
  { environment, cores, lookup }: EvaluationSurroundings,
  file: string | null,
  written: WrittenFile,
): Promise<Evaluation> {
  const layers = mergeLayers(written.value, environment, request.flags);
  const refuse = (issues: readonly Issue[]): Evaluation => ({
    ok: false,
    file,
    errors: issues.map((issue) => locate(issue, layers, written)),
  });
  const directoryOf = (key: LayeredKey): string =>
    file !== null && layers.origins[key] === "file" ? dirname(file) : request.directory;
  const resolved = resolveConfiguration(layers.merged, {
    directoryOf,
    cores,
    hints: request.flags.hints ?? false,
    directory: file === null ? request.directory : dirname(file),
    files: systemFiles,
  });
  if (!resolved.ok) return refuse(resolved.issues);
  const issues = new Issues();
  const configuration = await pinNames(resolved.configuration, lookup, issues);
  if (issues.list.length > 0) return refuse(issues.list);
  const warnings = resolved.warnings.map((warning) => locate(warning, layers, written));
  const origins = originsOf(layers);
  const values = toldValues(configuration, origins, (path) => whereIs(path, layers.origins, written));
  return { ok: true, file, configuration, origins, values, warnings };
}

function locate({ path, message }: Issue, { origins }: Layers, written: WrittenFile): ConfigurationError {
  return { key: keyText(path), message, where: whereIs(path, origins, written) };
}

function whereIs(path: KeyPath, origins: Layers["origins"], written: WrittenFile): string {
  const top = String(path[0]);
  const origin = Object.hasOwn(origins, top) ? (origins as Record<string, string>)[top] : undefined;
  return origin === undefined || origin === "file" ? written.whereIs(path) : origin;
}
