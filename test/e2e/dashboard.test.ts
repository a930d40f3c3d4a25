import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { runCommand } from "../../src/cli/command.ts";
import { Stage } from "../../src/demo/cluster/stage.ts";
import { leaderOf } from "../../src/demo/cluster/gateway-process.ts";
import { Desk } from "../../src/demo/panel/desk.ts";
import { Front } from "../../src/demo/panel/front.ts";
import { eventually } from "../../src/demo/wait.ts";
import type { DemoOutcome } from "../../src/protocol/demo.ts";
import { launch, noBrowser, openPage, picture, seriousFindings } from "../dashboard/browser.ts";
import { shownAfterMs } from "../dashboard/shown.ts";

/** Of a killed worker. One of so many kills must keep to it: a busy machine is late with some, a page that polls with all. */
const shownWithinMs = 1_000;
const killsMax = 4;

describe("the dashboard of a cluster of real processes", { skip: noBrowser }, () => {
  let browser: Browser;
  let stage: Stage;

  before(async () => {
    browser = await launch();
    stage = await Stage.open({ kind: "sdk" });
    await stage.start(45_000);
  });
  after(async () => {
    await stage.stop();
    await browser.close();
  });

  const login = (): string => {
    const token = readFileSync(stage.gateway.places.tokenFile, "utf8").trim();
    return `http://127.0.0.1:${stage.controlPort}/#token=${token}`;
  };

  test("a browser gets a page; skein why and the dashboard say the same, whichever proxy and controller it was", async (t) => {
    const listen = `http://127.0.0.1:${stage.listenPort}`;
    const { page } = await openPage(t, browser, `${listen}/orders%2f7?api_key=abc`);
    await page.getByRole("heading", { name: "The path is ambiguous or climbs upwards" }).waitFor();
    await page.getByText("Trying again will not help.").waitFor();
    const id = /skein why (\S+)/.exec((await page.locator("dl").textContent()) ?? "")?.[1] ?? "";
    assert.notEqual(id, "");
    const styled = await page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize");
    assert.equal(styled, "24px", "its own policy lets its style be");
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual(await seriousFindings(page), [], colorScheme);
    }
    await picture(page, "error-page");

    for (const { url } of await controllersOf(stage)) {
      const ran = await skein("why", id, "--control", url, "--state", stage.gateway.places.state);
      assert.equal(ran.code, 0, ran.text);
      assert.match(ran.text, /^400 bad-path {2}GET 127\.0\.0\.1\/orders%2f7\?api_key=\*\*\*$/m);
      assert.match(ran.text, /allowEncodedSlash/);
    }

    await page.goto(`http://127.0.0.1:${stage.controlPort}/dashboard/#/requests`);
    await page.getByRole("row", { name: "bad-path" }).getByRole("link").click();
    await page.getByText("allowEncodedSlash").waitFor();
    await page.getByText(id, { exact: true }).waitFor();
    await picture(page, "request");
  });

  test("requests are counted, a killed worker is shown, a drain holds, the leader's death needs no reload", async (t) => {
    const openedAt = performance.now();
    const { page, complaints } = await openPage(t, browser, login());
    const [first = "", second = ""] = stage.fleet.ids;
    await page.locator(".node.worker.live").nth(2).waitFor();
    t.diagnostic(`the first picture came after ${(performance.now() - openedAt).toFixed(0)} ms`);
    const ask = setInterval(() => {
      void fetch(`http://127.0.0.1:${stage.listenPort}/orders/7`).then((answer) => answer.text());
    }, 20);
    t.after(() => clearInterval(ask));
    await page.locator(".flow").first().waitFor();
    // Some seconds of lines for the picture; the test needs none.
    if (process.env["SKEIN_PICTURES"] !== undefined) {
      await page.getByLabel("The last").selectOption("1 minute");
      await page.waitForTimeout(30_000);
    }
    await picture(page, "overview");
    await page.getByLabel("Colours").selectOption("dark");
    await picture(page, "overview-dark");
    await page.getByLabel("Colours").selectOption("system");

    await page.evaluate("window.stillHere = true");
    await page.getByRole("link", { name: "Workers", exact: true }).click();
    const row = page.getByRole("row", { name: first });
    await row.locator(".state.live").waitFor();
    await page.getByRole("row", { name: second }).locator(".c-rate", { hasNotText: /^0$/ }).waitFor();
    const shown = await killsShownMs(page, stage);
    t.diagnostic(`a killed worker was shown after ${shown.join(", ")} ms`);
    assert.ok((shown.at(-1) ?? Infinity) < shownWithinMs, `shown after ${shown.join(", ")} ms`);
    await picture(page, "workers");

    await page.getByRole("button", { name: `Drain ${second}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
    await page.getByRole("row", { name: second }).locator(".state.draining").waitFor();

    await page.getByRole("link", { name: "Controllers" }).click();
    const leader = await eventually(async () => leaderOf(await stage.gateway.status()), { withinMs: 20_000 });
    assert.ok(leader !== undefined);
    await page.getByText("answers this page").waitFor();
    const termBefore = await termOf(page.locator(".bar"));
    process.kill(leader, "SIGKILL");
    await page.locator(".bar", { hasText: new RegExp(`term ${termBefore + 1}`) }).waitFor();
    await page.locator(".link.live").waitFor();
    const elected = page.locator(".ticker li", { hasText: `term ${termBefore + 1}` });
    await elected.getByText(/the process that led before has ended|was silent for too long/).waitFor();
    await picture(page, "controllers");
    await page.getByRole("link", { name: "Workers", exact: true }).click();
    await page.getByRole("button", { name: `Undrain ${second}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Undrain" }).click();
    await page.getByRole("row", { name: second }).locator(".state.live").waitFor();
    assert.equal(await page.evaluate("window.stillHere"), true, "the page was not loaded anew");
    // A connection that broke is a line in the browser's log, and no fault of the page.
    assert.deepEqual(
      complaints.filter((text) => !/net::ERR_|Failed to load resource/.test(text)),
      [],
    );
  });

  test("routes: those in force, and which one takes a request", async (t) => {
    const { page } = await openPage(t, browser, `http://127.0.0.1:${stage.controlPort}/dashboard/#/routes`);
    await page.getByLabel("Path or address").fill("/orders/7?x=1");
    await page.getByRole("button", { name: "Test" }).click();
    await page.getByText("takes it", { exact: true }).waitFor();
    await page.getByText(/is not .*reloaded/).waitFor();
    await picture(page, "routes");
  });

  test("what is broken on the page is broken, measured by clients, undone and whole again", async (t) => {
    // A test before killed one.
    if (!stage.fleet.at(0).running) await stage.fleet.start(0);
    await stage.ready(45_000);
    const desk = new Desk(stage);
    const token = readFileSync(stage.gateway.places.tokenFile, "utf8").trim();
    const front = new Front({ controlPort: stage.controlPort, token, desk });
    t.after(() => {
      front.close();
      desk.close();
    });
    await desk.open();
    await front.listen(0);
    const { page } = await openPage(t, browser, `${front.url}/dashboard/#token=${token}`);
    await page.getByRole("link", { name: "Break things" }).click();
    await page.locator(".flow").first().waitFor();
    const press = async (verb: string, subject?: string): Promise<void> => {
      await page.getByRole("button", { name: subject === undefined ? verb : `${verb} ${subject}` }).click();
      await page.getByRole("dialog").getByRole("button", { name: verb }).click();
      await page.getByText(/^It holds/).waitFor();
    };
    const over = async (): Promise<DemoOutcome> => {
      await page.getByText("It is over.").waitFor({ timeout: 60_000 });
      const outcome = desk.reply.outcomes[0];
      assert.equal(outcome?.stage, "over");
      t.diagnostic(JSON.stringify(outcome));
      // A busy machine may make many late; that is told, and nothing is lost by it.
      assert.deepEqual(
        outcome.complaints.filter((complaint) => !complaint.endsWith("slower than 1 s")),
        [],
      );
      assert.equal(outcome.clients.failed, 0);
      assert.equal(outcome.clients.waiting, 0);
      assert.ok(outcome.clients.requests > 40);
      return outcome;
    };

    const victim = stage.fleet.at(2);
    await press("Freeze", stage.fleet.idOf(2));
    await page.getByText("Out of every table after").waitFor({ timeout: 20_000 });
    assert.match(readFileSync(`/proc/${victim.pid}/stat`, "utf8"), / T /, "the process is stopped");
    await picture(page, "break");
    await page.getByRole("button", { name: "Continue it" }).click();
    await over();
    assert.doesNotMatch(readFileSync(`/proc/${victim.pid}/stat`, "utf8"), / T /);

    await press("Kill", stage.fleet.idOf(1));
    const { choice, noticedMs } = await over();
    assert.ok(noticedMs !== undefined && choice !== undefined);
    assert.equal(stage.fleet.at(1).running, true, "it was started again");

    await press("Kill the leader");
    assert.ok((await over()).wholeMs !== undefined);
  });
});

/** Of each kill, until one was shown in time. Each comes at once after a change that the page has just shown. */
async function killsShownMs(page: Page, stage: Stage): Promise<number[]> {
  const shown: number[] = [];
  while (shown.length < killsMax) {
    const place = shown.length % 2 === 0 ? 0 : 2;
    const id = stage.fleet.idOf(place);
    const state = page.getByRole("row", { name: id }).locator(".state");
    const skeinFor = async (verb: string): Promise<void> => {
      const ran = await skein(verb, id, "--state", stage.gateway.places.state);
      assert.equal(ran.code, 0, ran.text);
    };
    await skeinFor("drain");
    await state.getByText("draining").waitFor();
    const kill = (): void => stage.fleet.at(place).kill("SIGKILL");
    shown.push(await shownAfterMs(page, id, () => skeinFor("undrain"), kill));
    if ((shown.at(-1) ?? Infinity) < shownWithinMs) break;
    await stage.fleet.start(place);
  }
  return shown;
}

async function controllersOf({ controlPort }: Stage): Promise<{ url: string }[]> {
  const answer = await fetch(`http://127.0.0.1:${controlPort}/v1/controllers`);
  const { controllers } = (await answer.json()) as { controllers: { url: string }[] };
  assert.equal(controllers.length, 2);
  return controllers;
}

async function skein(...words: string[]): Promise<{ code: number; text: string }> {
  let text = "";
  const line = (more: string): void => void (text += `${more}\n`);
  const code = await runCommand(words, { columns: 80, out: line, note: line, paint: (_, plain) => plain });
  return { code, text };
}

async function termOf(place: { textContent(): Promise<string | null> }): Promise<number> {
  return Number(/term (\d+)/.exec((await place.textContent()) ?? "")?.[1]);
}
