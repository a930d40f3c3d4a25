import type { StoreReply } from "../../protocol/discovery.ts";
import { ControlClient, type ControlOptions } from "../control-client.ts";
import { exitCode } from "../failure.ts";
import { printable, type Terminal } from "../terminal.ts";

export interface StoreOptions extends ControlOptions {
  json?: boolean;
}

/** `skein store status`. Exit code 1 when the store is not sound. */
export async function status(options: StoreOptions, terminal: Terminal): Promise<number> {
  const reply = await new ControlClient(options).get<StoreReply>("/v1/store");
  return tell(reply, options, terminal);
}

/** `skein store adopt`, `skein store republish`: an operator's word about a store that is held. */
export async function decide(
  word: "adopt" | "republish",
  options: StoreOptions,
  terminal: Terminal,
): Promise<number> {
  const reply = await new ControlClient(options).change<StoreReply>(`/v1/store/${word}`);
  terminal.note(word === "adopt" ? "what is in the store counts" : "what this gateway knows was written");
  return tell(reply, options, terminal);
}

const advice: Partial<Record<StoreReply["condition"], string>> = {
  failing: "requests are served on, and changes are refused until it is back",
  damaged: "the last whole state stays in force; the leader writes it anew by itself",
  held:
    "the last known state stays in force until you decide:\n" +
    "  skein store adopt       what is there counts\n" +
    "  skein store republish   what this gateway knows is written there",
};

function tell(reply: StoreReply, options: StoreOptions, terminal: Terminal): number {
  const { place, condition, what } = reply;
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  else terminal.out(printable(`${place}: ${condition}`));
  if (what !== null) terminal.note(printable(what));
  const more = advice[condition];
  if (more !== undefined) terminal.note(more);
  return condition === "sound" ? exitCode.ok : exitCode.failed;
}
