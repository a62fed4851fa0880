# Completion of trustrig for bash. In ~/.bashrc:  eval "$(trustrig completion bash)"
# Written for bash 3.2, which macOS has, and later; what 3.2 lacks (compopt) is left out there.

_trustrig() {
    local program=trustrig line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]} also typed offer
    [[ $1 == */* && -x $1 ]] && program=$1 # the one that is typed, as ./venv/bin/trustrig
    while [[ -n $word && $line != *"$word" ]]; do
        word=${word%?} # up to the cursor
    done
    COMPREPLY=()
    {
        IFS= read -r also
        IFS= read -r typed
        while IFS= read -r offer; do
            COMPREPLY+=("${offer%%$'\t'*}")
        done
    } < <(command "$program" __complete bash "$line" "$word" 2>/dev/null </dev/null)

    case $also in
    files | folders)
        # Alone, files are left to readline (-o default); beside words, and folders, they are looked up here.
        if [[ $also == folders || ${#COMPREPLY[@]} -gt 0 ]] && type compopt >/dev/null 2>&1; then
            local action=-f
            [[ $also == folders ]] && action=-d && compopt +o default 2>/dev/null
            compopt -o filenames 2>/dev/null # readline quotes all of them then
            # But outside quotes no $ and no ` of what is no file's name: such a name would run, and is left out.
            local -a harmless=()
            for offer in ${COMPREPLY[@]+"${COMPREPLY[@]}"}; do
                [[ $word != [\"\']* && $offer == *[\$\`]* ]] || harmless+=("$offer")
            done
            COMPREPLY=(${harmless[@]+"${harmless[@]}"})
            while IFS= read -r offer; do
                COMPREPLY+=("$offer")
            done < <(compgen "$action" -- "$typed")
            return
        fi
        ;;
    *)
        type compopt >/dev/null 2>&1 && compopt +o default 2>/dev/null
        ;;
    esac

    # Names are strangers' text: written as the quote that is open asks for; what it cannot hold is left out there.
    local -a quoted=()
    for offer in ${COMPREPLY[@]+"${COMPREPLY[@]}"}; do # so written, an empty one is nothing under `set -u`, too
        case $word in
        \"*)
            [[ $offer == *[\"\!]* ]] && continue # no way to write ! there: history is put in its place
            offer=${offer//\\/\\\\}
            offer=${offer//\$/\\\$}
            offer=${offer//\`/\\\`}
            ;;
        \'*) [[ $offer == *\'* ]] && continue ;;
        *) printf -v offer '%q' "$offer" ;;
        esac
        quoted+=("$offer")
    done
    COMPREPLY=(${quoted[@]+"${quoted[@]}"})
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[:=,] ]]; then
        type compopt >/dev/null 2>&1 && compopt -o nospace 2>/dev/null
    fi
}

complete -o default -F _trustrig trustrig
