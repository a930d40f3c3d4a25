import type {
  CertificateStatus,
  ChildRole,
  ControlCertificate,
  Force,
  GatewayStatus,
} from "../protocol/supervision.ts";
import { packageVersion } from "../protocol/version.ts";
import { activeOf, type Child, type Plan } from "./plan.ts";

export interface StatusParts {
  startedAt: string;
  listen: string[];
  urls: string[];
  control: string;
  state: string;
  configuration: Omit<GatewayStatus["configuration"], "force">;
  force: (children: { controllers: string[]; proxies: string[] }) => Force | undefined;
  certificates: (proxies: readonly string[]) => CertificateStatus[];
  controlCertificate: (controllers: readonly string[]) => ControlCertificate | undefined;
}

export function describeGateway(plan: Plan, parts: StatusParts): GatewayStatus {
  const { startedAt, certificates, controlCertificate, configuration, force, ...rest } = parts;
  // One that is stopped said last that it leads: the later term has superseded it.
  const term = Math.max(...plan.children.filter(({ leader }) => leader).map((child) => child.term));
  const [controllers, proxies] = [namesOf(plan, "controller"), namesOf(plan, "proxy")];
  const forced = force({ controllers, proxies });
  const shown = controlCertificate(controllers);
  return {
    v: 1,
    supervisor: { pid: process.pid, startedAt, version: packageVersion },
    children: plan.children.map((child) => ({
      role: child.role,
      name: child.name,
      pid: child.identity?.pid ?? 0,
      state: child.phase.kind,
      leader: child.leader && child.term === term,
      restarts: child.restarts,
    })),
    ...rest,
    configuration: { ...configuration, ...(forced === undefined ? {} : { force: forced }) },
    certificates: certificates(proxies),
    ...(shown === undefined ? {} : { controlCertificate: shown }),
    roll: {
      old: plan.children.filter((child) => isOld(plan, child)).length,
      draining: plan.children.filter(({ phase }) => phase.kind === "draining").length,
      failed: plan.roll.failed,
    },
    stopping: plan.mode.kind === "stopping",
  };
}

function namesOf(plan: Plan, role: ChildRole): string[] {
  return activeOf(plan, role).map(({ name }) => name);
}

function isOld(plan: Plan, child: Child): boolean {
  const stays = child.phase.kind !== "draining" && child.phase.kind !== "killed";
  return stays && child.epoch < plan.epoch[child.role];
}

/** Every place is filled by a process that does its work. */
export function isReady(plan: Plan): boolean {
  return (["proxy", "controller"] as const).every(
    (role) =>
      plan.children.filter((child) => child.role === role && child.phase.kind === "ready").length >=
      plan.want[role],
  );
}
