export interface StreamWord {
  word: string;
  data: string;
}

/** Takes a stream of server-sent events apart, however its text was cut. Comments and other fields are left out. */
export class StreamParser {
  #text = "";

  /** The words that are whole now. */
  push(chunk: string): StreamWord[] {
    this.#text += chunk;
    const blocks = this.#text.split("\n\n");
    this.#text = blocks.pop() ?? "";
    return blocks.flatMap(wordOf);
  }
}

function wordOf(block: string): StreamWord[] {
  let word = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) word = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  return data.length === 0 ? [] : [{ word, data: data.join("\n") }];
}
