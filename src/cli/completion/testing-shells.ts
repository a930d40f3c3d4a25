import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { completionScripts } from "./scripts.ts";

interface Ends {
  after(end: () => void): void;
}

/** What a shell offers after a line, and the line as it is then. */
export interface Offer {
  offered: string[];
  line: string;
}

/** The program itself. */
const program = `exec '${process.execPath}' --conditions=skein-source '${fileURLToPath(import.meta.resolve("../main.ts"))}' "$@"`;
/** Knows the names of two workers, whatever it is asked, and notes each word of that. */
const twoWorkers = `{ printf '%s|' "$@"; echo; } >> "$HOME/asked"
printf '%s\\n' 127.0.0.1:8081 127.0.0.1:8082`;
const knowsNothing = "exit 0";
export const skeins = { program, twoWorkers, knowsNothing };

/** A home of its own, with nothing in it but a `skein`, the scripts, and one file that a shell may offer by itself. */
export class ShellHome {
  readonly directory = mkdtempSync(join(tmpdir(), "skein-completion-"));

  constructor(context: Ends, skein: string) {
    context.after(() => rmSync(this.directory, { recursive: true }));
    mkdirSync(join(this.directory, "bin"));
    this.write("bin/skein", `#!/bin/sh\n${skein}\n`);
    chmodSync(join(this.directory, "bin/skein"), 0o755);
    this.write("some.config.json", "{}");
  }

  /** As typed into fish. */
  fish(line: string): Offer {
    this.write("skein.fish", completionScripts.fish);
    const text = this.run("fish", "--no-config", "-c", `source skein.fish; complete -C '${line}'`);
    return { offered: text.split("\n").filter(Boolean), line };
  }

  /** As typed into a zsh that finds the script in its fpath, with the first Tab of its life. */
  zsh(line: string): Offer {
    this.write("_skein", completionScripts.zsh);
    this.write("inner.zsh", zshInner);
    this.write("outer.zsh", zshOuter);
    this.run("zsh", "-f", "outer.zsh", line);
    const offered = existsSync(join(this.directory, "offered")) ? this.#read("offered").split("\n") : [];
    return { offered: offered.filter(Boolean), line: this.#read("line") };
  }

  /** What `twoWorkers` was asked. */
  get asked(): string {
    return this.#read("asked");
  }

  run(shell: string, ...args: string[]): string {
    const environment = { ...process.env, HOME: this.directory, TERM: "dumb" };
    const path = `${join(this.directory, "bin")}:${process.env["PATH"]}`;
    const ran = spawnSync(shell, args, {
      cwd: this.directory,
      encoding: "utf8",
      env: { ...environment, PATH: path },
      timeout: 60_000,
    });
    if (ran.status !== 0) throw new Error(`${shell} ended with ${ran.status}: ${ran.stdout}${ran.stderr}`);
    return ran.stdout;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
  }

  #read(name: string): string {
    return readFileSync(join(this.directory, name), "utf8");
  }
}

/** Within a terminal of its own: notes what is offered at Tab, and what the line became, then ends. */
const zshInner = `PROMPT=
fpath=("$HOME" $fpath)
autoload -Uz compinit
compinit -u -D
compadd() {
  local -a __noted
  builtin compadd -O __noted "$@"
  print -rl -- $__noted >> "$HOME/offered"
  builtin compadd "$@"
}
note() {
  zle complete-word
  print -rn -- "$BUFFER" > "$HOME/line"
  BUFFER=exit
  zle accept-line
}
zle -N note
bindkey '^I' note
zle-line-init() { : > "$HOME/ready" }
zle -N zle-line-init
`;

const zshOuter = `zmodload zsh/zpty
zpty terminal zsh -f -i
zpty -w terminal 'source "$HOME/inner.zsh"'
until [[ -e "$HOME/ready" ]]; do sleep 0.05; done
zpty -w -n terminal "$1"$'\\t'
while zpty -r terminal more; do :; done
exit 0
`;
