/** `skein run --service orders [--port N] [--check /healthz] -- ./any-program arg`: a sidecar for any program. */
export interface RunSidecarOptions {
  service: string;
  /** The program and its arguments. It must listen on the port that it finds in `PORT`. */
  command: string[];
  /** Port of the program. Default: a free one, kept over restarts of the program. */
  port?: number;
  /**
   * How to see that the program serves: a path that answers below 400 within a second (`/healthz`), or nothing:
   * its port accepts connections.
   */
  check?: string;
  /** Where to find a controller. Default: as for `join` (`SKEIN_CONTROL`, the gateway of this host, port 7600). */
  control?: string | string[];
  state?: string;
  id?: string;
  weight?: number;
  version?: string;
  zone?: string;
  tags?: string[];
  metadata?: Record<string, string>;
  /** After SIGTERM to the program: longest wait until SIGKILL. Default 30000. */
  drainMs?: number;
  /**
   * Between the moment when no proxy chooses this worker any more and SIGTERM to the program: time for the requests
   * in flight, which the sidecar cannot count. Default 1000.
   */
  graceMs?: number;
}

/** `skein dev server.js -i 3`: the user's own, unchanged app behind a gateway, restarted on change. */
export interface RunDevOptions {
  /** The app's entry file. */
  entry: string;
  /** Arguments for the app. */
  args?: string[];
  /** How many of it. Default 3. */
  instances?: number;
  /** Default: the name in the package.json of the working directory. */
  service?: string;
  /** Where the gateway listens. Default `:8080`, or the next free port. */
  listen?: string;
  /** The control API's door. Default `127.0.0.1:7600`, or the next free port. */
  control?: string;
  /** Default: a temporary directory, removed at the end. */
  state?: string;
  /** A configuration for the gateway. Default: the one in the working directory; where there is none, everything goes to the app. */
  config?: string;
  /** Restart the instances, one after another, when a file changes. Default true. */
  watch?: boolean;
}
