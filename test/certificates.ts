import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingTool } from "./tools.ts";

/** Reason to skip a test that needs certificates, or false. */
export const noOpenssl = missingTool("openssl", "openssl");

export interface IssuedFiles {
  cert: string;
  key: string;
}

type KeyKind = "ec" | "rsa" | "secp256k1" | "ed25519";

const keyOptions: Record<KeyKind, string> = {
  ec: "EC -pkeyopt ec_paramgen_curve:P-256",
  rsa: "RSA -pkeyopt rsa_keygen_bits:2048",
  secp256k1: "EC -pkeyopt ec_paramgen_curve:secp256k1",
  ed25519: "ED25519",
};

export interface CertificateWishes {
  /** Days from now; negative: in the past. Default -1 to 30. */
  validFromDays?: number;
  validToDays?: number;
  /** What alone it may be used for. */
  use?: "serverAuth" | "clientAuth";
  key?: KeyKind;
  /** Of the authority's signature. Default SHA-256. */
  digest?: "sha1";
  /** Put the authority's certificate behind it. */
  chain?: boolean;
}

/**
 * A small authority in a temporary directory, by the openssl command: every key is made at test time and gone at its
 * end.
 */
export class TestAuthority {
  readonly directory = mkdtempSync(join(tmpdir(), "skein-ca-"));
  /** PEM of the authority. */
  readonly ca = join(this.directory, "ca.pem");
  #made = 0;

  constructor(context: { after(fn: () => void): void }) {
    context.after(() => rmSync(this.directory, { recursive: true, force: true }));
    const key = this.#key("ca", "ec");
    openssl(`req -x509 -new -sha256 -subj /CN=test-authority -key ${key} -out ${this.ca} -days 60`);
    writeFileSync(this.#path("index.txt"), "");
    writeFileSync(this.#path("ca.conf"), configuration(this.directory));
  }

  get caText(): string {
    return readFileSync(this.ca, "utf8");
  }

  /** A certificate for these DNS names and IP addresses. */
  issue(names: readonly string[], wishes: CertificateWishes = {}): IssuedFiles {
    const {
      validFromDays = -1,
      validToDays = 30,
      key: kind = "ec",
      chain = false,
      use,
      digest = "sha256",
    } = wishes;
    const name = `leaf-${(this.#made += 1)}`;
    const [csr, cert, extensions] = [`${name}.csr`, `${name}.pem`, `${name}.ext`].map((file) =>
      this.#path(file),
    );
    const key = this.#key(name, kind);
    openssl(`req -new -sha256 -subj /CN=${name} -key ${key} -out ${csr}`);
    const alternatives = names.map((each) => (/^[\d.]+$|:/.test(each) ? `IP:${each}` : `DNS:${each}`));
    const subject = alternatives.length === 0 ? "" : `subjectAltName=${alternatives.join(",")}\n`;
    const uses = use === undefined ? "" : `extendedKeyUsage=${use}\n`;
    writeFileSync(extensions!, `basicConstraints=CA:FALSE\n${subject}${uses}`);
    openssl(
      `ca -batch -notext -config ${this.#path("ca.conf")} -in ${csr} -out ${cert} -extfile ${extensions} ` +
        `-startdate ${stamp(validFromDays)} -enddate ${stamp(validToDays)} -md ${digest}`,
    );
    if (chain) writeFileSync(cert!, readFileSync(cert!, "utf8") + this.caText);
    return { cert: cert!, key };
  }

  /** Issued by itself, not by the authority. */
  selfSigned(name: string): IssuedFiles {
    const file = `self-${(this.#made += 1)}`;
    const key = this.#key(file, "ec");
    const cert = this.#path(`${file}.pem`);
    const subject = `-subj /CN=${name} -addext subjectAltName=DNS:${name}`;
    openssl(`req -x509 -new -sha256 ${subject} -key ${key} -out ${cert} -days 30`);
    return { cert, key };
  }

  #key(name: string, kind: KeyKind): string {
    const key = this.#path(`${name}.key`);
    openssl(`genpkey -algorithm ${keyOptions[kind]} -out ${key}`);
    return key;
  }

  #path(name: string): string {
    return join(this.directory, name);
  }
}

function configuration(directory: string): string {
  return `[ca]
default_ca = test
[test]
certificate = ${directory}/ca.pem
private_key = ${directory}/ca.key
database = ${directory}/index.txt
new_certs_dir = ${directory}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = policy
[policy]
commonName = supplied
`;
}

/** As the openssl command writes times: so many days from now. */
function stamp(days: number): string {
  const time = new Date(Date.now() + days * 86_400_000).toISOString();
  return time.replaceAll(/[-:T]|\.\d+/g, "").slice(2);
}

function openssl(words: string): void {
  const { status, stderr } = spawnSync("openssl", words.split(" "), { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl ${words}: ${stderr}`);
}
