# shellcheck shell=bash
# The names that may stand in a certificate: users and devices, hosts and addresses.

# At most so many names in the server's certificate.
readonly MOST_NAMES=32

# check_name WHAT TEXT: the rule of the chat itself, and two of this folder: `authority` and `server` mean something
# else in it, and a name that ends like a file would be taken for one.
check_name() {
    local rule="use 1 to 32 of a-z 0-9 . _ -, not beginning with . or -"
    [[ $2 =~ ^[a-z0-9_][a-z0-9._-]{0,31}$ ]] || fail usage "$(quoted "$2") is no name for a $1; $rule"
    case $1/$2 in
        */*.pem | */*.key | */*.p12) fail usage "a $1 cannot be called $2: it would look like a file; choose another name" ;;
        user/authority | user/server) fail usage "a user cannot be called $2: that name is taken here; choose another" ;;
    esac
}

# check_identity TEXT: sets USER_NAME and DEVICE_NAME (empty if not said) from USER or USER/DEVICE.
check_identity() {
    USER_NAME=${1%%/*} DEVICE_NAME=
    check_name user "$USER_NAME"
    [[ $1 == */* ]] || return 0
    DEVICE_NAME=${1#*/}
    check_name device "$DEVICE_NAME"
}

# host_entry TEXT: prints a host as it stands in a certificate, DNS:NAME or IP:ADDRESS; fails if it is neither.
host_entry() {
    local text=${1,,} label='[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?' byte='(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
    if [[ $text == *:* ]]; then
        text=$(full_ipv6 "$text") || return
        echo "IP:$text"
    elif [[ $text =~ ^($byte\.){3}$byte$ ]]; then
        echo "IP:$text"
    elif [[ $text =~ ^$label(\.$label)*\.?$ && ! $text =~ (^|\.)[0-9]+\.?$ ]]; then
        text=${text%.}
        ((${#text} <= 253)) && echo "DNS:$text"
    else
        return 1
    fi
}

# full_ipv6 TEXT: prints all eight groups, as openssl does (0:0:0:0:0:0:0:1); fails if TEXT is no address.
full_ipv6() {
    local text=$1 group zeros=
    local -a before after groups=()
    [[ $text =~ ^[0-9a-f:]{2,39}$ ]] || return
    if [[ $text == *::* ]]; then
        [[ $text != *::*::* && $text != *:::* ]] || return
        IFS=: read -ra before <<<"${text%%::*}"
        IFS=: read -ra after <<<"${text#*::}"
        ((${#before[@]} + ${#after[@]} < 8)) || return
        printf -v zeros '%*s' $((8 - ${#before[@]} - ${#after[@]})) ''
        read -ra groups <<<"${zeros// /0 }"
        groups=("${before[@]}" "${groups[@]}" "${after[@]}")
    else
        [[ $text != :* && $text != *: ]] || return
        IFS=: read -ra groups <<<"$text"
    fi
    ((${#groups[@]} == 8)) || return
    text=
    for group in "${groups[@]}"; do
        [[ $group =~ ^[0-9a-f]{1,4}$ ]] || return
        printf -v text '%s:%X' "$text" "$((16#$group))"
    done
    echo "${text#:}"
}

# choose_hosts ASKED…: sets HOSTS to what the server's certificate should hold: the hosts asked for, and this machine's own
# names and addresses as far as there is room. HOSTS_WANTED are the first, LEFT_OUT counts what had no room.
choose_hosts() {
    local host entry addresses
    HOSTS=() LEFT_OUT=0
    for host in "$@"; do
        entry=$(host_entry "$host") ||
            fail usage "$(quoted "$host") is no host name or address; use a DNS name (no wildcard) or an IP address"
        add_host "$entry"
    done
    HOSTS_WANTED=("${HOSTS[@]}")
    for host in localhost 127.0.0.1 ::1 "$(uname -n)"; do
        if entry=$(host_entry "$host"); then add_host "$entry"; fi
    done
    ((LEFT_OUT == 0)) || fail usage "the server's certificate holds at most $MOST_NAMES names; ask for fewer with --host"
    addresses=$(hostname -I 2>/dev/null) || addresses=
    for host in $addresses; do
        if entry=$(host_entry "$host"); then add_host "$entry"; fi
    done
}

# add_host ENTRY: once, if there is room.
add_host() {
    [[ " ${HOSTS[*]} " != *" $1 "* ]] || return 0
    if ((${#HOSTS[@]} < MOST_NAMES)); then HOSTS+=("$1"); else LEFT_OUT=$((LEFT_OUT + 1)); fi
}

# knows ENTRY…: all of them are in KNOWN.
knows() {
    local entry
    for entry in "$@"; do
        [[ " ${KNOWN[*]} " == *" $entry "* ]] || return
    done
}

# unknown_host: prints the first host asked for that is not in KNOWN; fails if there is none.
unknown_host() {
    local entry
    for entry in "${HOSTS_WANTED[@]}"; do
        if ! knows "$entry"; then
            plain_hosts "$entry"
            return
        fi
    done
    return 1
}

# plain_hosts ENTRY…: the same for a person: localhost, 127.0.0.1, ::1.
plain_hosts() {
    local entry text=
    for entry in "$@"; do
        entry=${entry#*:}
        if [[ $entry == *:* && $entry =~ (^|:)0(:0)+(:|$) ]]; then entry=${entry/"${BASH_REMATCH[0]}"/::}; fi
        text+=", ${entry,,}"
    done
    echo "${text#, }"
}
