import type { Child, Effect, Plan } from "./plan.ts";
import { drainOne } from "./reconcile.ts";

/**
 * The gateway stops: first the proxies finish what is in flight, with the controllers still there to tell them who
 * lives; then the controllers resign; then it is over. Urgent: everything is killed at once.
 */
export function windDown(plan: Plan, out: Effect[], now: number): Plan {
  if (plan.mode.kind !== "stopping") return plan;
  if (plan.children.length === 0) {
    out.push({ do: "finish" });
    return plan;
  }
  if (plan.mode.urgent) return plan.children.reduce((next, child) => killNow(next, child, out, now), plan);
  const proxies = plan.children.filter(({ role }) => role === "proxy");
  if (proxies.length > 0) return proxies.reduce((next, child) => send(next, child, out, now), plan);
  return plan.children.reduce((next, child) => send(next, child, out, now), plan);
}

function send(plan: Plan, child: Child, out: Effect[], now: number): Plan {
  if (child.phase.kind === "draining" || child.phase.kind === "killed") return plan;
  // A process that has not even said hello has nothing to finish. Others hear it when they connect again.
  if (child.phase.kind === "starting" && !child.connected) return killNow(plan, child, out, now);
  return drainOne(plan, child, out, now);
}

function killNow(plan: Plan, child: Child, out: Effect[], now: number): Plan {
  if (child.phase.kind === "killed") return plan;
  out.push({ do: "kill", name: child.name });
  const killed: Child = { ...child, leader: false, phase: { kind: "killed", at: now } };
  return { ...plan, children: plan.children.map((it) => (it.name === child.name ? killed : it)) };
}
