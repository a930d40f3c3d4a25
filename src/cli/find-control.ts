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

/** Which control API is asked, with what token, whom it is believed, and the state directory beside it. */
export interface FoundControl {
  url: string;
  token: string | undefined;
  state: string;
  /** PEM file that was named. */
  ca: string | undefined;
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
  const asked = controlUrl(written ?? own ?? doorUrl);
  const ofOwn = own === undefined ? undefined : controlUrl(own);
  const isOwn = ofOwn !== undefined && leadsTo(asked, ofOwn, running?.control);
  // What happens to lie here is told to nobody but the gateway that it is of.
  const token =
    sound("--token", options.token) ??
    sound("SKEIN_TOKEN", said("SKEIN_TOKEN")) ??
    (isOwn || isNamed(options.state) ? tokenIn(placesIn(state).tokenFile) : undefined);
  // By its own address: at another of `localhost` somebody else may listen.
  return { url: urlHere(isOwn ? ofOwn : asked), token, state, ca: options.ca ?? said("SKEIN_CA") };
}

/** Names of this host by which is reached what listens there. */
const namesOf: Readonly<Record<string, readonly string[]>> = {
  "0.0.0.0": ["127.0.0.1", "localhost"],
  "[::]": ["[::1]", "127.0.0.1", "0.0.0.0", "localhost"],
  "127.0.0.1": ["0.0.0.0", "localhost"],
  "[::1]": ["[::]", "localhost"],
  localhost: ["127.0.0.1", "[::1]"],
};

/** `listensAt`: may be everywhere, where `own` is how that is reached from this host. */
function leadsTo(asked: URL, own: URL, listensAt = ""): boolean {
  if (asked.protocol !== own.protocol || asked.port !== own.port) return false;
  const everywhere = ["0.0.0.0", "[::]"].find(
    (host) => listensAt === `${host}:${own.port}` && namesOf[host]?.includes(own.hostname),
  );
  const names = namesOf[everywhere ?? own.hostname];
  return [own.hostname, everywhere].includes(asked.hostname) || names?.includes(asked.hostname) === true;
}

function controlUrl(text: string): URL {
  const url = parseControllerUrl(text);
  if (url === undefined) {
    const form = "write 127.0.0.1:7600 or https://host:7600, without a path";
    throw new Failure(`"${text}" is no address of a control API; ${form}`, exitCode.usage);
  }
  return new URL(url);
}

/** What listens everywhere is reached here. */
function urlHere({ protocol, hostname, host, port }: URL): string {
  const here = hostname === "0.0.0.0" ? "127.0.0.1" : hostname === "[::]" ? "[::1]" : undefined;
  return new URL(`${protocol}//${here === undefined ? host : `${here}:${port}`}`).origin;
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
