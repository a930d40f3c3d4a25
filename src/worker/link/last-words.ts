/** What has something to say when the process ends. */
export interface Speaker {
  /** Now or never: only what the kernel takes at once goes out. */
  processEnds(): void;
}

/** One listener for all of them: Node warns of more than ten. */
const speakers = new Set<Speaker>();

function processEnds(): void {
  for (const speaker of speakers) speaker.processEnds();
}

export function speaksLast(speaker: Speaker): void {
  if (speakers.size === 0) process.on("exit", processEnds);
  speakers.add(speaker);
}

export function hasSpoken(speaker: Speaker): void {
  if (speakers.delete(speaker) && speakers.size === 0) process.off("exit", processEnds);
}
