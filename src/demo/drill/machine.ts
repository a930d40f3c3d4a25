import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** How busy the whole machine was, whoever made it so: measured times mean little on a crowded one. */
export interface MachineUse {
  cores: number;
  /** Shares of all cores' time. `stolen`: a virtual machine wanted to run, and its host ran something else. */
  busy: number;
  stolen: number;
}

export interface CpuTicks {
  total: number;
  idle: number;
  stolen: number;
}

/** From the text of `/proc/stat`. */
export function cpuTicksIn(stat: string): CpuTicks {
  const fields = (/^cpu +(.*)$/m.exec(stat)?.[1] ?? "").split(" ").map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, irq = 0, softIrq = 0, stolen = 0] = fields;
  const total = user + nice + system + idle + waiting + irq + softIrq + stolen;
  return { total, idle: idle + waiting, stolen };
}

export function useBetween(before: CpuTicks, after: CpuTicks, cores: number): MachineUse {
  const total = Math.max(1, after.total - before.total);
  const stolen = (after.stolen - before.stolen) / total;
  return { cores, busy: 1 - (after.idle - before.idle) / total - stolen, stolen };
}

/** Call it, do the work, call what it gave: how busy the machine was meanwhile. Undefined where it cannot be known. */
export function watchMachine(): () => MachineUse | undefined {
  const read = (): CpuTicks | undefined => {
    try {
      return cpuTicksIn(readFileSync("/proc/stat", "utf8"));
    } catch {
      return undefined;
    }
  };
  const before = read();
  return () => {
    const after = read();
    return before === undefined || after === undefined
      ? undefined
      : useBetween(before, after, availableParallelism());
  };
}

export function machineLine(use: MachineUse | undefined): string {
  if (use === undefined) return "machine    how busy it was is not known here";
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return `machine    ${use.cores} cores, ${percent(use.busy)} busy, ${percent(use.stolen)} taken by its host`;
}
