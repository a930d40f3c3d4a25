import { printedValues } from "../../config/printed-values.ts";
import type { Reception } from "../../protocol/configuration.ts";
import type { Evaluation } from "../../protocol/evaluation.ts";
import { evaluateInChild, remarkText } from "../../supervisor/source.ts";
import { type ConfigurationOptions, evaluationRequest } from "../configuration-flags.ts";
import { exitCode } from "../failure.ts";
import { table } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { targetText } from "../route-text.ts";

export interface ConfigOptions extends ConfigurationOptions {
  json?: boolean;
}

/** `skein config check [FILE]`: whether it is valid. Exit code 2 when it is not. */
export async function check(
  file: string | undefined,
  options: ConfigOptions,
  terminal: Terminal,
): Promise<number> {
  const evaluation = await evaluated(file, options);
  if (options.json === true) terminal.out(JSON.stringify({ v: 1, ...evaluation }, null, 2));
  if (!evaluation.ok) return refuse(evaluation, terminal);
  const { routes, services } = evaluation.configuration.traffic;
  for (const warning of evaluation.warnings) terminal.note(`warning: ${remarkText(warning)}`);
  const what = evaluation.file ?? "no file: the defaults, flags and SKEIN_*";
  terminal.note(`valid: ${what} (${Object.keys(services).length} services, ${routes.length} routes)`);
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
  const { configuration, origins } = evaluation;
  const values = Object.entries(printedValues(configuration)).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? value : JSON.stringify(value),
    origin: origins[key] ?? "default",
  }));
  const { services, routes, proxy } = configuration.traffic;
  const rows = [
    ...values,
    ...Object.entries(proxy.receptions ?? {})
      .filter(([, { kind }]) => kind !== "http")
      .map(([name, reception]) => ({
        key: `listen ${name}`,
        value: receptionText(reception),
        origin: "file",
      })),
    ...Object.values(services).map((service) => ({
      key: `services.${service.name}`,
      value: `${service.workers.length} workers, check ${service.check.kind}, ${service.policy}`,
      origin: origins[`services.${service.name}`] ?? "routes",
    })),
    ...routes.map((route) => ({ key: `routes.${route.name}`, value: targetText(route), origin: "file" })),
  ];
  terminal.note(`file: ${evaluation.file ?? "none"}`);
  const columns = [
    { title: "KEY", shrinks: true, text: (row: (typeof rows)[number]) => row.key },
    { title: "VALUE", shrinks: true, text: (row: (typeof rows)[number]) => row.value },
    { title: "FROM", text: (row: (typeof rows)[number]) => row.origin },
  ];
  for (const line of table(columns, rows, terminal.columns)) terminal.out(line);
  return exitCode.ok;
}

/** Of certificates their own files only: where a key lies is nobody's business. */
function receptionText(reception: Reception): string {
  switch (reception.kind) {
    case "http":
      return "http";
    case "redirect":
      return `sent on to https, port ${reception.port}`;
    case "https":
      return `https, ${reception.certificates.map(({ cert }) => cert).join(", ")}`;
  }
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

function refuse(evaluation: Extract<Evaluation, { ok: false }>, terminal: Terminal): number {
  for (const error of evaluation.errors) terminal.note(remarkText(error));
  const count = evaluation.errors.length;
  terminal.note(`${count === 1 ? "1 error" : `${count} errors`}; nothing was changed`);
  return exitCode.usage;
}
