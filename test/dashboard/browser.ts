import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { dashboardDirectory } from "../../src/runtime/dashboard-place.ts";
import { missingTool } from "../tools.ts";

/** A test, or what else ends. */
export interface Ends {
  after(end: () => unknown): void;
}

/** The reason for a skip, or false. */
export const noBrowser = missingTool("chromium", "chromium");

export async function launch(): Promise<Browser> {
  assert.ok(existsSync(dashboardDirectory()), "the dashboard is not built: npm run build:dashboard");
  // As root, and in containers, Chromium has no sandbox of its own; it visits nothing but our own page.
  return await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}

export interface OpenPage {
  page: Page;
  /** What the browser complained about: errors, refused content, failed scripts. */
  complaints: string[];
}

export async function openPage(
  t: Ends,
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  t.after(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  await page.goto(url);
  return { page, complaints };
}

interface AxeResult {
  violations: { id: string; impact: string; nodes: { html: string; failureSummary: string }[] }[];
}

/** What an accessibility checker finds, from `serious` on. It is put in past the page's policy, by the browser's own door. */
export async function seriousFindings(page: Page): Promise<string[]> {
  const axe = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: readFileSync(axe, "utf8") });
  const { result } = await session.send("Runtime.evaluate", {
    expression: "axe.run().then((found) => JSON.stringify(found))",
    awaitPromise: true,
  });
  const { violations } = JSON.parse(String(result.value)) as AxeResult;
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
}

/** Small pictures for the documentation, made by the tests where `SKEIN_PICTURES` names a directory. */
export async function picture(page: Page, name: string): Promise<void> {
  const directory = process.env["SKEIN_PICTURES"];
  if (directory === undefined) return;
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`) });
}
