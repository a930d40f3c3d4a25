import { readAuthorities } from "../runtime/authorities.ts";
import { readCertificate } from "../runtime/certificate.ts";
import { readStickyKey } from "../runtime/sticky-key.ts";
import type { TlsFiles } from "./tls.ts";

/** The files of this host, as whoever reads the configuration finds them. */
export const systemFiles: TlsFiles = {
  certificate: (files) => readCertificate(files, Date.now()),
  authorities: readAuthorities,
  stickyKey: readStickyKey,
};
