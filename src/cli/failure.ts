/** Exit codes of the command. */
export const exitCode = {
  ok: 0,
  /** It was understood, and did not succeed. */
  failed: 1,
  /** The command line or the configuration is wrong. */
  usage: 2,
} as const;

/** Ends the command: what is wrong, where, and what to do, in words for people. */
export class Failure extends Error {
  readonly exitCode: number;

  constructor(message: string, code: number = exitCode.failed) {
    super(message);
    this.name = "Failure";
    this.exitCode = code;
  }
}
