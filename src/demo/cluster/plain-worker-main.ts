// A worker that knows nothing of skein: node:http and the order service. SIGTERM without a handler is a kill.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Ledger } from "./ledger.ts";
import { orderService } from "./order-service.ts";
import { Wire } from "./wire.ts";
import { obeyRunner, readAssignment, report } from "./worker-messages.ts";

const assignment = readAssignment();
const ledger = new Ledger(assignment.ledgerDirectory, assignment.id);
const about = {
  worker: assignment.id,
  workMs: assignment.workMs ?? 4,
  execute: (id: string) => ledger.append(id),
};
const wire = new Wire();
const server = createServer(orderService(about));
server.listen(assignment.port, assignment.host, () => {
  report({ t: "listening", port: (server.address() as AddressInfo).port });
});
obeyRunner({ service: about, wire });
