// `skein run` without the command line: the options come as JSON.
import type { RunSidecarOptions } from "../../../src/supervisor/local/options.ts";
import { runSidecar } from "../../../src/supervisor/local/run.ts";

process.exitCode = await runSidecar(JSON.parse(process.argv[2] ?? "{}") as RunSidecarOptions);
