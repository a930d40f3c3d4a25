import type { StoreReply } from "../../protocol/discovery.ts";
import { systemClock } from "../../runtime/clock.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode } from "../failure.ts";
import { printable, type Terminal } from "../terminal.ts";

export interface StoreOptions extends ControlOptions {
  json?: boolean;
}

/** `skein store status`. Exit code 1 when the store is not sound. */
export async function status(options: StoreOptions, terminal: Terminal): Promise<number> {
  const reply = await new ControlClient(options).get<StoreReply>("/v1/store");
  tell(reply, options, terminal);
  return reply.condition === "sound" ? exitCode.ok : exitCode.failed;
}

const soundWithinMs = 10_000;
const lookEveryMs = 100;

/**
 * `skein store adopt`, `skein store republish`: an operator's word about a store that is held. The controllers see the
 * decision a moment after it was written: waits for that. The exit code is about the decision: 0 where it was made, also
 * while the store fails for another reason; 1 where it was not, or the store is held all the same.
 */
export async function decide(
  word: "adopt" | "republish",
  options: StoreOptions,
  terminal: Terminal,
  withinMs = soundWithinMs,
): Promise<number> {
  const client = new ControlClient(options);
  const decided = await client.change<StoreReply>(`/v1/store/${word}`);
  terminal.note(word === "adopt" ? "what is in the store counts" : "what this gateway knows was written");
  const reply = await whenSound(client, decided, withinMs);
  tell(reply, options, terminal);
  return reply.condition === "held" ? exitCode.failed : exitCode.ok;
}

/** The last that was heard, where it is not sound in time. */
async function whenSound(client: ControlClient, first: StoreReply, withinMs: number): Promise<StoreReply> {
  let reply = first;
  const deadline = systemClock.now() + withinMs;
  while (reply.condition !== "sound" && systemClock.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    reply = await client.get<StoreReply>("/v1/store").catch(() => reply);
  }
  return reply;
}

const advice: Partial<Record<StoreReply["condition"], string>> = {
  failing: "requests are served on, and changes are refused until it is back",
  damaged: "the last whole state stays in force; the leader writes it anew by itself",
  held:
    "the last known state stays in force until you decide:\n" +
    "  skein store adopt       what is there counts\n" +
    "  skein store republish   what this gateway knows is written there",
};

function tell(reply: StoreReply, options: StoreOptions, terminal: Terminal): void {
  const { place, condition, what } = reply;
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  else terminal.out(printable(`${place}: ${condition}`));
  if (what !== null) terminal.note(printable(what));
  const more = advice[condition];
  if (more !== undefined) terminal.note(more);
}
