import { readFileSync } from "node:fs";

/** Where an expression of Prometheus stands, and its text. */
export interface Expression {
  where: string;
  text: string;
}

interface Panel {
  title: string;
  targets?: { expr: string }[];
}

interface Dashboard {
  templating: { list: { name: string; query: string | { query: string } }[] };
  panels: Panel[];
}

export const dashboardFile = "deploy/grafana-dashboard.json";
export const rulesFile = "deploy/alerts.yml";

export function dashboardExpressions(): Expression[] {
  const { panels } = readDashboard();
  return panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({ where: `${dashboardFile}: ${title}`, text: expr })),
  );
}

/** What its variables ask, such as `label_values(metric, label)`. */
export function dashboardQueries(): Expression[] {
  return readDashboard().templating.list.flatMap(({ name, query }) =>
    typeof query === "string" ? [] : [{ where: `${dashboardFile}: $${name}`, text: query.query }],
  );
}

/** As lines: each is one, or a block below `expr: |`. */
export function ruleExpressions(): Expression[] {
  const alerts = readFileSync(rulesFile, "utf8")
    .split(/^ +- alert: /m)
    .slice(1);
  return alerts.map((alert) => {
    const found = /^ +expr: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/m.exec(alert);
    const where = `${rulesFile}: ${alert.split("\n")[0]}`;
    return { where, text: (found?.[1] ?? found?.[2] ?? "").trim() };
  });
}

/** An expression that a Prometheus can read: with the dashboard's variables filled in. */
export function withoutVariables(text: string): string {
  return text.replaceAll("$__rate_interval", "1m").replaceAll(/\$(gateway|service)/g, ".*");
}

function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(dashboardFile, "utf8")) as Dashboard;
}

/** The metrics that an expression names, and the labels that it asks of them or groups by. */
export function namesIn(text: string): { metrics: string[]; labels: string[] } {
  const selectors = [...text.matchAll(/\{([^}]*)\}/g)].flatMap(([, inside = ""]) =>
    [...inside.matchAll(/(\w+) *(?:=~|!~|!=|=)/g)].map(([, label = ""]) => label),
  );
  const groups = [...text.matchAll(/\b(?:by|on|without|ignoring) *\(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(",").map((label) => label.trim()),
  );
  const metrics = text.match(/\bskein_\w+/g) ?? [];
  return { metrics: [...new Set(metrics)], labels: [...new Set([...selectors, ...groups])] };
}
