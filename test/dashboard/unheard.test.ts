// What the pages show while nobody tells them anything, and of what they were not told.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import type { Route } from "../../src/protocol/configuration.ts";
import { clock } from "../../dashboard/src/format.ts";
import { launch, noBrowser, openPage, picture, seriousFindings } from "./browser.ts";
import { Scene } from "./scene.ts";

/** What the first figure said, one after the other. */
const watchFigure = `{
  window.figures = [];
  setInterval(() => {
    const text = document.querySelector(".figure .value")?.textContent;
    if (text !== undefined && text !== window.figures.at(-1)) window.figures.push(text);
  }, 20);
}`;
const ordersRoute = { name: "the-orders", to: [{ service: "orders", weight: 1 }] } as Route;
const see = async (page: Page, how: "hidden" | "visible"): Promise<void> => {
  await page.evaluate(`{
    Object.defineProperty(document, "visibilityState", { value: "${how}", configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }`);
};

describe("what nobody tells is not shown as of now", { skip: noBrowser }, () => {
  let browser: Browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser.close());

  test("what happened to a worker before the stream's first events is asked for, or said to be unknown", async (t) => {
    const scene = await Scene.open(t);
    for (let at = 0; at < 1_300; at += 1) scene.ports.happen("configuration-changed");
    const ofWorker = (at: number, id: string): object =>
      Object.assign(scene.ports.stored[at] ?? {}, { service: "orders", worker: id, message: `${id} joined` });
    ofWorker(700, "orders-a");
    ofWorker(100, "orders-b");
    const { page, complaints } = await openPage(t, browser, `${scene.dashboard}#/worker/orders/orders-a`);
    await page.getByText("orders-a joined").waitFor();
    await page.goto(`${scene.dashboard}#/worker/orders/orders-b`);
    await page.getByText(/Nothing of it is among the last 1000 events/).waitFor();
    assert.deepEqual(complaints, []);
  });

  test("a tab that slept for long wakes without a false zero and without a false peak", async (t) => {
    const scene = await Scene.open(t);
    const serving = setInterval(() => scene.ports.serve(10), 100);
    t.after(() => clearInterval(serving));
    const { page } = await openPage(t, browser, "about:blank");
    await page.clock.install();
    await page.goto(scene.dashboard);
    const figure = page.locator(".figure .value").first();
    await figure.getByText(/^[12]\d\d$/).waitFor();
    await see(page, "hidden");
    await page.clock.fastForward(31_000);
    await page.locator(".link").getByText("asleep").waitFor();
    await figure.getByText("–", { exact: true }).waitFor();
    scene.ports.serve(100_000);
    await page.evaluate(watchFigure);
    await see(page, "visible");
    await page.locator(".link").getByText("live").waitFor();
    await figure.getByText(/^[12]\d\d$/).waitFor();
    const figures = (await page.evaluate("window.figures")) as string[];
    assert.deepEqual(
      figures.filter((text) => !/^(–|[1-3]\d\d)$/.test(text)),
      [],
    );
  });

  test("a tab that was opened in the background takes no stream before it is seen", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, "about:blank");
    await page.addInitScript(
      'Object.defineProperty(document, "visibilityState", { value: "hidden", configurable: true })',
    );
    let streams = 0;
    page.on("request", (request) => (streams += request.url().includes("/v1/live") ? 1 : 0));
    await page.goto(scene.dashboard);
    await page.locator(".link").getByText("asleep").waitFor();
    assert.equal(streams, 0);
    await see(page, "visible");
    await page.locator(".link").getByText("live").waitFor();
  });

  test("when no controller answers the page says of when it is, and neither rates nor flow go on", async (t) => {
    const scene = await Scene.open(t);
    const serving = setInterval(() => scene.ports.serve(10), 100);
    t.after(() => clearInterval(serving));
    const { page } = await openPage(t, browser, scene.login);
    const figure = page.locator(".figure .value").first();
    await figure.getByText(/^[12]\d\d$/).waitFor();
    await page.locator(".flow").first().waitFor({ state: "attached" });
    scene.close();
    await page
      .getByRole("alert")
      .getByText(/^As of \d\d:\d\d:\d\d: no controller answers/)
      .waitFor();
    await figure.getByText("–", { exact: true }).waitFor();
    assert.equal(await page.locator(".flow").count(), 0);
    assert.deepEqual(await seriousFindings(page), []);
    await picture(page, "as-of");
    await page.goto(`${scene.dashboard}#/worker/orders/orders-a`);
    assert.match(await page.locator(".facts").innerText(), /Requests\/s\s+–/);
  });

  test("a proxy that serves and is not heard is named; rates are unknown, then without it, and not high when it is back", async (t) => {
    const scene = await Scene.open(t);
    const serving = setInterval(() => scene.ports.serve(10), 100);
    t.after(() => clearInterval(serving));
    const { page, complaints } = await openPage(t, browser, scene.dashboard);
    const figure = page.locator(".figure .value").first();
    await figure.getByText(/^[12]\d\d$/).waitFor();
    await page.evaluate(watchFigure);
    scene.ports.silent.add("proxy-2");
    await page.getByText("proxy-2 does not report: rates are not known.").waitFor();
    await figure.getByText("–", { exact: true }).waitFor();
    assert.deepEqual(await seriousFindings(page), []);
    await page.getByText("proxy-2 does not report: rates are without it.").waitFor();
    await figure.getByText(/^([89]\d|1[01]\d)$/).waitFor();
    // It did much meanwhile.
    scene.ports.silent.clear();
    await figure.getByText("–", { exact: true }).waitFor();
    await figure.getByText(/^[12]\d\d$/).waitFor();
    const figures = (await page.evaluate("window.figures")) as string[];
    assert.deepEqual(
      figures.filter((text) => !/^(–|\d\d|[12]\d\d)$/.test(text)),
      [],
    );
    assert.equal(await page.getByText("does not report").count(), 0);
    assert.deepEqual(complaints, []);
  });

  test("a tab that slept shows the configuration of now, also where no event tells that it changed", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.happen("worker-live");
    const { page } = await openPage(t, browser, "about:blank");
    await page.clock.install();
    await page.goto(`${scene.dashboard}#/routes`);
    await page.getByText("No route is configured.").waitFor();
    await see(page, "hidden");
    await page.clock.fastForward(31_000);
    await page.locator(".link").getByText("asleep").waitFor();
    scene.ports.routesThere = [ordersRoute];
    await see(page, "visible");
    await page.getByRole("cell", { name: "the-orders" }).waitFor();
  });

  for (const [name, path, none] of [
    ["routes", "routes", "No route is configured."],
    ["configuration", "config", "The gateway was given its values by a program."],
  ] as const) {
    test(`${name}: while nobody answers nobody says that there is none, and it is asked again`, async (t) => {
      const scene = await Scene.open(t);
      scene.ports.config = () => ({ v: 1, file: null, inForce: true, values: [] });
      const { page } = await openPage(t, browser, "about:blank");
      await page.route(`**/v1/${path}`, (route) => route.abort());
      await page.goto(`${scene.dashboard}#/${name}`);
      await page.getByText("Nobody has answered yet.").waitFor();
      assert.equal(await page.getByText(none).count(), 0);
      assert.equal(await page.getByRole("alert").count(), 1);
      await page.unroute(`**/v1/${path}`);
      await page.getByText(none).waitFor();
      assert.equal(await page.getByRole("alert").count(), 0);
    });
  }

  test("the tester of routes asks for what was typed, and shows no answer of before", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.routesThere = [ordersRoute];
    const { page } = await openPage(t, browser, "about:blank");
    const asked: Record<string, string>[] = [];
    const reply = {
      v: 1,
      route: ordersRoute.name,
      to: [],
      routes: [{ name: ordersRoute.name, verdict: "chosen", reasons: [] }],
    };
    await page.route("**/v1/routes/explain?*", (route) => {
      asked.push(Object.fromEntries(new URL(route.request().url()).searchParams));
      return asked.length % 2 === 1 ? route.fulfill({ json: reply }) : route.abort();
    });
    await page.goto(`${scene.dashboard}#/routes`);
    await page.getByRole("cell", { name: ordersRoute.name }).waitFor();
    const ask = async (text: string): Promise<void> => {
      await page.getByLabel("Path or address").fill(text);
      await page.keyboard.press("Enter");
    };
    const answer = page.getByText("takes it", { exact: true });
    await ask("http://münchen.example:80/orders/7#frag");
    await answer.waitFor();
    assert.deepEqual(asked, [{ method: "GET", host: "xn--mnchen-3ya.example", target: "/orders/7" }]);
    await ask("/orders/8");
    await page.getByRole("alert").waitFor();
    assert.deepEqual([await answer.count(), await page.locator("output").innerText()], [0, ""]);
    await ask("/orders/7");
    await answer.waitFor();
    scene.ports.routesThere = [{ ...ordersRoute, to: [{ service: "others", weight: 1 }] }];
    scene.ports.happen("configuration-changed");
    await page.getByRole("cell", { name: "others" }).waitFor();
    assert.equal(await answer.count(), 0);
  });

  test("events that the store does not give now are not said never to have been", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.happen("worker-live");
    const { events } = scene.ports;
    scene.ports.events = () => Promise.reject(new Error("the store fails"));
    const { page } = await openPage(t, browser, `${scene.dashboard}#/events`);
    await page.getByText(/^Nobody has told yet what happened/).waitFor();
    assert.equal(await page.getByText("Nothing has happened yet").count(), 0);
    scene.ports.events = events;
    await page.getByText("worker-live happened").waitFor();
  });

  test("of a worker that is gone no load is shown", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.change("orders-a", { state: "dead", load: { inFlight: 77, memoryBytes: 77 * 2 ** 20 } });
    const { page } = await openPage(t, browser, `${scene.dashboard}#/workers`);
    const row = page.getByRole("row", { name: "orders-a" });
    await row.getByText("dead").waitFor();
    assert.doesNotMatch(await row.innerText(), /77/);
    await page.goto(`${scene.dashboard}#/worker/orders/orders-a`);
    assert.doesNotMatch(await page.locator(".facts").innerText(), /77/);
  });

  test("a reader's clock that is set back stops neither rates nor the word that nobody answers", async (t) => {
    const scene = await Scene.open(t);
    const serving = setInterval(() => scene.ports.serve(10), 100);
    t.after(() => clearInterval(serving));
    const { page } = await openPage(t, browser, scene.dashboard);
    const figure = page.locator(".figure .value").first();
    await figure.getByText(/^[12]\d\d$/).waitFor();
    await page.evaluate("{ const now = Date.now; Date.now = () => now() - 600_000; }");
    await page.evaluate(watchFigure);
    scene.close();
    await figure.getByText("–", { exact: true }).waitFor();
    await page
      .getByRole("alert")
      .getByText(/^As of/)
      .waitFor();
    const figures = (await page.evaluate("window.figures")) as string[];
    assert.deepEqual(
      figures.filter((text) => !/^(–|[1-3]\d\d)$/.test(text)),
      [],
    );
  });

  test("after a sleep of the machine the page says of which moment it is, not of now", async (t) => {
    const scene = await Scene.open(t);
    const { page } = await openPage(t, browser, scene.dashboard);
    await page.locator(".link").getByText("live").waitFor();
    scene.close();
    const closedAt = Date.now();
    // What a sleep is in Chromium: the wall clock has gone on, performance.now() has not.
    await page.evaluate("{ const now = Date.now; Date.now = () => now() + 600_000; }");
    const text = await page
      .getByRole("alert")
      .getByText(/^As of/)
      .innerText();
    const before = Array.from({ length: 4 }, (_, ago) =>
      clock(new Date(closedAt - ago * 1_000).toISOString()),
    );
    assert.ok(
      before.some((time) => text.includes(time)),
      `${text}, and it slept at ${before[0]}`,
    );
  });

  test("requests: while nobody answers, nobody says that there are none", async (t) => {
    const scene = await Scene.open(t);
    scene.ports.requests = () => new Promise(() => {});
    const { page } = await openPage(t, browser, `${scene.dashboard}#/requests`);
    await page.getByText("Asking…").waitFor();
    await page.getByRole("alert").getByText("No controller answered within 5 s").waitFor();
    assert.equal(await page.getByText("No proxy remembers a request.").count(), 0);
    await page.getByText("Nobody has answered yet.").waitFor();
  });
});
