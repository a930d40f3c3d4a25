import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { SkeinError } from "../protocol/error.ts";

export const dashboardPath = "/dashboard/";

/** No script, style or picture but our own files, and nobody may frame the page: names of workers are strangers' texts. */
const securityHeaders = {
  "content-security-policy":
    "default-src 'self'; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

const types: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

interface File {
  type: string;
  plain: Buffer;
  packed: Buffer;
  etag: string;
  /** Its name changes with its content. */
  hashed: boolean;
}

/** The built dashboard, read once and then kept: some hundred kilobytes. Only names found in its directory are served. */
export class DashboardFiles {
  readonly #directory: string;
  #files: ReadonlyMap<string, File> = new Map();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Throws SkeinError for what is not there. */
  answer(pathname: string, request: IncomingMessage, response: ServerResponse): void {
    if (this.#files.size === 0) this.#files = readFiles(this.#directory);
    const name = pathname.slice(dashboardPath.length) || "index.html";
    const file = this.#files.get(name);
    if (file === undefined) throw new SkeinError("notFound", this.#why());
    const headers = {
      ...securityHeaders,
      etag: file.etag,
      vary: "accept-encoding",
      "cache-control": file.hashed ? "public, max-age=31536000, immutable" : "no-cache",
    };
    if (request.headers["if-none-match"] === file.etag) return void response.writeHead(304, headers).end();
    const packed = /\bgzip\b/.test(request.headers["accept-encoding"]?.toString() ?? "");
    const body = packed ? file.packed : file.plain;
    response.writeHead(200, {
      ...headers,
      "content-type": file.type,
      "content-length": body.byteLength,
      ...(packed ? { "content-encoding": "gzip" } : {}),
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  #why(): string {
    return this.#files.size === 0
      ? "The dashboard is not built in this checkout: npm run build:dashboard builds it."
      : "The dashboard has no such file.";
  }
}

function readFiles(directory: string): Map<string, File> {
  const files = new Map<string, File>();
  if (!existsSync(join(directory, "index.html"))) return files;
  for (const entry of readdirSync(directory, { recursive: true, encoding: "utf8" })) {
    const type = types[extname(entry)];
    if (type === undefined) continue;
    const plain = readFileSync(join(directory, entry));
    files.set(entry, {
      type,
      plain,
      packed: gzipSync(plain),
      etag: `"${createHash("sha256").update(plain).digest("base64url").slice(0, 16)}"`,
      hashed: entry.startsWith("assets/"),
    });
  }
  return files;
}
