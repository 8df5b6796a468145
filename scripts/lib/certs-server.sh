# shellcheck shell=bash
# The commands that make the authority and the server's certificate: init and server.

init() {
    operands 0 "options only"
    choose_hosts "${HOSTS_ASKED[@]}"
    make_folder
    if [[ -e ca.pem || -e authority ]]; then
        confirm_init
        return
    fi
    begin_change
    new_database "${STRENGTH_ASKED:-128}"
    NAME="Conclave CA $(openssl rand -hex 4)"
    make_key "$PUT/authority/ca.key"
    sign_root "$NAME"
    make_key "$PUT/server.key"
    make_server_certificate "$PUT/server.key" "${HOSTS[@]}"
    finish_signing
    say "Made the CA \"$NAME\", valid until $(day "${ENDS[0]}"), and the server's certificate, valid until $(day "${ENDS[1]}"),"
    say "for $(plain_hosts "${HOSTS[@]}")."
    tell_left_out
    say "Next: $ME client alice"
    say "      $SERVER"
}

# A second init: all is there as asked, or it says what to do instead.
confirm_init() {
    local host
    require_living_authority
    [[ ${STRENGTH_ASKED:-$STRENGTH} == "$STRENGTH" ]] ||
        fail configuration "$SHOWN has a CA of strength $STRENGTH already; for one of strength $STRENGTH_ASKED choose another folder with --dir"
    find_current server || fail configuration "$SHOWN has a CA already, but no server certificate; make it with $ME server"
    no_expired "$ROW" server
    same_days "$ROW" server
    read_server_names
    if host=$(unknown_host); then
        fail configuration "the server's certificate is not for $host; add it with $ME server --host $host"
    fi
    files_present server
    certificate_present server
    say_unchanged "There is a CA in $SHOWN already, valid until $(day "${ENDS[0]}"), and a server certificate, valid until $(day "${ENDS[ROW]}")."
    say "Next: $ME client alice"
    say "      $SERVER"
}

server() {
    local entry
    operands 0 "options only"
    choose_hosts "${HOSTS_ASKED[@]}"
    enter
    require_living_authority
    if ! find_current server; then
        no_stray_files server
        begin_change
        make_key "$PUT/server.key"
        make_server_certificate "$PUT/server.key" "${HOSTS[@]}"
        finish_signing
        say "Made the server's key and certificate, valid until $(day "${ENDS[-1]}"), for $(plain_hosts "${HOSTS[@]}")."
    else
        read_server_names
        if knows "${HOSTS[@]}"; then
            no_expired "$ROW" server
            same_days "$ROW" server
            files_present server
            certificate_present server
            say_unchanged "The server's certificate exists, is valid until $(day "${ENDS[ROW]}"), and is for $(plain_hosts "${KNOWN[@]}")."
        else
            for entry in "${KNOWN[@]}"; do add_host "$entry"; done
            files_present server
            begin_change
            make_server_certificate server.key "${HOSTS[@]}"
            finish_signing
            say "Made a new certificate for the server's key, valid until $(day "${ENDS[-1]}"), for $(plain_hosts "${HOSTS[@]}")."
            tell_left_out
        fi
    fi
    say "Next: $SERVER (or reload the one that runs: kill -HUP)"
}

# Sets KNOWN to the names in the server's certificate, that of ROW, as choose_hosts has them.
read_server_names() {
    local names
    names=$(openssl x509 -in "authority/issued/${SERIALS[ROW]}.pem" -noout -ext subjectAltName 2>/dev/null) ||
        fail missing "$SHOWN/authority/issued/${SERIALS[ROW]}.pem is missing or damaged; put it back from server.pem or a backup"
    names=${names#*$'\n'}
    names=${names//IP Address:/IP:}
    IFS=', ' read -ra KNOWN <<<"$names"
}

# make_server_certificate KEY ENTRY…: for those hosts.
make_server_certificate() {
    local key=$1 names
    shift
    printf -v names '%s,' "$@"
    sign_leaf server "$key" serverAuth "${names%,}" "${DAYS:-365}"
}

tell_left_out() {
    ((LEFT_OUT == 0)) || say "Left out: $LEFT_OUT more addresses; a certificate holds $MOST_NAMES names. Name those that matter with --host."
}
