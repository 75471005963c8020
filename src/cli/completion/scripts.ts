/**
 * The shells' scripts. Each asks `punchline completion -- WORD...` at every Tab, so it is never out of date, and leaves
 * paths to the shell, which knows about quotes and `~`. No typed word is evaluated. Bash is that of macOS (3.2) or later.
 */

const bash = `# Completion of punchline in bash.
_punchline() {
  local current=\${COMP_WORDS[COMP_CWORD]} words=() count=0 joined= word paths value about
  COMPREPLY=()
  # Bash divides --option=value into three words.
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $word == "=" && $count -gt 0 && \${words[count - 1]} == --* ]]; then
      words[count - 1]+="="
      joined=1
    elif [[ $joined ]]; then
      words[count - 1]+=$word
      joined=
    else
      words[count++]=$word
    fi
  done
  [[ $current == "=" ]] && current=
  {
    IFS= read -r paths
    while IFS=$'\\t' read -r value about; do COMPREPLY+=("$value"); done
  } < <(punchline completion -- "\${words[@]}" 2>/dev/null)
  case $paths in
    files) while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current") ;;
    folders) while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -d -- "$current") ;;
    *) compopt +o default 2>/dev/null; return ;;
  esac
  compopt -o filenames 2>/dev/null
}
complete -o default -F _punchline punchline
`;

const zsh = `#compdef punchline
# Completion of punchline in zsh.
_punchline() {
  local -a answer words_with_about
  local line paths
  answer=("\${(@f)$(punchline completion -- "\${(@Q)words[2,CURRENT-1]}" "\${(Q)PREFIX}" 2>/dev/null)}")
  paths=$answer[1]
  for line in "\${(@)answer[2,-1]}"; do
    words_with_about+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  [[ $PREFIX == --*=* ]] && compset -P '*='
  local found=1
  (( $#words_with_about )) && _describe -V 'punchline' words_with_about && found=0
  case $paths in
    files) _files && found=0 ;;
    folders) _files -/ && found=0 ;;
  esac
  return found
}
if [[ $funcstack[1] == _punchline ]]; then _punchline "$@"; else compdef _punchline punchline; fi
`;

const fish = `# Completion of punchline in fish.
function __punchline_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    set -e words[1]
    set -l answer (punchline completion -- $words "$current" 2>/dev/null)
    set -l option (string match -r -- '^--[^=]+=' "$current")
    for line in $answer[2..]
        echo "$option$line"
    end
    set -l value (string replace -r -- '^--[^=]+=' '' "$current")
    switch "$answer[1]"
        case files
            complete -C "'' $value" | string replace -r -- '^' "$option"
        case folders
            __fish_complete_directories "$value" '' | string replace -r -- '^' "$option"
    end
end
complete -c punchline -f -a '(__punchline_complete)'
`;

export const scripts = { bash, zsh, fish } as const;

export type Shell = keyof typeof scripts;

export const shells = Object.keys(scripts) as readonly Shell[];
