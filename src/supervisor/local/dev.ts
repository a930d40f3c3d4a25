import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { SkeinError } from "../../protocol/error.ts";
import { dashboardLink } from "../../runtime/dashboard-link.ts";
import { placesIn } from "../../runtime/places.ts";
import type { GatewayFile } from "../../protocol/supervision.ts";
import { systemClock } from "../../runtime/clock.ts";
import { defaultService } from "../../worker/auto-service.ts";
import { askedToEnd } from "./asked-to-end.ts";
import { DevGateway } from "./dev-gateway.ts";
import { DevInstance } from "./dev-instance.ts";
import { nextFreePort } from "./free-port.ts";
import type { RunDevOptions } from "./options.ts";
import { watchFiles } from "./watch-files.ts";
import { withoutRoute } from "./without-route.ts";

/** After this long it is said that an instance is not live, and that the others wait for it. */
const liveWithinMs = 10_000;
const lookEveryMs = 50;

/**
 * The user's own, unchanged app behind a gateway: several instances, started by skein/auto, restarted one after
 * another when a file changes. Resolves to the exit code after Ctrl-C or SIGTERM: 0, or 1 where the gateway could
 * not start.
 */
export async function runDev(options: RunDevOptions): Promise<number> {
  const entry = resolve(options.entry);
  if (!existsSync(entry)) {
    throw new SkeinError(
      "invalid",
      `skein dev: there is no file ${options.entry}; name the app's entry, such as server.js`,
    );
  }
  const instances = options.instances ?? 3;
  if (!Number.isInteger(instances) || instances < 1 || instances > 64) {
    throw new SkeinError(
      "invalid",
      `skein dev: instances must be a whole number from 1 to 64, not ${instances}`,
    );
  }
  const temporary = options.state === undefined ? mkdtempSync(join(tmpdir(), "skein-dev-")) : undefined;
  try {
    const gateway = new DevGateway({
      listen: options.listen ?? `:${await nextFreePort(8080)}`,
      control: options.control ?? `127.0.0.1:${await nextFreePort(7600, "127.0.0.1")}`,
      state: options.state ?? temporary ?? ".skein",
      config: options.config,
    });
    return await new Dev(options, entry, instances, gateway).run();
  } finally {
    if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
  }
}

class Dev {
  readonly #options: RunDevOptions;
  readonly #entry: string;
  readonly #count: number;
  readonly #gateway: DevGateway;
  readonly #service: string;
  #instances: DevInstance[] = [];
  #control = "";
  #rolling: Promise<void> | undefined;
  #changed = false;
  #stopping = false;

  constructor(options: RunDevOptions, entry: string, count: number, gateway: DevGateway) {
    this.#options = options;
    this.#entry = entry;
    this.#count = count;
    this.#gateway = gateway;
    this.#service = options.service ?? defaultService(process.cwd());
  }

  async run(): Promise<number> {
    const asked = askedToEnd(systemClock);
    // However this process ends: the gateway, in a process group of its own, would stay.
    process.once("exit", () => {
      this.#gateway.ask();
      for (const instance of this.#instances) instance.kill();
    });
    const running = await this.#gateway.ready();
    if (running === undefined) {
      await this.#gateway.stop();
      say("the gateway did not start (see above)");
      return 1;
    }
    const { tokenFile } = placesIn(this.#gateway.state);
    say(
      `dashboard ${dashboardLink(running.controlUrl ?? `http://${running.control}`, tokenFile, process.stderr.isTTY)}`,
    );
    this.#startInstances(running);
    void this.#tellRouting();
    const watching = this.#options.watch === false ? undefined : this.#watch();
    const why = await Promise.race([asked, this.#gateway.ended.then(() => "gateway ended" as const)]);
    if (why === "gateway ended") say("the gateway has ended (see above)");
    this.#stopping = true;
    watching?.close();
    // With the roll, which may be stopping one: that would seem stopped before it is.
    await Promise.all([this.#rolling, ...this.#instances.map(async (instance) => instance.stop())]);
    await this.#gateway.stop();
    return why === "gateway ended" ? 1 : 0;
  }

  #startInstances(gateway: GatewayFile): void {
    this.#control = gateway.control;
    const names = Array.from({ length: this.#count }, (_, index) => `${this.#service}-${index + 1}`);
    this.#instances = names.map((id) => {
      const { args = [] } = this.#options;
      const prefix = `${id} | `;
      const control = `http://${gateway.control}`;
      return new DevInstance({ id, service: this.#service, entry: this.#entry, args, control, prefix }, say);
    });
    for (const instance of this.#instances) instance.start();
    const urls = gateway.urls ?? gateway.listen.map((address) => `http://${address}`);
    say(`app       ${urls.map((url) => url.replace("0.0.0.0", "localhost")).join("  ")}`);
    say(`control   http://${gateway.control}`);
    say(`instances ${names.join(", ")}`);
    if (this.#options.watch !== false) say("restarted one after another when a file changes; Ctrl-C ends");
  }

  async #tellRouting(): Promise<void> {
    const routing = await this.#gateway.routing(this.#control);
    if (routing === undefined) return;
    const file = relative(process.cwd(), routing.file);
    say(`routes    those of ${file}`);
    const fault = withoutRoute(file, routing.services, this.#service);
    if (fault !== undefined) say(fault);
  }

  #watch(): { close(): void } {
    const changed = (file: string): void => {
      say(`${file} changed`);
      this.#changed = true;
      this.#rolling ??= this.#roll().finally(() => (this.#rolling = undefined));
    };
    return watchFiles(process.cwd(), systemClock, changed, { except: this.#gateway.state });
  }

  /** One after another, so that the others serve meanwhile; again when something changed while it went on. */
  async #roll(): Promise<void> {
    while (this.#changed && !this.#stopping) {
      this.#changed = false;
      const all = await this.#restartAll();
      if (all && !this.#changed && !this.#stopping) say("all instances run the changed files");
    }
  }

  /** Ends at the first that does not become live: what it runs must not take down those that serve. */
  async #restartAll(): Promise<boolean> {
    const order = this.#instances.toSorted((one, other) => Number(other.waits) - Number(one.waits));
    for (const [at, instance] of order.entries()) {
      instance.waits = true;
      await instance.stop();
      // Asked to end meanwhile: nobody would stop one that is started now.
      if (this.#stopping) return false;
      instance.start();
      instance.waits = !(await this.#becomesLive(instance, order.slice(at + 1)));
      if (instance.waits) return false;
    }
    return true;
  }

  /** False: it has ended, or files have changed again. `rest`: those that still run what was before. */
  async #becomesLive(instance: DevInstance, rest: readonly DevInstance[]): Promise<boolean> {
    const { id } = instance.settings;
    const others = servingText(rest);
    for (let waitedMs = 0; !this.#stopping && !this.#changed; waitedMs += lookEveryMs) {
      await new Promise((done) => setTimeout(done, lookEveryMs));
      const isLive = await this.#gateway.isLive(this.#control, this.#service, id);
      if (!instance.running) {
        say(
          `the changed files do not run in ${id}: ${others}. The next change of a file begins with ${id} again`,
        );
        return false;
      }
      if (isLive) return true;
      if (waitedMs === liveWithinMs)
        say(
          `${id} with the changed files is not live after ${liveWithinMs / 1_000} s: until it is, ${others}`,
        );
    }
    return false;
  }
}

function servingText(rest: readonly DevInstance[]): string {
  const ids = rest.filter(({ running }) => running).map(({ settings }) => settings.id);
  return ids.length === 0
    ? "nobody serves the files from before"
    : `${ids.join(", ")} ${ids.length === 1 ? "serves" : "serve"} the files from before`;
}

function say(text: string): void {
  process.stderr.write(`skein dev: ${text}\n`);
}
