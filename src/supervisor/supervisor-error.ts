export type SupervisorErrorCode =
  | "already-running"
  | "not-running"
  | "not-allowed"
  | "address-in-use"
  | "address-forbidden"
  | "address-unavailable"
  | "configuration-invalid"
  | "control-in-clear"
  | "state-unwritable"
  | "change-needs-restart"
  | "upgrade-failed"
  | "busy"
  | "stopping"
  | "no-answer";

/** What went wrong at the door of a gateway, for people: what, where, why, how to fix it. */
export class SupervisorError extends Error {
  readonly code: SupervisorErrorCode;
  readonly detail: string;

  constructor(code: SupervisorErrorCode, detail: string, options?: { cause?: unknown }) {
    super(`${code}: ${detail}`, options);
    this.name = "SupervisorError";
    this.code = code;
    this.detail = detail;
  }
}

export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
