/** Words before a command that start it elsewhere (`ip netns exec NAME`); they must become the command themselves. */
export type Launcher = readonly string[];

/** For `spawn`. */
export function launched(launcher: Launcher, words: readonly string[]): [file: string, args: string[]] {
  const [file = "", ...args] = [...launcher, ...words];
  return [file, args];
}

/** For `fork`, which puts the program's file behind these. */
export function forkOptions(
  launcher: Launcher,
  nodeFlags: readonly string[],
): { execPath: string; execArgv: string[] } {
  const [execPath, execArgv] = launched(launcher, [process.execPath, ...nodeFlags]);
  return { execPath, execArgv };
}
