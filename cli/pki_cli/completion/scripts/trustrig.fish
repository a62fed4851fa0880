# Completion of trustrig for fish. In ~/.config/fish/config.fish:  trustrig completion fish | source
# Or as a file: trustrig completion fish > ~/.config/fish/completions/trustrig.fish

function __trustrig_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l program trustrig
    if string match -q '*/*' -- $words[1]; and test -x $words[1]
        set program $words[1] # the one that is typed
    end
    set -l answer (command $program __complete fish $words[2..-1] "$typed" 2>/dev/null </dev/null)
    for offer in $answer[3..-1]
        echo $offer
    end
    switch "$answer[1]"
        case files folders
            # fish looks a path up by its whole word; behind --option= it is a part of one.
            set -l option (string match -r -- '^--[^=]+=' "$typed")
            set -l path (string replace -r -- '^--[^=]+=' '' "$typed")
            set -l found
            if test "$answer[1]" = files
                set found (__fish_complete_path "$path")
            else
                set found (__fish_complete_directories "$path")
            end
            for one in $found
                echo "$option$one"
            end
    end
end

complete -c trustrig -f -a '(__trustrig_complete)'
