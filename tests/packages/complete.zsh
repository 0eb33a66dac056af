# What zsh offers for a line: a shell in a terminal of its own is sent the line and a Tab.
# usage: zsh -f complete.zsh FOLDER LINE
zmodload zsh/zpty
zpty inner zsh -f -i
() {
    local setup
    # Every match is on a line of its own between two marks; nothing is inserted.
    for setup in \
        "PROMPT= ; unsetopt zle_bracketed_paste; setopt no_beep" \
        "fpath=(${(q)1} \$fpath); autoload -Uz compinit; compinit -u -D" \
        "zstyle ':completion:*' insert-tab false; zstyle ':completion:*' list-grouped false" \
        "compadd () { builtin compadd -O __found \"\$@\"; builtin compadd -O __seen \"\$@\"; print -rl -- \$__seen; builtin compadd \"\$@\" }" \
        "list-them () { print -r -- '<<BEGIN>>'; zle list-choices; print -r -- '<<END>>'; }" \
        "zle -N list-them; bindkey '^I' list-them; print -r -- READY''NOW"
    do
        zpty -w inner "$setup"
    done
    local text
    zpty -r -m inner text '*READYNOW*' || exit 1
    zpty -w -n inner "$2"$'\t'
    zpty -r -m inner text '*<<END>>*' || exit 1
    print -r -- "$text" | tr -d '\r' | sed '1,/<<BEGIN>>/d; /<<END>>/,$d'
} "$@"
zpty -d inner
