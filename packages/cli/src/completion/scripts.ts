/**
 * What makes each shell ask guise for candidates.
 *
 * bash breaks words at `:` and `=` and replaces only the last piece, so its script hands over whole words and takes the broken-off
 * beginning away from the answers.
 * Source: bash(1) "Programmable Completion", zshcompsys(1), fish complete(1).
 */
export const shells = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof shells)[number];

export const completionScripts: { readonly [shell in Shell]: string } = {
  bash: `_guise() {
  local line=\${COMP_LINE:0:COMP_POINT} words current prefix
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  current=\${words[-1]}
  prefix=\${current%"\${current##*[:=]}"}
  mapfile -t COMPREPLY < <(guise __complete "\${words[@]:1}" 2>/dev/null | cut -f1)
  COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *[/:] ]] && compopt -o nospace
}
complete -F _guise guise
`,
  zsh: `#compdef guise
_guise() {
  local -a answers
  local answer value
  answers=("\${(@f)$(guise __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for answer in $answers; do
    value=\${answer%%$'\\t'*}
    [[ -z $value ]] && continue
    if [[ $value == *[/:] ]]; then compadd -S '' -- $value; else compadd -- $value; fi
  done
}
compdef _guise guise
`,
  fish: `complete -c guise -f -a '(set -l words (commandline -opc); guise __complete $words[2..] (commandline -ct) 2>/dev/null)'
`,
};
