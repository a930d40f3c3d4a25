import { getPriority, setPriority } from "node:os";

/**
 * A third of a proxy's share of a core that both want: a controller must be on time all the same, within the seconds that its peers
 * give it. Fewer: a crowd is back a little sooner, and clients wait longer meanwhile.
 */
const steps = 5;

/**
 * Where the processor is short, requests go first: a controller that registers a crowd must not make clients wait. What it does is
 * due within hundreds of milliseconds, what a proxy does within one. To lower oneself needs no right; where the system
 * refuses it all the same, both are alike as before.
 */
export function yieldToProxies(): void {
  try {
    setPriority(Math.min(19, getPriority() + steps));
  } catch {
    // Nothing depends on it.
  }
}
