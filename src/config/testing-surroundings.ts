import { basename } from "node:path";
import type { Surroundings } from "./resolve.ts";

/**
 * Files that exist only by their names: `a.test.pem` with `a.test.key` is a certificate for a.test, `old.pem` has
 * expired, `bad.pem` and `bad.key` cannot be used.
 */
export const testSurroundings: Surroundings = {
  directoryOf: () => "/here",
  directory: "/conf",
  cores: 4,
  hints: false,
  files: {
    certificate({ cert, key }) {
      for (const [of, file] of [["cert", cert] as const, ["key", key] as const]) {
        if (basename(file).startsWith("bad")) return { ok: false, fault: { of, message: `${file} is bad` } };
      }
      const names = [basename(cert, ".pem")];
      const certificate = { cert: "", key: "", digest: `digest of ${cert}`, names, notAfter: 0 };
      const warnings = names[0] === "old" ? [{ of: "cert" as const, message: `${cert} has expired` }] : [];
      return { ok: true, certificate, warnings };
    },
    authorities(file) {
      if (basename(file).startsWith("bad")) return { ok: false, fault: `${file} is bad` };
      return { ok: true, certificates: [], digest: `digest of ${file}` };
    },
    stickyKey(file) {
      if (basename(file).startsWith("bad")) return { ok: false, fault: `${file} is bad` };
      return { ok: true, key: "", digest: `digest of ${file}`, open: basename(file).startsWith("open") };
    },
  },
};
