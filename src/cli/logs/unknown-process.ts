import { nearest } from "../../core/did-you-mean.ts";
import { askSupervisor } from "../../supervisor/ask.ts";
import { Failure } from "../failure.ts";
import { printable } from "../terminal.ts";

const roles = ["supervisor", "proxy", "controller"];

/** What to say of a name that no process of the gateway has, nor their role; undefined: one has, or nobody can tell. */
export async function unknownProcess(name: string, state: string): Promise<Failure | undefined> {
  if (roles.includes(name)) return undefined;
  const status = await askSupervisor(state, { name: "status" }).catch(() => undefined);
  if (status === undefined) return undefined;
  // They stand there in the order in which they were started, which changes with each that is replaced.
  const children = status.children.map((child) => child.name);
  children.sort((one, other) => one.localeCompare(other, "en", { numeric: true }));
  return strangerAmong(name, ["supervisor", ...children]);
}

export function strangerAmong(name: string, running: readonly string[]): Failure | undefined {
  if (running.includes(name)) return undefined;
  const near = nearest(name, [...running, ...roles]);
  const meant = near === undefined ? "" : ` Did you mean ${near}?`;
  const there = `These run: ${running.join(", ")}; proxy and controller are all of a kind.`;
  return new Failure(
    `--process: no process "${printable(name)}" runs, and the log has nothing of it.${meant}\n${there}`,
  );
}
