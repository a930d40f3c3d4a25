export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

/** For a shell to read: it asks `skein complete` for each word, so that names are those of the running cluster. */
export const completionScripts: Record<Shell, string> = {
  // Bash splits words at colons, which addresses have: the line is split here, and what stands before is cut off again.
  bash: `_skein() {
  local line="\${COMP_LINE:0:COMP_POINT}" words word
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  word="\${words[-1]}"
  mapfile -t COMPREPLY < <("$1" complete -- "\${words[@]:1}" 2>/dev/null)
  local before="\${word%"\${word##*[:=]}"}"
  COMPREPLY=("\${COMPREPLY[@]#"$before"}")
}
complete -o default -F _skein skein`,
  // As a file of fpath the whole script is run at the first completion: it must then complete, and not only be ready to.
  zsh: `#compdef skein
_skein() {
  local -a found
  found=("\${(@f)$("$words[1]" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -a found || _files
}
if [[ "$funcstack[1]" == _skein ]]; then _skein "$@"; else compdef _skein skein; fi`,
  // Fish would offer files beside everything else; they are for where nothing else is known.
  fish: `function __skein_complete
  set -l words (commandline -opc)
  set -l word (commandline -ct)
  set -l found ($words[1] complete -- $words[2..] "$word" 2>/dev/null)
  if set -q found[1]
    printf '%s\\n' $found
  else
    __fish_complete_path "$word"
  end
end
complete -c skein -f -a '(__skein_complete)'`,
};
