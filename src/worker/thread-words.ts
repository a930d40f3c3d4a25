import type { AuthorityFile } from "./authority-file.ts";
import type { JoinSettings } from "./options.ts";
import type { KnownLife } from "./known-life.ts";
import type { MembershipNews, Registration } from "./membership.ts";

/** What the watch thread is started with (`workerData`). */
export interface ThreadStart {
  control: string[];
  state: string;
  token: string | undefined;
  ca: AuthorityFile;
  /** The block of shared-load.ts. */
  load: SharedArrayBuffer;
  /** Known when the thread is started anew, or when the server listened already. */
  join: ThreadJoin | undefined;
}

export interface ThreadJoin {
  registration: Registration;
  /** Of an earlier thread of this life. */
  life: KnownLife | undefined;
  draining: boolean;
}

/** From the main thread. */
export type ThreadOrder = { t: "join"; join: ThreadJoin } | { t: "drain" } | { t: "leave" };

/** To the main thread. */
export type ThreadNews = MembershipNews;

export function threadStart(
  settings: JoinSettings,
  load: SharedArrayBuffer,
  join: ThreadJoin | undefined,
): ThreadStart {
  const { control, state, token, ca } = settings;
  return { control, state, token, ca, load, join };
}
