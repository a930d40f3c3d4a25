/**
 * Whether `Accept` asks for HTML rather than for JSON, as browsers' do and those of programs do not (RFC 9110, 12.5.1):
 * HTML is named, and nothing of JSON is liked as much. A wildcard alone asks for nothing in particular.
 */
export function prefersPage(accept: string): boolean {
  if (accept.length > acceptLengthMax) return false;
  let html = 0;
  let json = 0;
  for (const part of accept.toLowerCase().split(",")) {
    const [type = "", ...parameters] = part.split(";").map((piece) => piece.trim());
    const quality = qualityOf(parameters);
    if (type === "text/html" || type === "application/xhtml+xml") html = Math.max(html, quality);
    else if (type === "application/json" || type.endsWith("+json")) json = Math.max(json, quality);
  }
  return html > json;
}

const acceptLengthMax = 1_000;

function qualityOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  if (given === undefined) return 1;
  return /^[01](\.\d{0,3})?$/.test(given) ? Math.min(1, Number(given)) : 0;
}
