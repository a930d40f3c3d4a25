import type { TokenReply, TokensReply, TokenView } from "../../protocol/join-token.ts";
import { ControlClient } from "../control-client.ts";
import type { ControlOptions } from "../find-control.ts";
import { exitCode, Failure } from "../failure.ts";
import { type Column, table } from "../table.ts";
import { printable, tableWidth, type Terminal } from "../terminal.ts";

export interface TokenOptions extends ControlOptions {
  json?: boolean;
}

export interface CreateOptions extends TokenOptions {
  scope?: string;
  service?: string[];
  expires?: string;
}

/** `skein token create`. The token alone on stdout: it is shown this once. */
export async function create(options: CreateOptions, terminal: Terminal): Promise<number> {
  const { scope = "worker", service: services = [], expires } = options;
  if (scope !== "worker" && scope !== "gateway") {
    throw new Failure(`--scope is worker or gateway, not "${scope}"`, exitCode.usage);
  }
  const wish = {
    scope,
    ...(services.length === 0 ? {} : { services: services.flatMap(namesIn) }),
    ...(expires === undefined ? {} : { expiresInMs: durationMs(expires) }),
  };
  const reply = await new ControlClient(options).change<TokenReply>("/v1/tokens", wish);
  return show(
    reply,
    `token ${reply.view.id}: ${meaningOf(reply.view)}; it is shown this once`,
    options,
    terminal,
  );
}

export async function rotate(id: string, options: TokenOptions, terminal: Terminal): Promise<number> {
  const path = `/v1/tokens/${encodeURIComponent(id)}/rotate`;
  const reply = await new ControlClient(options).change<TokenReply>(path);
  return show(
    reply,
    `token ${id} has a new secret; the one before stays good until the next`,
    options,
    terminal,
  );
}

export async function revoke(id: string, options: TokenOptions, terminal: Terminal): Promise<number> {
  const reply = await new ControlClient(options).remove<object>(`/v1/tokens/${encodeURIComponent(id)}`);
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  terminal.note(`token ${printable(id)} is revoked; who came by it is cut`);
  return exitCode.ok;
}

export async function list(options: TokenOptions, terminal: Terminal): Promise<number> {
  const reply = await new ControlClient(options).get<TokensReply>("/v1/tokens");
  if (options.json === true) terminal.out(JSON.stringify(reply, null, 2));
  else if (reply.tokens.length === 0) terminal.note("there are no join tokens");
  else for (const line of table(columns, reply.tokens, tableWidth(terminal))) terminal.out(line);
  return exitCode.ok;
}

function show(reply: TokenReply, note: string, { json }: TokenOptions, terminal: Terminal): number {
  terminal.out(json === true ? JSON.stringify(reply, null, 2) : reply.token);
  terminal.note(printable(note));
  return exitCode.ok;
}

function meaningOf({ scope, services, expiresAt }: TokenView): string {
  const who =
    scope === "gateway" ? "for gateways" : `for workers of ${services.join(", ") || "every service"}`;
  return expiresAt === null ? who : `${who} until ${expiresAt}`;
}

const columns: Column<TokenView>[] = [
  { title: "ID", text: ({ id }) => printable(id) },
  { title: "SCOPE", text: ({ scope }) => printable(scope) },
  { title: "SERVICES", shrinks: true, text: ({ services }) => printable(services.join(",") || "all") },
  { title: "SECRETS", align: "right", text: ({ secrets }) => String(secrets) },
  { title: "EXPIRES", text: ({ expiresAt }) => printable(expiresAt ?? "never") },
];

const unitsMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function namesIn(text: string): string[] {
  const names = text.split(",");
  // `--service "$SERVICE"` of a script in which SERVICE is not set.
  if (names.includes("")) throw new Failure(`--service: "${text}" has an empty name in it`, exitCode.usage);
  return names;
}

/** Ten years, of which the control API takes no more. */
const expiresDaysMax = 3_650;

/** `90m`, `12h`, `30d`. */
function durationMs(text: string): number {
  const [, count, unit = ""] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (unitsMs[unit] ?? Number.NaN);
  if (ms > 0 && ms <= expiresDaysMax * 86_400_000) return ms;
  const forms = `a time like 90m, 12h or 30d, at most ${expiresDaysMax}d`;
  throw new Failure(`--expires is ${forms}, not "${text}"`, exitCode.usage);
}
