import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { type ClientRequest, request } from "node:http";
import { request as secureRequest, type RequestOptions } from "node:https";
import { join } from "node:path";
import { isToken } from "../../runtime/token-text.ts";
import { readAuthoritiesIfAny } from "../../runtime/authorities.ts";

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
        const token = (read(tokenFile) ?? "").trim();
        const where = { ...options, host, port: port === "" ? undefined : port };
        if (!isToken(token)) return refused(where, `what ${tokenFile} holds is no join token`);
        const whole = { ...where, headers: { ...options.headers, authorization: `Bearer ${token}` } };
        if (protocol !== "https:") return request(whole);
        const trust = authorities();
        return "fault" in trust
          ? refused(whole, `who vouches for controllers is not known: ${trust.fault}`)
          : secureRequest({ ...whole, ...trust });
      },
    };
  });
  return async () => places;
}

/** Whom to trust, or why nobody can be. Without `ca`: the system's authorities. */
type Trust = { readonly ca?: string[] } | { readonly fault: string };

/**
 * Who vouches for controllers, as it is now: where there is no such file, the system's authorities. One that is there and cannot be
 * used leaves those that could be, or nobody: never "trust anybody", for the token is told to whoever is trusted.
 */
function authoritiesIn(file: string): () => Trust {
  let last: Trust | undefined;
  return () => {
    const reading = readAuthoritiesIfAny(file);
    if (reading === undefined) return last ?? {};
    if (!reading.ok) return last ?? { fault: reading.fault };
    last = { ca: [...reading.certificates] };
    return last;
  };
}

/** It ends with this error, as if nobody were there; nothing is sent. */
function refused(options: RequestOptions, fault: string): ClientRequest {
  const outgoing = secureRequest({ ...options, agent: false, ca: [] });
  return outgoing.destroy(new Error(fault));
}
