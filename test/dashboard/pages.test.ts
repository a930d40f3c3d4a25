import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { testToken, workerView } from "../../src/control/testing-ports.ts";
import { sampleRecord } from "../../src/control/testing-requests.ts";
import { dashboardDirectory } from "../../src/runtime/dashboard-place.ts";
import { SkeinError } from "../../src/protocol/error.ts";
import { until } from "../../src/proxy/testing/testing-peers.ts";
import { launch, noBrowser, openPage, picture, seriousFindings } from "./browser.ts";
import { Scene } from "./scene.ts";
import { polling, shownAfterMs } from "./shown.ts";

const bundleBytesMax = 120 * 1024;
const pages = [
  "overview",
  "workers",
  "worker/orders/orders-a",
  "services",
  "controllers",
  "routes",
  "requests",
  `request/${sampleRecord.id}`,
  "events",
  "configuration",
];

/** Waits until that page is shown. */
async function shown(page: Page, name: string): Promise<void> {
  await page.locator(`main[data-page=${name.split("/")[0] ?? ""}]`).waitFor();
  await page.locator(".page h1, .overview h1").waitFor({ state: "attached" });
}

describe("the dashboard in a browser", { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  for (const colorScheme of ["light", "dark"] as const) {
    test(`every page, ${colorScheme}: no complaint, nothing serious for accessibility, 400 px wide to 4K`, async (t) => {
      const scene = await Scene.open(t);
      scene.ports.happen("leader-elected");
      scene.ports.serve(100);
      scene.ports.recorded = [sampleRecord];
      const { page, complaints } = await openPage(t, browser, scene.login, { colorScheme });
      for (const name of pages) {
        await page.goto(`${scene.dashboard}#/${name}`);
        await shown(page, name);
        assert.deepEqual(await seriousFindings(page), [], name);
        for (const [width, height] of [
          [3840, 2160],
          [400, 800],
        ] as const) {
          await page.setViewportSize({ width, height });
          const beyond = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
          assert.ok(beyond <= 0, `${name} is ${beyond} px too wide at ${width} px`);
        }
        assert.deepEqual(await seriousFindings(page), [], `${name} at 400 px`);
        await page.setViewportSize({ width: 1280, height: 800 });
      }
      const ground = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      assert.equal(ground, colorScheme === "dark" ? "rgb(18, 24, 26)" : "rgb(247, 248, 248)");
      await page.getByLabel("Colours").selectOption(colorScheme === "dark" ? "light" : "dark");
      await page.reload();
      const other = await page.evaluate("getComputedStyle(document.body).backgroundColor");
      assert.notEqual(other, ground, "the switch holds over a reload");
      assert.deepEqual(complaints, []);
    });
  }

  test("the checker finds what is wrong: a button without a name", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, scene.dashboard);
    await page.getByText("live", { exact: true }).first().waitFor();
    await page.evaluate("document.querySelector('main').append(document.createElement('button'))");
    assert.match((await seriousFindings(page)).join(), /button-name/);
  });

  test("a worker's change is shown without a reload, with its reason", async (t) => {
    const scene = await Scene.open(t);
    const { page, complaints } = await openPage(t, browser, `${scene.dashboard}#/workers`);
    const row = page.getByRole("row", { name: "orders-b" });
    await row.getByText("live").waitFor();
    scene.ports.change("orders-b", { state: "suspect", cause: "refused", reason: "its address refuses" });
    await row.getByText("refused", { exact: true }).waitFor();
    await row.getByText("its address refuses").waitFor();
    assert.deepEqual(complaints, []);
  });

  test("the measure of how soon a change is shown finds a page that asks every 2 s", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, "about:blank");
    await page.addInitScript(polling(2_000));
    await page.goto(`${scene.dashboard}#/workers`);
    const row = page.getByRole("row", { name: "orders-b" });
    await row.getByText("live").waitFor();
    scene.ports.change("orders-b", { state: "draining" });
    await row.getByText("draining").waitFor();
    const change = (state: "live" | "dead") => (): void => scene.ports.change("orders-b", { state });
    const shownMs = await shownAfterMs(page, "orders-b", change("live"), change("dead"));
    assert.ok(shownMs > 1_500, `${shownMs} ms`);
  });

  test("a worker's states are a line and words, over the time that is chosen, and go on by themselves", async (t) => {
    const scene = await Scene.open(t);
    const { page, complaints } = await openPage(t, browser, `${scene.dashboard}#/worker/orders/orders-b`);
    const line = page.locator(".time-line");
    await line.getByText(/^live \d/).waitFor();
    assert.equal(await line.locator("i.suspect").count(), 0);
    scene.ports.change("orders-b", { state: "suspect", cause: "refused", stateForMs: 0 });
    await line.locator("i.suspect").waitFor({ state: "attached" });
    await line.getByText(/suspect \d/).waitFor();
    const first = line.locator("i").first();
    const before = (await first.getAttribute("title")) ?? "";
    assert.match(before, /^unknown 2m/);
    await line.getByLabel("The last").selectOption("1 hour");
    await line.locator("i[title^='unknown 59m']").waitFor({ state: "attached" });
    await page.goto(`${scene.dashboard}#/overview`);
    assert.equal(await page.getByLabel("The last").inputValue(), "3600000", "one range for all charts");
    assert.deepEqual(complaints, []);
  });

  test("drain by mouse, and undo", async (t) => {
    const scene = await Scene.open(t);
    const { page, complaints } = await openPage(t, browser, scene.login);
    await page.getByRole("link", { name: "Workers", exact: true }).click();
    await page.getByRole("button", { name: "Drain orders-a" }).click();
    assert.deepEqual(scene.ports.done, [], "nothing is done before it is confirmed");
    await page.getByRole("dialog").getByRole("button", { name: "Drain" }).click();
    await page.getByRole("row", { name: "orders-a" }).getByText("draining").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("row", { name: "orders-a" }).getByText("live").waitFor();
    assert.deepEqual(scene.ports.done, ["drain orders/orders-a", "undrain orders/orders-a"]);
    assert.deepEqual(complaints, []);
  });

  test("undoing a weight leaves no override behind, and one that is there can be ended", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, scene.login);
    await page.getByRole("link", { name: "Workers", exact: true }).click();
    const weigh = page.getByRole("button", { name: "Weight of orders-a" });
    const set = async (weight: string): Promise<void> => {
      await weigh.click();
      await page.getByLabel("Weight", { exact: true }).fill(weight);
      await page.getByRole("button", { name: "Set weight" }).click();
      await page.getByText(`orders/orders-a has weight ${weight}`).waitFor();
    };
    await set("2");
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("orders/orders-a has its own weight").waitFor();
    await set("3");
    await page.getByRole("row", { name: "orders-a" }).getByRole("cell", { name: "3", exact: true }).waitFor();
    await weigh.click();
    await page.getByRole("button", { name: "Its own weight" }).click();
    await page.getByText("orders/orders-a has its own weight").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await until(() => scene.ports.done.length === 5, "undone");
    assert.deepEqual(
      scene.ports.done.map((done) => done.split(" ")[2]),
      ["2", "null", "3", "null", "3"],
    );
  });

  test("a weight may be whatever the API takes, and nothing else", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.change("orders-a", { weight: 0.1666667 });
    const { page } = await openPage(t, browser, scene.login);
    await page.goto(`${scene.dashboard}#/workers`);
    await page.getByRole("button", { name: "Weight of orders-a" }).click();
    const set = page.getByRole("button", { name: "Set weight" });
    await page.getByLabel("Weight", { exact: true }).waitFor();
    for (const [weight, fits] of [
      [undefined, true],
      ["1000", true],
      ["1001", false],
      ["-1", false],
      ["", false],
      ["two", false],
    ] as const) {
      if (weight !== undefined) await page.getByLabel("Weight", { exact: true }).fill(weight);
      assert.equal(await set.isEnabled(), fits, String(weight));
    }
  });

  test("drain and weight by keyboard alone; Escape changes nothing", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, scene.login);
    await page.getByRole("link", { name: "Workers", exact: true }).press("Enter");
    const drain = page.getByRole("button", { name: "Drain orders-a" });
    await drain.waitFor();
    // From the top of the page, as somebody without a mouse comes.
    for (let steps = 0; steps < 60; steps += 1) {
      await page.keyboard.press("Tab");
      if (await drain.evaluate((element) => element.matches(":focus"))) break;
    }
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    // Not by its role: closed it has none, and its end is told after that.
    await page.locator("dialog").waitFor({ state: "detached" });
    assert.deepEqual(scene.ports.done, []);
    assert.equal(await drain.evaluate((element) => element.matches(":focus")), true, "the focus is back");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByRole("row", { name: "orders-a" }).getByText("draining").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.getByLabel("Weight", { exact: true }).fill("2.5");
    await page.keyboard.press("Enter");
    await page.getByText("orders/orders-a has weight 2.5").waitFor();
    assert.deepEqual(scene.ports.done, ["drain orders/orders-a", "weight orders/orders-a 2.5"]);
  });

  for (const [what, next, title, worker] of [
    ["of another worker", "Drain orders-b", "Drain this worker?", "orders-b"],
    ["of the same one", "Weight of orders-a", "Set the weight", "orders-a"],
  ] as const) {
    test(`a question ${what}, asked while the one before is closing, stays`, async (t) => {
      const scene = await Scene.open(t);
      const { page } = await openPage(t, browser, scene.login);
      await page.getByRole("link", { name: "Workers", exact: true }).click();
      await page.getByRole("button", { name: "Drain orders-a" }).click();
      await page.getByRole("dialog", { name: "Drain this worker?" }).waitFor();
      // In one turn of the page: the end of the first dialog is told only after it.
      await page.evaluate(`new Promise((told) => {
        const closing = document.querySelector("dialog");
        closing.addEventListener("close", () => setTimeout(told));
        closing.querySelector("button[type=button]").click();
        document.querySelector("button[aria-label='${next}']").click();
      })`);
      const dialog = page.getByRole("dialog", { name: title }).filter({ hasText: worker });
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await page.locator("dialog").waitFor({ state: "detached" });
      assert.deepEqual(scene.ports.done, []);
    });
  }

  test("without the token the page reads, and says why it changes nothing", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, `${scene.dashboard}#/workers`);
    await page.getByText("read-only", { exact: true }).waitFor();
    assert.equal(await page.getByRole("button", { name: "Drain orders-a" }).isDisabled(), true);
  });

  test("a token that is not the operators' is said not to be accepted, also where reading is free", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, `${scene.dashboard}#token=0123`);
    await page.getByText("read-only: this token is not accepted").waitFor();
  });

  test("a token that cannot be sent is not accepted, wherever it comes from, and another can be given", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, "about:blank");
    const sent: (string | undefined)[] = [];
    await page.route("**/v1/live*", (route) => {
      sent.push(route.request().headers()["authorization"]);
      return sent.at(-1) === `Bearer ${testToken}` ? route.continue() : route.fulfill({ status: 401 });
    });
    await page.goto(scene.dashboard);
    await page.getByText("A token is needed").waitFor();
    const refused = page.getByText("This token is not accepted");
    const give = async (token: string): Promise<void> => {
      await page.getByLabel("Token").fill(token);
      await page.keyboard.press("Enter");
    };
    await give("0123…cdef");
    await refused.waitFor();
    await page.evaluate("sessionStorage.setItem('skein-token', '0123\u200B')");
    await page.reload();
    await refused.waitFor();
    await page.goto("about:blank");
    await page.goto(`${scene.dashboard}#token=ü%E2%80%A6`);
    await refused.waitFor();
    assert.deepEqual(new Set(sent), new Set([undefined]));
    await give(testToken);
    await page.locator(".link").getByText("live").waitFor();
  });

  test("a token of any signs comes with the link, which leaves the address", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, "about:blank");
    const secret = "a+b/c=%d#e&f.g~!";
    const live = page.waitForRequest("**/v1/live*");
    await page.goto(`${scene.dashboard}#token=${encodeURIComponent(secret)}`);
    assert.equal((await live).headers()["authorization"], `Bearer ${secret}`);
    assert.equal(new URL(page.url()).hash, "#/");
  });

  test("a notice with its undo stays under who has its focus, or points at it", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, "about:blank");
    await page.clock.install();
    await page.goto(scene.login);
    await page.getByRole("link", { name: "Workers", exact: true }).press("Enter");
    await page.getByRole("button", { name: "Drain orders-a" }).press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Drain" }).press("Enter");
    const undo = page.getByRole("button", { name: "Undo" });
    await undo.focus();
    await page.clock.fastForward(11_000);
    assert.equal(await undo.count(), 1);
    await undo.blur();
    await undo.hover();
    await page.clock.fastForward(11_000);
    assert.equal(await undo.count(), 1);
    await page.mouse.move(5, 5);
    await page.clock.fastForward(11_000);
    await undo.waitFor({ state: "detached" });
  });

  test("one that has left is not drained, nor weighted, and the page says why", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.change("orders-a", { state: "left" });
    const { page } = await openPage(t, browser, scene.login);
    await page.getByRole("link", { name: "Workers", exact: true }).click();
    const drain = page.getByRole("button", { name: "Drain orders-a" });
    await drain.waitFor();
    assert.equal(await drain.isDisabled(), true);
    assert.match((await drain.getAttribute("title")) ?? "", /^It has left/);
    assert.equal(await page.getByRole("button", { name: "Weight of orders-a" }).isDisabled(), true);
    assert.equal(await page.getByRole("button", { name: "Drain orders-b" }).isEnabled(), true);
  });

  test("the token leaves the address at once, and no request names it in its target", async (t) => {
    const scene = await Scene.open(t);
    const context = await browser.newContext();
    t.after(() => context.close());
    const page = await context.newPage();
    const targets: string[] = [];
    page.on("request", (request) => targets.push(request.url().split("#")[0] ?? ""));
    await page.goto(`${scene.url}/#token=${testToken}`);
    await page.getByText("live", { exact: true }).first().waitFor();
    assert.equal(await page.getByText("read-only", { exact: true }).count(), 0);
    assert.doesNotMatch(page.url(), new RegExp(testToken));
    assert.ok(targets.length > 3);
    assert.doesNotMatch(targets.join(), new RegExp(testToken));
  });

  test("hostile names and metadata are text, and nothing else", async (t) => {
    const scene = await Scene.open(t);
    const image = '<img src=x onerror="window.broken=1">';
    scene.ports.workersThere = [
      { ...workerView("orders", image), version: image, zone: "a\u202Etxt.exe", metadata: { note: image } },
      { ...workerView("orders", "x".repeat(10_000)), metadata: { long: "y".repeat(10_000) } },
      { ...workerView("__proto__", "constructor"), tags: ["</title><script>window.broken=1</script>"] },
    ];
    scene.ports.recorded = [
      { ...sampleRecord, method: image, host: image, path: `/${image}`, service: image },
    ];
    scene.ports.happen("worker-joined");
    const last = scene.ports.stored.at(-1);
    assert.ok(last !== undefined);
    last.message = `${image} joined`;
    const { page, complaints } = await openPage(t, browser, scene.login);
    const hostile = `worker/orders/${encodeURIComponent(image)}`;
    for (const name of [...pages, hostile, `worker/orders/${"x".repeat(10_000)}`]) {
      await page.goto(`${scene.dashboard}#/${name}`);
      await shown(page, name);
      const beyond = Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
      assert.ok(beyond <= 0, `${name} is ${beyond} px too wide`);
      assert.equal(await page.locator("img").count(), 0);
    }
    await page.goto(`${scene.dashboard}#/workers`);
    await page.getByRole("cell", { name: image }).first().waitFor();
    const text = String(await page.evaluate("document.body.innerHTML"));
    assert.doesNotMatch(text, /\u202E/);
    assert.equal(await page.evaluate("window.broken"), undefined);
    assert.deepEqual(complaints, []);
  });

  test("requests: the tail goes on by itself, and again after a hold; each one says why", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.recorded = [sampleRecord];
    const { page, complaints } = await openPage(t, browser, `${scene.dashboard}#/requests`);
    await page.getByRole("row", { name: "worker-refused" }).waitFor();
    const slow = {
      ...sampleRecord,
      id: "slow-1",
      path: "/slow",
      status: 200,
      end: "whole",
      kept: "slow",
    } as const;
    scene.ports.recorded = [{ ...slow, tookMs: 4_321 }, sampleRecord];
    await page.getByRole("row", { name: "/slow" }).getByText("4.3 s").waitFor();
    await page.getByRole("button", { name: "Hold" }).click();
    const asked = scene.ports.wanted.length;
    await page.getByRole("button", { name: "Go on" }).click();
    await until(() => scene.ports.wanted.length > asked, "asked again");
    await page.getByRole("button", { name: "Slowest" }).click();
    await until(() => scene.ports.wanted.at(-1)?.slowest === true, "the slowest are asked for");
    await page.getByRole("button", { name: "Failed" }).click();
    await until(() => scene.ports.wanted.at(-1)?.kept === "failed", "the failed are asked for");
    await page.getByPlaceholder(/Filter/).fill("orders-1 refused");
    await page.getByRole("row", { name: "/slow" }).waitFor({ state: "detached" });
    await picture(page, "requests");
    await page.getByRole("link", { name: "GET shop.example/orders/7" }).click();
    await page.getByText("orders/orders-1 refused the connection: nobody listens there.").waitFor();
    await page.getByText("Is the process running").waitFor();
    await page.getByText("by the rule never-sent").waitFor();
    await page.getByRole("row", { name: "orders-1" }).getByText("no", { exact: true }).waitFor();
    await picture(page, "request");
    await page.goto(`${scene.dashboard}#/request/none`);
    await page.getByRole("alert").getByText("2 proxies were asked").waitFor();
    assert.deepEqual(
      complaints.filter((text) => !text.includes("404")),
      [],
    );
  });

  test("of a thousand workers only those in sight are rows; filter and sort find the others", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.workersThere = Array.from({ length: 1_000 }, (_, at) => ({
      ...workerView("orders", `w-${String(at).padStart(4, "0")}`),
      load: { inFlight: at },
    }));
    const { page } = await openPage(t, browser, `${scene.dashboard}#/workers`);
    await page.getByText("w-0000", { exact: true }).waitFor();
    assert.ok((await page.locator("tbody tr").count()) < 60);
    await page.getByRole("button", { name: "In flight" }).click();
    await page.getByRole("button", { name: "In flight" }).click();
    await page.getByText("w-0999", { exact: true }).waitFor();
    await page.getByPlaceholder(/Filter/).fill("w-0500");
    await page.getByText("1 of 1000").waitFor();
    await picture(page, "filtered");
  });

  test("empty and error states say what is the matter", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.workersThere = [];
    const { page } = await openPage(t, browser, `${scene.dashboard}#/workers`);
    await page.getByText("No worker has joined yet").waitFor();
    await page.goto(`${scene.dashboard}#/events`);
    await page.getByText("Nothing has happened yet").waitFor();
    await page.goto(`${scene.dashboard}#/routes`);
    await page.getByText("No route is configured").waitFor();
    await page.goto(`${scene.dashboard}#/requests`);
    await page.getByText("No proxy remembers a request").waitFor();
    scene.ports.requests = async () => {
      throw new SkeinError("internal", "it broke");
    };
    await page.getByRole("alert").getByText("it broke").waitFor();
    await page.goto(`${scene.dashboard}#/routes`);
    await page.getByLabel("Path or address").fill("no-slash");
    await page.keyboard.press("Enter");
    await page
      .getByRole("alert")
      .getByText(/must begin with \//)
      .waitFor();
  });

  test("the bundle is small", (t) => {
    const assets = join(dashboardDirectory(), "assets");
    const bytes = readdirSync(assets)
      .map((name) => gzipSync(readFileSync(join(assets, name))).byteLength)
      .reduce((sum, one) => sum + one, 0);
    t.diagnostic(`${bytes} bytes gzipped`);
    assert.ok(bytes > 10_000 && bytes <= bundleBytesMax, `${bytes} bytes gzipped`);
  });
});
