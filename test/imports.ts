/**
 * The imports of a TypeScript file, found with a small lexer: comments, strings and templates are told apart, so
 * that a word in a sentence is never taken for an import.
 */
export interface FoundImport {
  specifier: string;
  typeOnly: boolean;
}

export interface Token {
  kind: "word" | "string" | "mark";
  text: string;
}

const wordStart = /[A-Za-z_$]/;
const wordPart = /[\w$]/;

export function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    const char = source.charAt(at);
    const pair = source.slice(at, at + 2);
    if (pair === "//") at = endOr(source, source.indexOf("\n", at));
    else if (pair === "/*") at = endOr(source, source.indexOf("*/", at) + 1) + 1;
    else if (char === '"' || char === "'" || char === "`") {
      const end = endOfString(source, at, char);
      tokens.push({ kind: "string", text: source.slice(at + 1, end) });
      at = end + 1;
    } else if (char === "/" && startsRegex(tokens.at(-1))) {
      at = endOfRegex(source, at) + 1;
      tokens.push({ kind: "mark", text: "/regex/" });
    } else if (wordStart.test(char)) {
      let end = at + 1;
      while (end < source.length && wordPart.test(source.charAt(end))) end += 1;
      tokens.push({ kind: "word", text: source.slice(at, end) });
      at = end;
    } else {
      if (char.trim() !== "") tokens.push({ kind: "mark", text: char });
      at += 1;
    }
  }
  return tokens;
}

export function importsOf(source: string): FoundImport[] {
  const tokens = tokensOf(source);
  const found: FoundImport[] = [];
  tokens.forEach((token, index) => {
    if (token.kind !== "word") return;
    if (token.text !== "import" && token.text !== "export") return;
    if (tokens[index - 1]?.text === ".") return;
    const one = statementAt(tokens, index);
    if (one !== undefined) found.push(one);
  });
  return found;
}

function statementAt(tokens: Token[], index: number): FoundImport | undefined {
  const next = tokens[index + 1];
  if (next === undefined) return undefined;
  if (tokens[index]?.text === "import" && next.kind === "string")
    return { specifier: next.text, typeOnly: false };
  if (tokens[index]?.text === "import" && next.text === "(") {
    const argument = tokens[index + 2];
    return argument?.kind === "string" ? { specifier: argument.text, typeOnly: false } : undefined;
  }
  const typeOnly =
    next.text === "type" && tokens[index + 2]?.text !== "from" && tokens[index + 2]?.text !== "=";
  for (let at = index + 1; at < tokens.length && at < index + 400; at += 1) {
    const token = tokens[at];
    if (token?.text === "from" && tokens[at + 1]?.kind === "string") {
      return { specifier: tokens[at + 1]?.text ?? "", typeOnly };
    }
    // Only names, commas, braces and stars may stand between the keyword and `from`.
    if (token?.kind === "string") return undefined;
    if (token?.kind === "mark" && !"{},*".includes(token.text)) return undefined;
  }
  return undefined;
}

function endOr(source: string, index: number): number {
  return index <= 0 ? source.length : index;
}

function endOfString(source: string, from: number, quote: string): number {
  let at = from + 1;
  while (at < source.length && source.charAt(at) !== quote) at += source.charAt(at) === "\\" ? 2 : 1;
  return at;
}

function endOfRegex(source: string, from: number): number {
  let at = from + 1;
  let inClass = false;
  while (at < source.length) {
    const char = source.charAt(at);
    if (char === "\n") return from;
    if (char === "\\") at += 1;
    else if (char === "[") inClass = true;
    else if (char === "]") inClass = false;
    else if (char === "/" && !inClass) return at;
    at += 1;
  }
  return from;
}

const wordsBeforeRegex = new Set(["return", "typeof", "case", "of", "in", "else", "do"]);

/** A slash begins a regular expression where a value may begin. */
function startsRegex(before: Token | undefined): boolean {
  if (before === undefined) return true;
  if (before.kind === "string") return false;
  if (before.kind === "word") return wordsBeforeRegex.has(before.text);
  return "(,=:[!&|?{};+-*%<>~^".includes(before.text);
}
