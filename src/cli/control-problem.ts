import { Failure } from "./failure.ts";
import { printable } from "./terminal.ts";

/** What the control API refused, or what is not known to be done; and its code. */
export class ControlProblem extends Failure {
  readonly code: string;

  constructor(code: string, message: string) {
    super(printable(message).replaceAll("\\x0a", "\n"));
    this.code = code;
  }
}
