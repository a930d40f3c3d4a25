import { belongsTo, type Labels, servingOf, type SubsetRule } from "../balancing/subsets.ts";
import { eligible } from "../health/eligible.ts";
import type { TableState } from "../health/grade.ts";
import { newHealth } from "../health/health.ts";
import type { Route } from "./route.ts";

/** A worker as the table tells of it. */
export interface KnownWorker extends Labels {
  readonly service: string;
  readonly state: TableState;
  readonly weight: number;
}

export interface SubsetsOfService {
  readonly subsets?: Readonly<Record<string, SubsetRule>>;
}

/** One of the places to which a route sends requests. */
export interface Destination<Worker extends KnownWorker = KnownWorker> {
  readonly service: string;
  readonly subset?: string;
  /** Who stands in while none of the subset may be chosen, in this order: subsets; at last `any` worker, or `none`. */
  readonly otherwise?: readonly string[];
  /** Who serves its requests now: the subset, or one of those. `none`: nobody. */
  readonly servedBy?: string;
  /** Who may get a request of it. Unset with `servedBy`: of the workers nothing is known. */
  readonly workers?: readonly Worker[];
}

/** By the rules of the proxies, without what each of them knows at first hand. */
export function destinationsOf<Worker extends KnownWorker>(
  { to }: Pick<Route, "to">,
  services: Readonly<Record<string, SubsetsOfService | undefined>>,
  workers: readonly Worker[] | undefined,
): Destination<Worker>[] {
  const taken = to.length === 1 ? to : to.filter(({ weight }) => weight > 0);
  return taken.map(({ service, subset }) => {
    const rules = services[service]?.subsets ?? {};
    const chosen = workers === undefined ? undefined : choosable(service, workers);
    if (subset === undefined) return { service, ...(chosen === undefined ? {} : { workers: chosen }) };
    const destination = { service, subset, otherwise: fallbacksOf(rules, subset) };
    return chosen === undefined ? destination : { ...destination, ...servedNow(rules, subset, chosen) };
  });
}

/** Without its workers, which are many. */
export function destinationAlone(destination: Destination): Omit<Destination, "workers"> {
  const { workers: _workers, ...alone } = destination;
  return alone;
}

function choosable<Worker extends KnownWorker>(service: string, workers: readonly Worker[]): Worker[] {
  const views = workers
    .filter((worker) => worker.service === service)
    .map((worker) => ({ worker, state: worker.state, weight: worker.weight, health: newHealth(0) }));
  return eligible(views).map(({ worker }) => worker);
}

function fallbacksOf(rules: Readonly<Record<string, SubsetRule>>, subset: string): string[] {
  const fallbacks: string[] = [];
  let rule = rules[subset];
  while (rule !== undefined && fallbacks.length <= Object.keys(rules).length) {
    fallbacks.push(rule.otherwise);
    rule = rules[rule.otherwise];
  }
  return fallbacks;
}

function servedNow<Worker extends KnownWorker>(
  rules: Readonly<Record<string, SubsetRule>>,
  subset: string,
  chosen: readonly Worker[],
): { servedBy: string; workers: readonly Worker[] } {
  const named = new Map(
    Object.entries(rules).map(([name, rule]) => {
      const workers = chosen.filter((worker) => belongsTo(rule, worker));
      return [name, { name, rule, workers, members: { isEmpty: workers.length === 0 } }] as const;
    }),
  );
  const serving = servingOf(named, subset);
  if (serving === "any") return { servedBy: chosen.length === 0 ? "none" : "any", workers: chosen };
  if (serving === undefined || serving.members.isEmpty) return { servedBy: "none", workers: [] };
  return { servedBy: serving.name, workers: serving.workers };
}
