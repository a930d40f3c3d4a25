/**
 * Entry: the supervisor as a process of its own. Started by an orphaned child, by the supervisor before it
 * (`upgrade`), or directly: `main --source JSON` (`ConfigurationSource`).
 */
import { exitCodes } from "../protocol/supervision.ts";
import { createLogger } from "../runtime/logger.ts";
import { sourceFromArguments } from "./source.ts";
import { startSupervisor } from "./start.ts";
import { SupervisorError } from "./supervisor-error.ts";

const logger = createLogger({ role: "supervisor" });
/** Nothing should keep this process after its end; if something does, it is not waited for. */
const exitGraceMs = 1_000;

process.on("unhandledRejection", (reason) => {
  logger.error({ err: reason }, "a promise was rejected without anybody caring: the supervisor goes on");
});

try {
  const gateway = await startSupervisor({ source: sourceFromArguments(process.argv.slice(2)), logger });
  process.exitCode = await gateway.ended;
} catch (error) {
  if (error instanceof SupervisorError) logger.error({ code: error.code }, error.detail);
  else logger.error({ err: error }, "the supervisor cannot start");
  process.exitCode =
    error instanceof SupervisorError && error.code === "address-in-use" ? exitCodes.addressInUse : 1;
}
setTimeout(() => process.exit(), exitGraceMs).unref();
