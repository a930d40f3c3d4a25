// A worker that joins by itself: the same service as the plain one, and one line more.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "../../runtime/clock.ts";
import { join } from "../../worker/index.ts";
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
const service = orderService(about);

let first = true;
const server = createServer((request, response) => {
  if (first && request.url?.startsWith("/orders") === true) {
    first = false;
    report({ t: "first-request", at: systemClock.now() });
  }
  service(request, response);
});
await new Promise<void>((done) => server.listen(assignment.port, assignment.host, done));
report({ t: "listening", port: (server.address() as AddressInfo).port });
obeyRunner({ service: about, wire });
report({ t: "joining", at: systemClock.now() });
await join(server, "orders", { id: assignment.id, control: assignment.control ?? [] });
report({ t: "joined", at: systemClock.now() });
