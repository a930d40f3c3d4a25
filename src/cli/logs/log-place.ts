/** Where the processes of a gateway write their logs: to the stderr with which its supervisor was started. */
export type LogPlace =
  | { kind: "file"; path: string }
  | { kind: "journal"; unit: string; option: "--unit" | "--user-unit" }
  /** It cannot be read; `why` says where it goes, and what to do. */
  | { kind: "elsewhere"; why: string };

const advice =
  "Started with `2>> skein.log` it would be a file that skein logs finds; under systemd it is in the journal.";

/** `target`: to what descriptor 2 of the supervisor links; `cgroup`: the content of its file in /proc. */
export function logPlace(target: string, cgroup: string): LogPlace {
  if (target.endsWith(" (deleted)")) {
    return { kind: "elsewhere", why: `the log's file ${target.slice(0, -10)} was removed. ${advice}` };
  }
  if (target === "/dev/null") return { kind: "elsewhere", why: `the log goes to /dev/null. ${advice}` };
  if (/^\/dev\/(pts|tty|console)/.test(target)) {
    return {
      kind: "elsewhere",
      why: `the log goes to the terminal ${target}, where the gateway was started. ${advice}`,
    };
  }
  if (target.startsWith("/")) return { kind: "file", path: target };
  // The innermost: a user's services run within that of their own systemd.
  const [, within = "", unit] = /^(.*)\/([^/\n]+\.service)(?:\/.*)?$/m.exec(cgroup) ?? [];
  if (target.startsWith("socket:") && unit !== undefined)
    return { kind: "journal", unit, option: within.includes("/user@") ? "--user-unit" : "--unit" };
  return { kind: "elsewhere", why: `the log goes to another program (${target}): read it there. ${advice}` };
}
