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
  zsh: `#compdef skein
_skein() {
  local -a found
  found=("\${(@f)$("$words[1]" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  [[ -n "$found" ]] && compadd -a found || _files
}
compdef _skein skein`,
  fish: `function __skein_complete
  set -l words (commandline -opc)
  $words[1] complete -- $words[2..] (commandline -ct | string collect --allow-empty) 2>/dev/null
end
complete -c skein -a '(__skein_complete)'`,
};
