import { runDemo } from "../../demo/main.ts";
import { wholeNumber } from "../whole-number.ts";

export interface DemoVerbOptions {
  drill?: boolean;
  play?: boolean;
  listen?: string;
  control?: string;
}

/** `skein demo`: the first minute. */
export function demo(options: DemoVerbOptions): Promise<number> {
  const { listen, control } = options;
  return runDemo({
    drill: options.drill ?? false,
    play: options.play ?? false,
    ...(listen === undefined ? {} : { listenPort: wholeNumber(listen, "--listen", 65_535) }),
    ...(control === undefined ? {} : { controlPort: wholeNumber(control, "--control", 65_535) }),
  });
}
