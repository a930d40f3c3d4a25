import { connectToSupervisor, readAssignment } from "../runtime/child-link.ts";
import { systemClock } from "../runtime/clock.ts";
import { createLogger } from "../runtime/logger.ts";
import { openFilesMax } from "../runtime/open-files.ts";
import { newInstanceId, systemRandom } from "../runtime/random.ts";
import { SupervisorStarter } from "../runtime/spawn-supervisor.ts";
import { startProxyProcess } from "./proxy-process.ts";

/** Entry of a proxy process: everything comes from `SKEIN_CHILD`. */
const assignment = readAssignment("proxy");
const instance = newInstanceId();
const logger = createLogger({ role: "proxy", name: assignment.name });
const starter = new SupervisorStarter(systemClock, logger);

startProxyProcess({
  assignment,
  instance,
  // As the supervisor was started with it; workers tell theirs by the same name.
  zone: process.env["SKEIN_ZONE"] || undefined,
  filesMax: openFilesMax(),
  clock: systemClock,
  random: systemRandom,
  logger,
  connectToSupervisor,
  spawnSupervisor: () => starter.start(assignment),
  exit: (code) => process.exit(code),
}).catch((error: unknown) => {
  logger.error({ error: String(error) }, "the proxy could not start");
  process.exit(1);
});

// Ends come from the supervisor, as a drain over its socket. A terminal's Ctrl-C goes to the whole group: not ours to judge.
process.on("SIGINT", () => {});
