import type { DemoFault } from "../../protocol/demo.ts";
import { type Row, rowsNamed } from "../drill/rows.ts";

const out = "Out of every table after";
const replaced = "Replaced after";
const led = "Next leader's first write after";

/** What a person may break. Each is a row of the drill, and bears its name. */
export const breakable: readonly DemoFault[] = [
  {
    name: "kill-worker",
    on: "worker",
    verb: "Kill",
    effect: "kill -9. The process is gone, and says nothing before.",
    noticed: out,
    undo: "Start it again",
  },
  {
    name: "stop-worker",
    on: "worker",
    verb: "Freeze",
    effect: "SIGSTOP. Its kernel still accepts connections; nothing ever answers.",
    noticed: out,
    undo: "Continue it",
  },
  {
    name: "slow-worker",
    on: "worker",
    verb: "Slow",
    effect: "Every order takes 400 ms longer there. It is well, and late.",
    noticed: out,
    undo: "Let it be quick",
  },
  {
    name: "cut-worker",
    on: "worker",
    verb: "Partition",
    effect: "No byte passes between the proxies and it. Its heartbeats still reach the controllers.",
    noticed: out,
    undo: "Mend the wire",
  },
  {
    name: "block-worker",
    on: "worker",
    verb: "Block",
    effect: "Its event loop computes for five seconds, as a bad regular expression does.",
    noticed: out,
  },
  {
    name: "kill-leader",
    on: "gateway",
    verb: "Kill the leader",
    effect: "kill -9 the leading controller. A standby takes over; requests do not pass through either.",
    noticed: led,
  },
  {
    name: "stop-leader",
    on: "gateway",
    verb: "Freeze the leader",
    effect: "SIGSTOP the leading controller: it believes that it leads, and can do nothing.",
    noticed: led,
    undo: "Continue it",
  },
  {
    name: "kill-proxy",
    on: "gateway",
    verb: "Kill a proxy",
    effect: "kill -9 one of the proxies. What is on its connections is lost, and nothing else.",
    noticed: replaced,
  },
  {
    name: "stop-proxy",
    on: "gateway",
    verb: "Freeze a proxy",
    effect: "SIGSTOP one of the proxies. The supervisor replaces it after two seconds of silence.",
    noticed: replaced,
    undo: "Continue it",
  },
  {
    name: "kill-supervisor",
    on: "gateway",
    verb: "Kill the supervisor",
    effect: "kill -9 what holds the door. The proxies hold it as well, and start another.",
    noticed: replaced,
  },
];

export function rowOf({ name }: DemoFault): Row {
  const [row] = rowsNamed([name]);
  if (row === undefined) throw new Error(`demo: no row is called ${name}`);
  return row;
}
