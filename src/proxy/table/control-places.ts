import { existsSync, readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { type ClientRequest, request } from "node:http";
import { request as secureRequest } from "node:https";
import { join } from "node:path";
import { readAuthorities } from "../../runtime/authorities.ts";

export interface ControlRequest {
  path: string;
  method?: "POST";
  headers?: Record<string, string | number>;
  /** `false`: a connection of its own. */
  agent?: false;
  timeout?: number;
}

/** Where a controller can be asked. */
export interface ControlPlace {
  /** Tells it from others, and to people what it is. */
  name: string;
  /** Opens a request, with what lets it in. */
  request(options: ControlRequest): ClientRequest;
}

/** The controllers of this gateway: their unix sockets lie in this directory. */
export function placesHere(run: string): () => Promise<ControlPlace[]> {
  return async () => {
    const names = await readdir(run).catch(() => [] as string[]);
    return names
      .filter((name) => /^controller-.*\.sock$/.test(name))
      .map((name) => {
        const socketPath = join(run, name);
        const headers = { host: "localhost" };
        return {
          name: socketPath,
          request: (options) =>
            request({ ...options, socketPath, headers: { ...options.headers, ...headers } }),
        };
      });
  };
}

export interface PlacesElsewhere {
  urls: readonly string[];
  /** Files: the join token, and who vouches for the controllers. Read at each request: they may be renewed. */
  tokenFile: string;
  caFile: string;
}

/** Controllers of other hosts. */
export function placesElsewhere({ urls, tokenFile, caFile }: PlacesElsewhere): () => Promise<ControlPlace[]> {
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(file, "utf8");
    } catch {
      return undefined;
    }
  };
  const authorities = authoritiesIn(caFile);
  const places = urls.map((url): ControlPlace => {
    const { protocol, hostname, port } = new URL(url);
    const host = hostname.replace(/^\[|\]$/g, "");
    return {
      name: url,
      request(options) {
        const headers = { ...options.headers, authorization: `Bearer ${(read(tokenFile) ?? "").trim()}` };
        const whole = { ...options, host, port: port === "" ? undefined : port, headers };
        if (protocol !== "https:") return request(whole);
        const ca = authorities();
        return secureRequest({ ...whole, ...(ca === undefined ? {} : { ca }) });
      },
    };
  });
  return async () => places;
}

/**
 * Who vouches for controllers, as it is now. Undefined: there is no such file, the system's authorities do. One that is there and
 * cannot be used leaves those that could be, or nobody: never "trust anybody", for the token is told to whoever is trusted.
 */
function authoritiesIn(file: string): () => string[] | undefined {
  let last: string[] | undefined;
  return () => {
    if (!existsSync(file)) return last;
    const reading = readAuthorities(file);
    if (reading.ok) last = [...reading.certificates];
    return last ?? [];
  };
}
