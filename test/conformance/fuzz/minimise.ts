/**
 * The smallest text found that still `fails`: pieces are taken out, half of it first, then ever smaller ones, until
 * no single byte can go. `fails(text)` must hold.
 */
export async function minimise(text: string, fails: (text: string) => Promise<boolean>): Promise<string> {
  let best = text;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    let at = 0;
    while (at < best.length) {
      const without = best.slice(0, at) + best.slice(at + size);
      if (without !== best && (await fails(without))) best = without;
      else at += size;
    }
  }
  return best;
}
