import { readdirSync, readFileSync } from "node:fs";
import type { Cpu } from "../suite/results.ts";

/** The kernel counts CPU time in hundredths of a second on every Linux that node runs on (USER_HZ). */
const microsPerTick = 10_000;

/** CPU time of a process, all its threads, from the text of `/proc/PID/stat`. */
export function cpuIn(stat: string): Cpu {
  const fields = fieldsAfterName(stat);
  return { user: Number(fields[11]) * microsPerTick, system: Number(fields[12]) * microsPerTick };
}

export function parentIn(stat: string): number {
  return Number(fieldsAfterName(stat)[1]);
}

/** Resident memory, from the text of `/proc/PID/status`. */
export function rssBytesIn(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** The name in parentheses may hold blanks and parentheses: fields are counted after its end. */
function fieldsAfterName(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Time in which these cores did anything, microseconds, from the text of `/proc/stat`. What a host took is in it. */
export function busyIn(stat: string, cores: readonly number[]): number {
  const lines = new Map(stat.split("\n").map((line) => [line.slice(0, line.indexOf(" ")), line]));
  return cores
    .map((core) => {
      const fields = (lines.get(`cpu${core}`) ?? "").split(" ").slice(1).map(Number);
      const [user = 0, nice = 0, system = 0, , , irq = 0, softIrq = 0, stolen = 0] = fields;
      return (user + nice + system + irq + softIrq + stolen) * microsPerTick;
    })
    .reduce((sum, one) => sum + one, 0);
}

export function busyOf(cores: readonly number[]): number {
  return busyIn(readFileSync("/proc/stat", "latin1"), cores);
}

export function cpuOf(pids: readonly number[]): Cpu {
  return pids
    .map((pid) => cpuIn(readFileSync(`/proc/${pid}/stat`, "latin1")))
    .reduce((sum, one) => ({ user: sum.user + one.user, system: sum.system + one.system }), {
      user: 0,
      system: 0,
    });
}

export function cpuBetween(before: Cpu, after: Cpu): Cpu {
  return { user: after.user - before.user, system: after.system - before.system };
}

export function rssBytesOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + rssBytesIn(readFileSync(`/proc/${pid}/status`, "latin1")), 0);
}

/** A process and all under it. */
export function familyOf(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const parent = parentIn(readFileSync(`/proc/${name}/stat`, "latin1"));
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended between the two readings.
    }
  }
  const family = [pid];
  for (const one of family) family.push(...(children.get(one) ?? []));
  return family;
}
