/** A message connection to one controller, as a session needs it. The real one is in web-socket.ts. */
export interface Connection {
  send(text: string): void;
  /** Asks for a sign of life: `alive` follows if the other side runs. */
  ping(): void;
  /** Ends it in order: what was sent before arrives. `closed` follows. */
  close(): void;
  /** Ends it at once. `closed` follows. */
  destroy(): void;
  /** What was sent and the other side has not taken yet. */
  bufferedBytes(): number;
}

export interface ConnectionEvents {
  opened(): void;
  received(text: string): void;
  alive(): void;
  /** Once, also when it never opened. `reason` is for people. */
  closed(reason: string): void;
}

/** Opens a connection to the controller at `url` (`http://host:port`). Never throws; calls back later. */
export type Connect = (url: string, events: ConnectionEvents) => Connection;
