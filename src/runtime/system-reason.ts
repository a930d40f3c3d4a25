/**
 * Why the system refused a file or a process, in words of the operator, with what to do about it. `wish`: what was to be done with the
 * file.
 */
export function systemReason(error: unknown, wish: "write" | "read" = "write"): string {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const ofProgram =
    syscall?.startsWith("spawn") === true && code !== undefined ? programReasons[code] : undefined;
  if (ofProgram !== undefined) return `${path ?? "the program"} ${ofProgram}`;
  if (wish === "read" && (code === "EACCES" || code === "EPERM"))
    return "this user may not. Let this user read it";
  return (code === undefined ? undefined : reasons[code]) ?? plainMessage(error);
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full. Free some space",
  EDQUOT: "this user's share of the disk is used up. Free some space",
  EROFS: "the file system can only be read. Make it writable",
  EACCES: "this user may not. Make it writable for this user",
  EPERM: "this user may not. Make it writable for this user",
  EISDIR: "it is a directory. Name a file",
  ENOTDIR: "a part of the path is a file, no directory. Name another place",
  EEXIST: "there is a file of this name. Remove it",
  ENOENT: "a directory of the path is missing. Make it",
  EMFILE: "this process has too many files open. Raise its limit (`ulimit -n`, LimitNOFILE=)",
  ENFILE: "the host has too many files open. Raise the limit fs.file-max",
  EADDRNOTAVAIL:
    "no local port is left for one more connection to that address. Widen net.ipv4.ip_local_port_range",
  ENOBUFS: "the host has no memory left for the network. Raise net.ipv4.tcp_mem",
  ENOMEM: "the host has no memory left. Free some",
  ENXIO: "it is a pipe that nobody has opened. Start its reader",
  EIO: "the disk reports an error. See the kernel's log",
};

/** Why it started no program. */
const programReasons: Readonly<Record<string, string>> = {
  ENOENT: "is gone. If Node was replaced, stop and start what runs with the old one",
  EACCES: "may not be run by this user",
  EAGAIN: "would be one process too many. Raise the limit (`ulimit -u`, TasksMax=)",
};

function plainMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
