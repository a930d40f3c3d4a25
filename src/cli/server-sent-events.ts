/** The data of each event of a stream, as the standard reads it. Comments and other fields are left out. */
export async function* readServerSentEvents(
  body: AsyncIterable<Uint8Array> | null,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let data: string[] = [];
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split(/\r\n|\r(?!$)|\n/);
    text = lines.pop() ?? "";
    if (text.length > lineLengthMax) throw new Error("a line of the event stream is too long");
    for (const line of lines) {
      if (line === "" && data.length > 0) {
        yield data.join("\n");
        data = [];
      } else if (line.startsWith("data:")) {
        data.push(line.slice(line.startsWith("data: ") ? 6 : 5));
      }
    }
  }
}

const lineLengthMax = 1_048_576;
