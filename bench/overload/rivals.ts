import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled, versionOf } from "../machine/process.ts";

import { haproxyBase, type Rival, rivals } from "../tails/rivals.ts";

/**
 * As somebody sets it up who knows how many requests each worker serves at once, and that they may wait for so long: ours is
 * told neither.
 */
function tunedHaproxy(slots: number): Rival {
  return {
    name: "haproxy-tuned",
    version: () => versionOf("haproxy", "-v"),
    missing: () => (isInstalled("haproxy") ? undefined : "not installed (Debian: apt-get install haproxy)"),
    ways: [{ name: `haproxy leastconn, maxconn ${slots}, queue 1 s, critical first`, setting: "leastconn" }],
    prepare({ directory, ports, workers }) {
      const servers = workers
        .map((port, at) => `  server w${at} 127.0.0.1:${port} check maxconn ${slots}`)
        .join("\n");
      const file = join(directory, "haproxy.cfg");
      writeFileSync(
        file,
        `${haproxyBase}  timeout queue 1s
listen web
  bind 127.0.0.1:${ports[0]}
  balance leastconn
  option httpchk GET /healthz
  option redispatch
  http-reuse always
  http-request set-priority-class int(-10) if { req.hdr(x-priority) critical }
${servers}
`,
      );
      return ["haproxy", "-db", "-f", file];
    },
  };
}

const wanted = ["nginx least_conn", "haproxy leastconn"];

/** Those that know how busy the workers are. */
export function overloadRivals(slots: number): Rival[] {
  const plain = rivals.flatMap((rival) => {
    const ways = rival.ways.filter(({ name }) => wanted.includes(name));
    return ways.length === 0 ? [] : [{ ...rival, ways }];
  });
  return [...plain, tunedHaproxy(slots)];
}
