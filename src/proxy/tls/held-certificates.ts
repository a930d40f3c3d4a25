import type { CertificateFiles } from "../../protocol/configuration.ts";
import type { CertificateState } from "../../protocol/supervision.ts";
import type { Certificate, CertificateReading } from "../../runtime/certificate.ts";

/**
 *   (named) --read, fits--> current <------------------------+
 *      |                      | told of a change             | read again, fits
 *      | does not fit         v                              |
 *      |                   read again --does not fit--> outdated (the old content serves on)
 *      +--> missing --read again, fits--> current
 */
interface Held {
  readonly files: CertificateFiles;
  /** The content in use. */
  certificate: Certificate | undefined;
  /** Of the last reading, if it did not fit. */
  fault: string | undefined;
}

/** The certificates that the routing table names, as this process has read them. A bad file never ends a good one. */
export class HeldCertificates {
  readonly #read: (files: CertificateFiles) => CertificateReading;
  #held = new Map<string, Held>();

  constructor(read: (files: CertificateFiles) => CertificateReading) {
    this.#read = read;
  }

  /** Exactly these are wanted now. Reads what is new, what has changed, and what was faulty. */
  want(wanted: readonly CertificateFiles[]): void {
    const held = new Map<string, Held>();
    for (const files of wanted) {
      const key = keyOf(files);
      if (!held.has(key)) held.set(key, this.#upToDate(files, this.#held.get(key)));
    }
    this.#held = held;
  }

  /** Reads again what is faulty. True: something is better now. */
  tryAgain(): boolean {
    let better = false;
    for (const [key, held] of this.#held) {
      if (held.fault === undefined) continue;
      const next = this.#reading(held.files, held);
      if (next.fault === undefined) better = true;
      this.#held.set(key, next);
    }
    return better;
  }

  get(files: CertificateFiles): Certificate | undefined {
    return this.#held.get(keyOf(files))?.certificate;
  }

  get faulty(): boolean {
    return Array.from(this.#held.values()).some(({ fault }) => fault !== undefined);
  }

  /** Of each file with certificates one, also where it goes with several keys: what is wrong with any of them is told. */
  get states(): CertificateState[] {
    const byFile = new Map<string, CertificateState>();
    for (const held of this.#held.values()) {
      const state = stateOf(held);
      const other = byFile.get(state.file);
      if (other === undefined || (other.fault === null && state.fault !== null))
        byFile.set(state.file, state);
    }
    return [...byFile.values()];
  }

  #upToDate(files: CertificateFiles, known: Held | undefined): Held {
    return known !== undefined && isUpToDate(files, known)
      ? { ...known, files }
      : this.#reading(files, known);
  }

  /** What the files hold now counts, also when they have changed once more since the configuration was read. */
  #reading(files: CertificateFiles, known: Held | undefined): Held {
    const reading = this.#read(files);
    const before = known?.certificate;
    if (!reading.ok) return { files, certificate: before, fault: reading.fault.message };
    // The very same where nothing has changed: its listeners, and sessions of its clients, go on.
    const same = before?.digest === reading.certificate.digest;
    return { files, certificate: same ? before : reading.certificate, fault: undefined };
  }
}

/** The content in use is the one that is wanted, and no other host has said since that there is a newer one. */
function isUpToDate({ digest, stored }: CertificateFiles, { files, certificate, fault }: Held): boolean {
  const news = stored !== undefined && stored !== files.stored;
  return fault === undefined && certificate?.digest === digest && !news;
}

function stateOf({ files, certificate, fault }: Held): CertificateState {
  return {
    file: files.cert,
    wanted: files.digest,
    digest: certificate?.digest ?? "",
    names: [...(certificate?.names ?? [])],
    // In seconds; what ended before there was any counts as ended at the first.
    notAfter: Math.max(0, Math.floor((certificate?.notAfter ?? 0) / 1_000)),
    fault: fault ?? null,
  };
}

function keyOf({ cert, key }: CertificateFiles): string {
  return `${cert}\n${key}`;
}
