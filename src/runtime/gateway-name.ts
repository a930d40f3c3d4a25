import { randomBytes } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { createWhole } from "./whole-file.ts";

const form = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/**
 * By which the gateways of one store are told apart: given once for a state directory, by whichever process comes first,
 * and kept there. The host's name for people, and some letters for hosts that share one.
 */
export function readOrMakeGatewayName(file: string): string {
  const host = hostname()
    .replace(/[^A-Za-z0-9-]/g, "-")
    .replace(/^-+/, "")
    .slice(0, 40);
  const fresh = `${host === "" ? "gateway" : host}-${randomBytes(3).toString("hex")}`;
  if (!existsSync(file)) createWhole(file, `${fresh}\n`);
  const name = readFileSync(file, "utf8").trim();
  if (form.test(name)) return name;
  throw new Error(
    `${file} holds no name (letters, digits, '.', '_', '-'; at most 64). Delete it: a new one is given.`,
  );
}
