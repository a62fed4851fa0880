#compdef trustrig
# Completion of trustrig for zsh. In ~/.zshrc, behind compinit:  source <(trustrig completion zsh)
# Or as a file called _trustrig in a folder of $fpath.

_trustrig() {
    local program=trustrig tab=$'\t' also offer name ret=1
    local -a answer whole open
    [[ $words[1] == */* && -x ${(Q)words[1]} ]] && program=${(Q)words[1]} # the one that is typed
    answer=("${(@f)$(command $program __complete zsh "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
    also=$answer[1]
    [[ $PREFIX == --*=* ]] && compset -P '*='

    for offer in "${(@)answer[3,-1]}"; do
        name=${offer%%$tab*}
        offer=${offer#*$tab}
        name=${${name//\\/\\\\}//:/\\:}${offer:+:$offer}
        # Behind a colon, an equals sign or a comma the word goes on.
        if [[ ${name%%:$offer} == *[:=,] ]]; then open+=("$name"); else whole+=("$name"); fi
    done
    (( $#whole )) && _describe -t trustrig trustrig whole && ret=0
    (( $#open )) && _describe -t trustrig trustrig open -S '' && ret=0
    case $also in
        files) _files && ret=0 ;;
        folders) _path_files -/ && ret=0 ;;
    esac
    return ret
}

if [[ $funcstack[1] == _trustrig ]]; then
    _trustrig "$@" # read by zsh as a file of $fpath
elif (( $+functions[compdef] )); then
    compdef _trustrig trustrig
else
    print -u2 'trustrig: completion is off in this zsh. Run this first: autoload -Uz compinit; compinit'
fi
