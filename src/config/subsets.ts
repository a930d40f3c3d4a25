import type { SubsetRule } from "../core/balancing/subsets.ts";
import type { Route, Service, StaticWorker } from "../protocol/configuration.ts";
import type { LabelsConfig, ServiceConfig, SubsetConfig } from "./config.ts";
import { nearest } from "../core/did-you-mean.ts";
import type { Issues, KeyPath } from "./issues.ts";

const nameForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const metadataKeyForm = /^[a-z0-9._-]{1,64}$/;
const subsetsMax = 100;
const labelLengthMax = 100;
const words = ["none", "any"] as const;

export function resolveSubsets(
  written: ServiceConfig["subsets"],
  path: KeyPath,
  issues: Issues,
): Pick<Service, "subsets"> {
  const entries = Object.entries(written ?? {});
  if (entries.length === 0) return {};
  if (entries.length > subsetsMax) issues.add(path, `at most ${subsetsMax} subsets`);
  const subsets: Record<string, SubsetRule> = {};
  for (const [name, each] of entries) subsets[name] = resolveSubset(name, each, [...path, name], issues);
  for (const [name, { otherwise }] of Object.entries(subsets)) {
    if (isWord(otherwise)) continue;
    const otherwisePath = [...path, name, "otherwise"];
    if (!Object.hasOwn(subsets, otherwise)) {
      const near = nearest(otherwise, [...words, ...Object.keys(subsets)]);
      const hint = near === undefined ? 'write "none", "any" or a subset' : `did you mean "${near}"?`;
      issues.add(otherwisePath, `there is no subset "${otherwise}"; ${hint}`);
    } else if (leadsBack(name, subsets))
      issues.add(otherwisePath, "the subsets stand in for each other in a circle");
  }
  return { subsets };
}

function resolveSubset(name: string, written: SubsetConfig, path: KeyPath, issues: Issues): SubsetRule {
  if (!nameForm.test(name) || isWord(name))
    issues.add(path, `${JSON.stringify(name)} is no name of a subset; use letters, digits, ".", "_", "-"`);
  const { otherwise = "none", ...labels } = written;
  const rule = resolveLabels(labels, path, issues);
  if (Object.keys(rule).length === 0)
    issues.add(path, 'it says nothing of its workers; write "version", "zone", "tags" or "metadata"');
  return { ...rule, otherwise };
}

/** What is written of a worker; what is not stays out. */
export function resolveLabels(
  { version, zone, tags = [], metadata = {} }: LabelsConfig & { zone?: string | undefined },
  path: KeyPath,
  issues: Issues,
): Pick<StaticWorker, "version" | "zone" | "tags" | "metadata"> {
  for (const [key, text] of [
    ["version", version],
    ["zone", zone],
    ...tags.map((tag, at) => [`tags[${at}]`, tag] as const),
    ...Object.entries(metadata).map(([name, value]) => [`metadata.${name}`, value] as const),
  ] as const) {
    if (text !== undefined && (text === "" || text.length > labelLengthMax))
      issues.add(path, `"${key}" has 1 to ${labelLengthMax} characters`);
  }
  for (const key of Object.keys(metadata)) {
    if (!metadataKeyForm.test(key))
      issues.add([...path, "metadata", key], `keys are 1 to 64 of a-z, 0-9, ".", "_", "-"`);
  }
  return {
    ...(version === undefined ? {} : { version }),
    ...(zone === undefined ? {} : { zone }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

/** A route must not send to a subset that its service does not have. */
export function checkSubsets(
  routes: readonly Route[],
  services: Readonly<Record<string, Service>>,
  issues: Issues,
): void {
  for (const { name, to } of routes) {
    for (const { service, subset } of to) {
      const known = Object.keys(services[service]?.subsets ?? {});
      if (subset === undefined || known.includes(subset)) continue;
      const near = nearest(subset, known);
      const hint =
        near !== undefined
          ? `did you mean "${service}:${near}"?`
          : known.length === 0
            ? `it has none; define services.${service}.subsets`
            : `known are ${known.join(", ")}`;
      issues.add(
        ["routes", name.replace(/ #\d+$/, "")],
        `the service "${service}" has no subset "${subset}"; ${hint}`,
        [["services", service]],
      );
    }
  }
}

function isWord(text: string): boolean {
  return words.some((word) => word === text);
}

function leadsBack(name: string, subsets: Readonly<Record<string, SubsetRule>>): boolean {
  const seen = new Set<string>();
  for (let at: string | undefined = name; at !== undefined; at = subsets[at]?.otherwise) {
    if (seen.has(at)) return true;
    seen.add(at);
  }
  return false;
}
