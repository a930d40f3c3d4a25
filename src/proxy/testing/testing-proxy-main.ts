/** Process: a proxy alone, before a worker whose port is its argument. Says its own port. */
import { startTestProxy } from "./testing-proxy.ts";
import { testWorkerRow } from "./testing-table.ts";

const { port, table } = await startTestProxy({ after() {} });
table({ workers: [testWorkerRow(Number(process.argv[2]))] });
process.on("disconnect", () => process.exit());
process.send?.(port);
