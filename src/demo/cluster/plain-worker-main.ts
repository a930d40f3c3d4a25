// A worker that knows nothing of skein: node:http and the order service. SIGTERM without a handler is a kill.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Ledger } from "./ledger.ts";
import { orderService } from "./order-service.ts";
import { obeyRunner, readAssignment, report } from "./worker-messages.ts";

const assignment = readAssignment();
const ledger = new Ledger(assignment.ledgerDirectory, assignment.id);
const server = createServer(
  orderService({ worker: assignment.id, workMs: assignment.workMs ?? 4, execute: (id) => ledger.append(id) }),
);
server.listen(assignment.port, assignment.host, () => {
  report({ t: "listening", port: (server.address() as AddressInfo).port });
});
obeyRunner();
