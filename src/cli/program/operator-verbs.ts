import type { Command } from "commander";
import type { ControlOptions } from "../find-control.ts";
import type { Stage } from "../program.ts";
import type { EventsOptions } from "../verbs/events.ts";
import type { PsOptions } from "../verbs/ps.ts";
import type { RouteTestOptions } from "../verbs/route-test.ts";
import type { StoreOptions } from "../verbs/store.ts";
import type { WorkerOptions } from "../verbs/workers.ts";
import { type WatchOptions, watched } from "../watch.ts";
import { withControl, withWatch } from "./with-control.ts";

/** What asks and changes a running cluster, over the control API. */
export function addOperatorVerbs(program: Command, stage: Stage): void {
  addReadVerbs(program, stage);
  addEvents(program, stage);
  addWorkerVerbs(program, stage);
  addRouteTest(program, stage);
  addStoreVerbs(program, stage);
}

type ReadOptions = ControlOptions & WatchOptions & { json?: boolean };

function addReadVerbs(program: Command, stage: Stage): void {
  const { terminal } = stage;
  withWatch(withControl(program.command("ps")))
    .description("the workers, and how they are")
    .option("-s, --service <name>", "only this service")
    .option("--at <moment>", "as they were: 12:03:10 (UTC), 5m (ago), or an ISO time")
    .addHelpText(
      "after",
      "\nExamples:\n  skein ps\n  skein ps --at 12:03:10\n  skein ps --service orders --json\n  skein ps --watch",
    )
    .action(async (options: PsOptions & WatchOptions & { at?: string }) => {
      const { at } = options;
      if (at !== undefined) {
        const { psAt } = await import("../verbs/history.ts");
        return stage.ended(await watched(options, terminal, (each, page) => psAt(at, each, page)));
      }
      const { ps } = await import("../verbs/ps.ts");
      stage.ended(await watched(options, terminal, ps));
    });
  withWatch(withControl(program.command("services")))
    .description("the services, and how many of their workers are in which state")
    .addHelpText("after", "\nExamples:\n  skein services")
    .action(async (options: ReadOptions) => {
      const { services } = await import("../verbs/services.ts");
      stage.ended(await watched(options, terminal, services));
    });
  withWatch(withControl(program.command("routes")))
    .description("the routes, in their order of precedence")
    .addHelpText("after", "\nExamples:\n  skein routes")
    .action(async (options: ReadOptions) => {
      const { routes } = await import("../verbs/routes.ts");
      stage.ended(await watched(options, terminal, routes));
    });
  withWatch(withControl(program.command("leader")))
    .description("the controllers, and who leads; exit code 1 while nobody does")
    .addHelpText("after", "\nExamples:\n  skein leader\n  skein leader --json | jq -r .leader")
    .action(async (options: ReadOptions) => {
      const { leader } = await import("../verbs/leader.ts");
      stage.ended(await watched(options, terminal, leader));
    });
}

function addEvents(program: Command, stage: Stage): void {
  withControl(program.command("events"))
    .description("what happened in the cluster; with --json one JSON text per line")
    .option("-f, --follow", "go on until Ctrl-C")
    .option("-n, --lines <count>", "at most so many from before", "20")
    .option("--after <id>", "only events with a higher id")
    .addHelpText("after", "\nExamples:\n  skein events -n 100\n  skein events --follow --json")
    .action(async (options: EventsOptions) => {
      const { events } = await import("../verbs/events.ts");
      stage.ended(await events(options, stage.terminal));
    });
}

function addWorkerVerbs(program: Command, stage: Stage): void {
  const worker = (name: string, description: string, example: string): Command =>
    withControl(program.command(name))
      .description(description)
      .argument("<id>", "the worker's id: see skein ps")
      .option("-s, --service <name>", "which service, when workers of several have this id")
      .addHelpText("after", `\nExamples:\n${example}`);
  for (const on of [true, false]) {
    const name = on ? "drain" : "undrain";
    const description = on ? "give a worker no new requests" : "give a worker requests again";
    worker(name, description, `  skein ${name} orders-1`).action(
      async (id: string, options: WorkerOptions) => {
        const { drain } = await import("../verbs/workers.ts");
        stage.ended(await drain(id, on, options, stage.terminal));
      },
    );
  }
  worker(
    "weight",
    "set a worker's share of the requests",
    "  skein weight orders-1 0.1\n  skein weight orders-1 reset",
  )
    .argument("<weight>", "0 to 1000, or reset for its own")
    .action(async (id: string, value: string, options: WorkerOptions) => {
      const { weight } = await import("../verbs/workers.ts");
      stage.ended(await weight(id, value, options, stage.terminal));
    });
}

function addStoreVerbs(program: Command, stage: Stage): void {
  const store = program
    .command("store")
    .description("how the store is, and what counts after it was replaced");
  withWatch(withControl(store.command("status")))
    .description("how the store is; exit code 1 when it is not sound")
    .addHelpText("after", "\nExamples:\n  skein store status\n  skein store status --json | jq -r .condition")
    .action(async (options: StoreOptions & WatchOptions) => {
      const { status } = await import("../verbs/store.ts");
      stage.ended(await watched(options, stage.terminal, status));
    });
  const words = {
    adopt: "etcd was replaced or set back: what is there counts from now on",
    republish: "etcd was replaced or set back: what this gateway knows is written there",
  };
  for (const word of ["adopt", "republish"] as const) {
    withControl(store.command(word))
      .description(words[word])
      .addHelpText(
        "after",
        `
Waits until the controllers have seen it, 10 s at most. Exit code 1: it was not
decided, or the store is held all the same.

Examples:
  skein store ${word}`,
      )
      .action(async (options: StoreOptions) => {
        const { decide } = await import("../verbs/store.ts");
        stage.ended(await decide(word, options, stage.terminal));
      });
  }
}

function addRouteTest(program: Command, stage: Stage): void {
  const route = program.command("route").description("questions about routes");
  withWatch(withControl(route.command("test")))
    .description("which route and which workers a request would meet, and why not the others")
    .argument("<request...>", "a method and a path, a path, or a URL")
    .option("--host <host>", "the request's host (default: that of the URL, else localhost)")
    .option("-H, --header <header...>", 'a header, as "name: value"')
    .option("-c, --config <file>", "ask this configuration instead of a running gateway")
    .addHelpText(
      "after",
      `
Exit code 1: no route matches, or no worker may get the request.

Examples:
  skein route test GET /orders/7
  skein route test POST http://shop.example.com/cart?step=2 -H "x-beta: 1"
  skein route test /api/x --config skein.config.ts`,
    )
    .action(async (words: string[], options: RouteTestOptions & WatchOptions) => {
      const { routeTest } = await import("../verbs/route-test.ts");
      stage.ended(await watched(options, stage.terminal, (each, page) => routeTest(words, each, page)));
    });
}
