import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { metricsDocs } from "../../scripts/metrics-docs.ts";
import { buildProgram } from "../../src/cli/program.ts";
import { missingTool } from "../tools.ts";
import { labelsBySeries, targetLabels } from "./existing-metrics.ts";
import {
  dashboardExpressions,
  dashboardQueries,
  namesIn,
  ruleExpressions,
  rulesFile,
  withoutVariables,
} from "./expressions.ts";

const silent = { columns: 80, out: () => {}, note: () => {}, paint: (_: unknown, text: string) => text };
const verbs = new Set(buildProgram({ terminal: silent, ended: () => {} }).commands.map((one) => one.name()));
const all = [...dashboardExpressions(), ...dashboardQueries(), ...ruleExpressions()];

test("dashboard and alerts name only metrics that exist, and labels that they bear", () => {
  assert.ok(dashboardExpressions().length > 40 && ruleExpressions().length > 15);
  const complaints = all.flatMap(({ where, text }) => {
    const { metrics, labels } = namesIn(text);
    const unknown = metrics.filter((name) => !labelsBySeries.has(name));
    const borne = new Set([...targetLabels, ...metrics.flatMap((name) => labelsBySeries.get(name) ?? [])]);
    const strange = labels.filter((label) => !borne.has(label));
    return [...unknown, ...strange].map((name) => `${where}: ${name} does not exist`);
  });
  assert.deepEqual(complaints, []);
});

test("what is checked finds what is wrong", () => {
  assert.deepEqual(namesIn('sum by (a, b) (rate(skein_x_total{c=~"d|e", f!="g"}[5m])) > skein_y'), {
    metrics: ["skein_x_total", "skein_y"],
    labels: ["c", "f", "a", "b"],
  });
});

test("each alert says what it means and what to do, and its commands exist", () => {
  const alerts = readFileSync(rulesFile, "utf8")
    .split(/^ +- alert: /m)
    .slice(1);
  for (const alert of alerts) {
    const said = [...alert.matchAll(/`skein (\w+)/g)].map(([, verb = ""]) => verb);
    assert.deepEqual(
      said.filter((verb) => !verbs.has(verb)),
      [],
      `${alert.split("\n")[0]}`,
    );
    for (const part of ["summary", "description", "runbook", "severity"]) {
      assert.match(alert, new RegExp(`\\b${part}: .`), `${alert.split("\n")[0]} has no ${part}`);
    }
  }
});

function ofUnit(name: string): string | undefined {
  return new RegExp(`^${name}=(.*)$`, "m").exec(readFileSync("deploy/skein.service", "utf8"))?.[1];
}

test("the unit of systemd leaves a gateway the families of sockets that it uses", () => {
  const families = new Set(ofUnit("RestrictAddressFamilies")?.split(" "));
  // By the last one a process asks for the addresses of its host.
  assert.deepEqual(families, new Set(["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"]));
});

test("under systemd a process killed for want of memory is one process, and a gateway that was stopped stays so", () => {
  assert.equal(ofUnit("OOMPolicy"), "continue");
  assert.equal(ofUnit("Restart"), "on-failure");
});

test("docs/metrics.md is what the definitions say", () => {
  assert.equal(readFileSync("docs/metrics.md", "utf8"), metricsDocs());
});

const promtool = { skip: missingTool("promtool", "prometheus", "prometheus") };

test("promtool accepts the example and its rules", promtool, () => {
  const checked = spawnSync(
    "promtool",
    ["check", "config", "--lint=all", "--lint-fatal", "deploy/prometheus.yml"],
    {
      encoding: "utf8",
    },
  );
  assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
});

test("promtool can read every expression of the dashboard", promtool, (context) => {
  const rules = dashboardExpressions().map(({ text }, at) => {
    return { record: `panel:${at}`, expr: withoutVariables(text) };
  });
  // JSON is YAML.
  const directory = mkdtempSync(join(tmpdir(), "skein-deploy-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "dashboard.json");
  writeFileSync(file, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
  const checked = spawnSync("promtool", ["check", "rules", file], { encoding: "utf8" });
  assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`);
});
