export interface ServerSentEvent {
  /** Its name; of one without, `message`. */
  event: string;
  data: string;
}

/** The events of a stream, as the standard reads it. Comments and other fields are left out. */
export async function* readServerSentEvents(
  body: AsyncIterable<Uint8Array> | null,
): AsyncGenerator<ServerSentEvent, void, undefined> {
  const decoder = new TextDecoder();
  let text = "";
  let event = "message";
  let data: string[] = [];
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split(/\r\n|\r(?!$)|\n/);
    text = lines.pop() ?? "";
    if (text.length > lineLengthMax) throw new Error("a line of the event stream is too long");
    for (const line of lines) {
      if (line === "") {
        if (data.length > 0) yield { event, data: data.join("\n") };
        data = [];
        event = "message";
      } else if (line.startsWith("data:")) data.push(valueOf(line, 5));
      else if (line.startsWith("event:")) event = valueOf(line, 6);
    }
  }
}

function valueOf(line: string, nameLength: number): string {
  return line.slice(line[nameLength] === " " ? nameLength + 1 : nameLength);
}

/** A snapshot of ten thousand workers is some megabytes. */
const lineLengthMax = 64 * 1_048_576;
