import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { missingTool } from "../tools.ts";
import type { AlertCase } from "./alerts/alert-case.ts";
import { controlCases } from "./alerts/control.ts";
import { trafficCases } from "./alerts/traffic.ts";
import { workerCases } from "./alerts/workers.ts";
import { labelsBySeries } from "./existing-metrics.ts";
import { namesIn, rulesFile } from "./expressions.ts";

/** By the name of the alert, in the order of the rules. */
const alertCases: Record<string, AlertCase[]> = { ...trafficCases, ...workerCases, ...controlCases };
/** By the name of the alert: the text of its rule. */
const rules = new Map(
  readFileSync(rulesFile, "utf8")
    .split(/^ +- alert: /m)
    .slice(1)
    .map((text) => [text.split("\n")[0] ?? "", text]),
);
const every = Object.entries(alertCases);

test("every alert has a case in which it fires, and one in which it is silent", () => {
  assert.deepEqual(Object.keys(alertCases), [...rules.keys()]);
  for (const [name, cases] of every) {
    assert.ok(
      cases.some(({ fires, notYet }) => fires.length > 0 && notYet !== undefined),
      `${name} never fires`,
    );
    assert.ok(
      cases.some(({ fires }) => fires.length === 0),
      `${name} is never silent`,
    );
  }
});

test("the series of the cases are those that a gateway tells, with all their labels", () => {
  const complaints = every.flatMap(([name, cases]) =>
    cases.flatMap(({ series }) =>
      Object.keys(series).flatMap((one) => {
        if (one.startsWith("up{")) return [];
        const { metrics, labels } = namesIn(one);
        const borne = labelsBySeries.get(metrics[0] ?? "");
        if (borne === undefined) return [`${name}: ${one} does not exist`];
        const lacks = borne.filter((label) => !labels.includes(label));
        return lacks.length === 0 ? [] : [`${name}: ${one} lacks ${lacks.join(", ")}`];
      }),
    ),
  );
  assert.deepEqual(complaints, []);
});

test("an alert's words name only labels that it bears", () => {
  for (const [name, text] of rules) {
    const borne = new Set(alertCases[name]?.flatMap(({ fires }) => fires.flatMap(Object.keys)));
    const named = [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label = ""]) => label);
    assert.deepEqual(
      named.filter((label) => !borne.has(label)),
      [],
      name,
    );
  }
});

const promtool = { skip: missingTool("promtool", "prometheus", "prometheus") };

test("every alert fires when it should, not before, and is silent when it should be", promtool, (context) => {
  const answer = judged(context, every);
  assert.equal(answer.status, 0, answer.text);
});

test(
  "what is judged can fail: another time, other labels, a case that is not silent",
  promtool,
  (context) => {
    const [first] = alertCases["SkeinTableOld"] ?? [];
    assert.ok(first?.notYet !== undefined);
    const wrong: AlertCase[] = [
      { ...first, at: first.notYet },
      { ...first, fires: [{ proxy: "q" }] },
      { ...first, fires: [] },
    ];
    for (const one of wrong) assert.notEqual(judged(context, [["SkeinTableOld", [one]]]).status, 0);
  },
);

/** What promtool says to these. JSON is YAML. */
function judged(
  context: TestContext,
  cases: readonly (readonly [name: string, cases: readonly AlertCase[]])[],
): { status: number | null; text: string } {
  const directory = mkdtempSync(join(tmpdir(), "skein-alerts-"));
  context.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "cases.json");
  const tests = cases.flatMap(([name, each]) => each.map((one) => ruleTest(name, one)));
  writeFileSync(
    file,
    JSON.stringify({ rule_files: [resolve(rulesFile)], evaluation_interval: "15s", tests }),
  );
  const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", file], { encoding: "utf8" });
  return { status, text: `${stdout}${stderr}` };
}

function ruleTest(name: string, { says, series, fires, at, notYet }: AlertCase): object {
  const severity = /severity: (\w+)/.exec(rules.get(name) ?? "")?.[1];
  const expr = `ALERTS{alertname="${name}",alertstate="firing"}`;
  const samples = fires.map((labels) => ({
    labels: seriesText("ALERTS", { alertname: name, alertstate: "firing", severity, ...labels }),
    value: 1,
  }));
  return {
    name: `${name}: ${says}`,
    interval: "15s",
    input_series: Object.entries(series).map(([text, values]) => ({ series: text, values })),
    promql_expr_test: [
      ...(notYet === undefined ? [] : [{ expr, eval_time: notYet, exp_samples: [] }]),
      { expr, eval_time: at, exp_samples: samples },
    ],
  };
}

function seriesText(metric: string, labels: Record<string, string | undefined>): string {
  return `${metric}{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(",")}}`;
}
