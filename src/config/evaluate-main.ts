/** Entry: see `EvaluationRequest` in protocol/evaluation.ts. */
import { lookup } from "node:dns/promises";
import { availableParallelism } from "node:os";
import type { Evaluation, EvaluationRequest } from "../protocol/evaluation.ts";
import { evaluate } from "./evaluate.ts";

// stdout belongs to the answer; what a configuration prints goes to stderr.
const writeAnswer = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr);

// In a package without a type, Node would advise to add one: that is the user's own affair, and nothing is slow here.
const warn = process.emitWarning.bind(process);
process.emitWarning = (warning: string | Error, ...rest: [never]): void => {
  if (!JSON.stringify(rest).includes("MODULE_TYPELESS_PACKAGE_JSON")) warn(warning, ...rest);
};

const evaluation = await evaluate(JSON.parse(process.argv[2] ?? "{}") as EvaluationRequest, {
  environment: process.env,
  cores: availableParallelism(),
  lookup: async (name) => (await lookup(name, { order: "ipv4first" })).address,
}).catch((error: unknown): Evaluation => {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ok: false, file: null, errors: [{ key: "", message, where: "" }] };
});
// Timers and sockets that the configuration left behind must not keep this process.
writeAnswer(`${JSON.stringify(evaluation)}\n`, () => process.exit(0));
