// Calls the service `orders`: through gateways where SKEIN_GATEWAYS names them, else directly at its workers.
//   npm install ./skein-0.1.0.tgz && SKEIN_GATEWAYS=10.0.0.1:8080,10.0.0.2:8080 node client.js
import { client, SkeinError } from "skein";

const orders = client("orders");

try {
  const answer = await orders.fetch("/orders", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ item: "thread", count: 1 }),
    timeoutMs: 2000,
  });
  console.log(answer.status, await answer.text());
} catch (error) {
  if (!(error instanceof SkeinError)) throw error;
  // The service gave no answer: what happened, who must act, and whether the order may be sent again.
  console.error(error.code, error.problem.fault, error.problem.retry, error.cause);
  process.exitCode = 1;
}
