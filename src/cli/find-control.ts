import { readFileSync } from "node:fs";
import { placesIn } from "../runtime/places.ts";
import { parseControllerUrl } from "../worker/controller-url.ts";
import { soundToken } from "../worker/join-token.ts";
import { exitCode, Failure } from "./failure.ts";
import { gatewayFileIfReadable, isNamed, readGatewayFile, stateDirectory } from "./find-gateway.ts";

/** Of every verb that speaks to the control API. */
export interface ControlOptions {
  /** Address of the control API; else `SKEIN_CONTROL`, else what the state directory names, else port 7600 here. */
  control?: string;
  /** Operators' token; else `SKEIN_TOKEN`, else that of the state directory, if it was named or its gateway is the one asked. */
  token?: string;
  /** Says which gateway is meant: what the environment says of another does not count beside it. */
  state?: string;
  /** PEM file: who vouches for a control API with TLS; else `SKEIN_CA`, else that of the state directory. */
  ca?: string;
  /** Ends what is being asked. */
  signal?: AbortSignal;
}

/** Which control API is asked, with what token, and the state directory beside it. */
export interface FoundControl {
  url: string;
  token: string | undefined;
  state: string;
}

const doorUrl = "http://127.0.0.1:7600";

/** A flag counts before the environment, and that before what is in this directory. */
export function findControl(options: ControlOptions): FoundControl {
  const state = stateDirectory(options.state);
  const said = (name: string): string | undefined =>
    (options.state === undefined && process.env[name]) || undefined;
  const written = options.control ?? said("SKEIN_CONTROL");
  const running = written === undefined ? readGatewayFile(state) : gatewayFileIfReadable(state);
  // Whoever names a place means that gateway, and none that happens to run at the usual port.
  if (running === undefined && written === undefined && isNamed(options.state)) {
    throw new Failure(
      `no gateway runs with the state directory ${state}: start one with \`skein up\`, ` +
        "or say where it is: --state <directory> or --control <address>",
    );
  }
  const own = running?.controlUrl ?? running?.control;
  const url = controlUrl(written ?? own ?? doorUrl);
  // What happens to lie here is told to nobody but the gateway that it is of.
  const isOwn = isNamed(options.state) || (own !== undefined && url === controlUrl(own));
  const token =
    sound("--token", options.token) ??
    sound("SKEIN_TOKEN", said("SKEIN_TOKEN")) ??
    (isOwn ? tokenIn(placesIn(state).tokenFile) : undefined);
  return { url, token, state };
}

function controlUrl(text: string): string {
  const url = parseControllerUrl(text);
  if (url === undefined) {
    const form = "write 127.0.0.1:7600 or https://host:7600, without a path";
    throw new Failure(`"${text}" is no address of a control API; ${form}`, exitCode.usage);
  }
  const parsed = new URL(url);
  // What listens everywhere is reached here.
  if (parsed.hostname === "0.0.0.0") parsed.hostname = "127.0.0.1";
  if (parsed.hostname === "[::]") parsed.hostname = "[::1]";
  return parsed.origin;
}

function tokenIn(file: string): string | undefined {
  let written: string;
  try {
    written = readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
  return sound(file, written);
}

/** Refuses what cannot be sent as a token, without saying it: it may hold most of one. */
function sound(where: string, written: string | undefined): string | undefined {
  if (written === undefined) return undefined;
  const token = soundToken(where, written);
  if (token === "") throw new Failure(`${where}: the token is empty`, exitCode.usage);
  return token;
}
