import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser } from "playwright-core";
import { testToken } from "../../src/control/testing-ports.ts";
import { breakable } from "../../src/demo/panel/breakable.ts";
import { Front, type FrontDesk } from "../../src/demo/panel/front.ts";
import type { DemoBreak, DemoOutcome, DemoReply } from "../../src/protocol/demo.ts";
import { SkeinError } from "../../src/protocol/error.ts";
import { type Ends, launch, noBrowser, openPage, seriousFindings } from "./browser.ts";
import { Scene } from "./scene.ts";

const outcome: DemoOutcome = {
  number: 1,
  fault: "kill-worker",
  worker: "orders-a",
  at: "2026-01-01T12:00:00.000Z",
  stage: "over",
  clients: {
    requests: 412,
    waiting: 0,
    answered: 411,
    failed: 0,
    onLostProxy: 0,
    outcomeUnknown: 1,
    late: 0,
    slowestMs: 31,
    executedTwice: 0,
  },
  noticedMs: 14,
  choice: { sent: 2, lastMs: 3 },
  wholeMs: 140,
  complaints: [],
};

/** Breaks nothing, and notes what it should have broken. */
class NotingDesk implements FrontDesk {
  readonly asked: DemoBreak[] = [];
  healed = 0;
  reply: DemoReply = {
    v: 1,
    requestsPerSecond: 40,
    faults: [...breakable],
    workers: ["orders-a", "orders-b", "orders-c"],
    outcomes: [],
  };

  break(wanted: DemoBreak): void {
    this.asked.push(wanted);
    this.tell({ ...outcome, fault: wanted.fault, stage: "holds", holdsForMs: 7_400 });
  }

  heal(): void {
    const [now] = this.reply.outcomes;
    if (now?.stage !== "holds") throw new SkeinError("invalid", "Nothing is broken at this moment.");
    this.healed += 1;
    this.tell({ ...now, stage: "over" });
  }

  tell(...outcomes: DemoOutcome[]): void {
    this.reply = { ...this.reply, outcomes };
  }
}

interface Demo {
  scene: Scene;
  desk: NotingDesk;
  /** Of the page, and with the token. */
  page: string;
  login: string;
}

async function openDemo(t: Ends): Promise<Demo> {
  const scene = await Scene.open(t);
  const desk = new NotingDesk();
  const front = new Front({ controlPort: Number(new URL(scene.url).port), token: testToken, desk });
  await front.listen(0);
  t.after(() => front.close());
  return {
    scene,
    desk,
    page: `${front.url}/dashboard/#/break`,
    login: `${front.url}/dashboard/#token=${testToken}`,
  };
}

describe("the panel that breaks things", { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  test("a gateway's own dashboard has no such page, asks for none, and loads none of its code", async (t) => {
    const { scene } = await openDemo(t);
    const { page, complaints } = await openPage(t, browser, scene.login);
    const targets: string[] = [];
    page.on("request", (request) => targets.push(request.url()));
    await page.goto(`${scene.dashboard}#/break`);
    await page.reload();
    await page.getByText("live", { exact: true }).first().waitFor();
    await page.locator("main[data-page=overview]").waitFor();
    assert.equal(await page.getByRole("link", { name: "Break things" }).count(), 0);
    assert.ok(targets.length > 2);
    assert.deepEqual(
      targets.filter((target) => /break|demo/.test(target)),
      [],
    );
    assert.deepEqual(complaints, []);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`${colorScheme}: no complaint, nothing serious for accessibility, 400 px wide`, async (t) => {
      const { desk, login } = await openDemo(t);
      const { page, complaints } = await openPage(t, browser, login, { colorScheme });
      await page.getByRole("link", { name: "Break things" }).click();
      await page.getByText("Nothing is broken yet").waitFor();
      for (const outcomes of [
        [],
        [
          { ...outcome, stage: "holds" as const, holdsForMs: 3_000, complaints: ["1 failed: GET reset"] },
          { ...outcome, number: 0 },
        ],
      ]) {
        desk.tell(...outcomes);
        if (outcomes.length > 0) await page.getByText("It holds, for 3 s more.").waitFor();
        assert.deepEqual(await seriousFindings(page), []);
        await page.setViewportSize({ width: 400, height: 800 });
        const beyond = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
        assert.ok(beyond <= 0, `${beyond} px too wide at 400 px`);
        assert.deepEqual(await seriousFindings(page), [], "at 400 px");
        await page.setViewportSize({ width: 1280, height: 800 });
      }
      assert.deepEqual(complaints, []);
    });
  }

  test("by mouse: nothing before it is confirmed; then the account stands beside it, and it is undone", async (t) => {
    const { desk, login } = await openDemo(t);
    const { page, complaints } = await openPage(t, browser, login);
    await page.getByRole("link", { name: "Break things" }).click();
    await page.getByRole("button", { name: "Freeze orders-b" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
    assert.deepEqual(desk.asked, []);
    await page.getByRole("button", { name: "Freeze orders-b" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Freeze" }).click();
    await page.getByText("0 of 412 requests failed").waitFor();
    await page.getByText("It holds, for 8 s more.").waitFor();
    assert.deepEqual(desk.asked, [{ fault: "stop-worker", worker: "orders-b" }]);
    await page.getByRole("button", { name: "Kill orders-c" }).click({ force: true });
    assert.equal(await page.getByRole("dialog").count(), 0, "one thing at a time");
    await page.getByRole("button", { name: "Continue it" }).click();
    await page.getByText("It is over.").waitFor();
    assert.equal(desk.healed, 1);
    assert.deepEqual(complaints, []);
  });

  test("by keyboard alone, down to the undo of its notice", async (t) => {
    const { desk, login } = await openDemo(t);
    const { page } = await openPage(t, browser, login);
    await page.getByRole("link", { name: "Break things" }).press("Enter");
    const kill = page.getByRole("button", { name: "Kill orders-a" });
    await kill.waitFor();
    for (let steps = 0; steps < 40; steps += 1) {
      await page.keyboard.press("Tab");
      if (await kill.evaluate((element) => element.matches(":focus"))) break;
    }
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    // Not by its role: closed it has none, and its end is told after that.
    await page.locator("dialog").waitFor({ state: "detached" });
    assert.deepEqual(desk.asked, []);
    const focused = page.locator(":focus").and(kill);
    await focused.waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByText("It holds, for 8 s more.").waitFor();
    await focused.waitFor();
    await page.getByRole("button", { name: "Undo" }).press("Enter");
    await page.getByText("It is over.").waitFor();
    assert.deepEqual(desk.asked, [{ fault: "kill-worker", worker: "orders-a" }]);
    assert.equal(desk.healed, 1);
  });

  test("a failure is told as one, and who has no token breaks nothing", async (t) => {
    const { desk, page: place } = await openDemo(t);
    desk.tell({
      ...outcome,
      clients: { ...outcome.clients, failed: 3 },
      complaints: ["3 failed: 3 x GET reset"],
    });
    const { page } = await openPage(t, browser, place);
    await page.getByText("3 of 412 requests failed").waitFor();
    await page.getByText("3 x GET reset").waitFor();
    await page.getByRole("button", { name: "Kill the leader" }).click({ force: true });
    assert.equal(await page.getByRole("dialog").count(), 0);
    assert.deepEqual(desk.asked, []);
  });
});
