import { clientFaults } from "./client-faults.ts";
import type { Fault } from "./fault.ts";
import { limitFaults } from "./limit-faults.ts";
import { serviceFaults } from "./service-faults.ts";
import { slowFaults } from "./slow-faults.ts";
import { workerFaults } from "./worker-faults.ts";

export const faults: readonly Fault[] = [
  ...serviceFaults,
  ...limitFaults,
  ...workerFaults,
  ...slowFaults,
  ...clientFaults,
];
