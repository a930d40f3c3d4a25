import { pathToFileURL } from "node:url";
import { entryFile, inheritedNodeFlags } from "../../runtime/entry.ts";
import { describeEnd, Program } from "./program.ts";
import { prefixLines } from "./prefix-lines.ts";

/** In development nobody waits half a minute for a request in flight. */
const drainMs = 5000;

export interface InstanceSettings {
  id: string;
  service: string;
  entry: string;
  args: string[];
  control: string;
  prefix: string;
}

//  stopped --start--> running --stop--> stopped
//                        '--ends by itself--> crashed --start--> running
type State = { kind: "stopped" | "crashed" } | { kind: "running"; program: Program };

/** One of the app's instances: started with skein/auto, its lines prefixed. */
export class DevInstance {
  readonly settings: InstanceSettings;
  /** It was restarted, and is not known to be live since. */
  waits = false;
  readonly #say: (text: string) => void;
  #state: State = { kind: "stopped" };
  /** The last one. */
  #program: Program | undefined;

  constructor(settings: InstanceSettings, say: (text: string) => void) {
    this.settings = settings;
    this.#say = say;
  }

  get running(): boolean {
    return this.#state.kind === "running";
  }

  start(): void {
    if (this.#state.kind === "running") return;
    const { id, service, entry, args, control, prefix } = this.settings;
    const auto = pathToFileURL(entryFile("worker/auto")).href;
    const program = new Program(
      [process.execPath, ...inheritedNodeFlags(), "--import", auto, entry, ...args],
      {
        // No stdin: it belongs to the terminal's one reader.
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          ...process.env,
          SKEIN_DEV: "1",
          SKEIN_SERVICE: service,
          SKEIN_ID: id,
          SKEIN_CONTROL: control,
          SKEIN_AUTO_JOINED: "",
        },
      },
    );
    const { stdout, stderr } = program.child;
    if (stdout !== null) prefixLines(stdout, process.stdout, prefix);
    if (stderr !== null) prefixLines(stderr, process.stderr, prefix);
    this.#program = program;
    this.#state = { kind: "running", program };
    program.ended.then(
      (end) => this.#ended(program, describeEnd(end)),
      (error: unknown) => this.#ended(program, error instanceof Error ? error.message : String(error)),
    );
  }

  /** Politely: skein/auto drains on SIGTERM. */
  async stop(): Promise<void> {
    if (this.#state.kind !== "running") return;
    const { program } = this.#state;
    this.#state = { kind: "stopped" };
    await program.stop(drainMs).catch(() => undefined);
  }

  /** At once, also while it stops. */
  kill(): void {
    this.#program?.child.kill("SIGKILL");
  }

  #ended(program: Program, how: string): void {
    if (this.#state.kind !== "running" || this.#state.program !== program) return;
    this.#state = { kind: "crashed" };
    this.#say(`${this.settings.id} ended (${how}); it is started again when a file changes`);
  }
}
