import type { ConfigReply } from "../../protocol/discovery.ts";
import type { ConfigurationValue, Evaluation } from "../../protocol/evaluation.ts";
import { placesIn } from "../../runtime/places.ts";
import { plainControlFault } from "../../supervisor/plain-control.ts";
import { evaluateInChild, remarkText } from "../../supervisor/source.ts";
import { type ConfigurationOptions, evaluationRequest } from "../configuration-flags.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode } from "../failure.ts";
import { type Column, table } from "../table.ts";
import { printable, tableWidth, type Terminal } from "../terminal.ts";

export interface ConfigOptions extends ConfigurationOptions {
  json?: boolean;
}

/** `skein config check [FILE]`: whether it is valid. Exit code 2 when it is not. */
export async function check(
  file: string | undefined,
  options: ConfigOptions,
  terminal: Terminal,
): Promise<number> {
  const evaluation = withStartWarning(await evaluated(file, options));
  if (options.json === true) terminal.out(JSON.stringify({ v: 1, ...evaluation }, null, 2));
  if (!evaluation.ok) return refuse(evaluation, terminal);
  const { routes, services } = evaluation.configuration.traffic;
  for (const warning of evaluation.warnings) terminal.note(`warning: ${remarkText(warning)}`);
  const what = evaluation.file ?? "no file: the defaults, flags and SKEIN_*";
  const counts = `${counted(Object.keys(services).length, "service")}, ${counted(routes.length, "route")}`;
  terminal.note(`valid: ${what} (${counts})`);
  return exitCode.ok;
}

/** `skein config print [FILE]`: what is in force, and what came from where. */
export async function print(
  file: string | undefined,
  options: ConfigOptions,
  terminal: Terminal,
): Promise<number> {
  const evaluation = await evaluated(file, options);
  if (options.json === true) terminal.out(JSON.stringify({ v: 1, ...evaluation }, null, 2));
  if (!evaluation.ok) return refuse(evaluation, terminal);
  if (options.json === true) return exitCode.ok;
  tellValues(evaluation.file, evaluation.values, terminal);
  return exitCode.ok;
}

/** `skein config show`: what the running gateway was started or reloaded with. */
export async function show(
  options: ControlOptions & { json?: boolean; origins?: boolean },
  terminal: Terminal,
): Promise<number> {
  const reply = await new ControlClient(options).get<ConfigReply>("/v1/config");
  if (options.json === true) {
    terminal.out(JSON.stringify(reply, null, 2));
    return exitCode.ok;
  }
  tellValues(reply.file, reply.values, terminal, options.origins === true);
  if (!reply.inForce) {
    terminal.note(
      "another gateway's configuration is in force: services and routes are those of `skein routes`",
    );
  }
  return exitCode.ok;
}

function tellValues(
  file: string | null,
  values: readonly ConfigurationValue[],
  terminal: Terminal,
  origins = true,
): void {
  const columns: Column<ConfigurationValue>[] = [
    { title: "KEY", shrinks: true, text: ({ key }) => printable(key) },
    { title: "VALUE", shrinks: true, text: ({ value }) => printable(value) },
  ];
  if (origins) columns.push({ title: "FROM", text: ({ from }) => printable(from) });
  terminal.note(`file: ${file ?? "none"}`);
  for (const line of table(columns, values, tableWidth(terminal))) terminal.out(line);
}

/** `skein schema`: the JSON Schema of a configuration file. */
export async function schema(terminal: Terminal): Promise<number> {
  const { default: text } = await import("../../config/skein.schema.json", { with: { type: "json" } });
  terminal.out(JSON.stringify(text, null, 2));
  return exitCode.ok;
}

function evaluated(file: string | undefined, options: ConfigOptions): Promise<Evaluation> {
  const config = file ?? options.config;
  return evaluateInChild(evaluationRequest({ ...options, ...(config === undefined ? {} : { config }) }));
}

/** Certificates are no part of a configuration, and may come before the start: it is valid, and a gateway would not start with it as it is here. */
function withStartWarning(evaluation: Evaluation): Evaluation {
  if (!evaluation.ok) return evaluation;
  const { configuration, warnings } = evaluation;
  const fault = plainControlFault(configuration, placesIn(configuration.state));
  if (fault === undefined) return evaluation;
  const warning = { where: "", key: "control", message: `\`skein up\` refuses it here: ${fault}` };
  return { ...evaluation, warnings: [...warnings, warning] };
}

function refuse(evaluation: Extract<Evaluation, { ok: false }>, terminal: Terminal): number {
  for (const error of evaluation.errors) terminal.note(remarkText(error));
  terminal.note(`${counted(evaluation.errors.length, "error")}; nothing was changed`);
  return exitCode.usage;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
