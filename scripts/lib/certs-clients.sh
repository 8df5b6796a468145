# shellcheck shell=bash
# The commands for what was issued before or is issued to a client: client, renew, revoke and crl.

# same_days ROW WHO: a certificate that exists must have the length that was asked for, if one was.
same_days() {
    local days=$(((ENDS[$1] - STARTS[$1] + 1) / ONE_DAY))
    [[ -z $DAYS ]] || ((days == DAYS)) ||
        fail configuration "the certificate of $2 exists and lasts $days days, not $DAYS; make another with $ME renew $2 --days $DAYS"
}

no_expired() {
    ((NOW < ENDS[$1])) || fail configuration "the certificate of $2 expired on $(day "${ENDS[$1]}"); make another with $ME renew $2"
}

# files_present WHO: its certificate is valid, so the key must be here.
files_present() {
    [[ -e $1.key ]] ||
        fail missing "$SHOWN/$1.key is not here (handed over?); put it back, or make a new key: $ME revoke $1, then $(remake "$1")"
}

certificate_present() {
    [[ -e $1.pem ]] || fail missing "$SHOWN/$1.pem is not here; make another for the same key with $ME renew $1"
}

# remake WHO: the command that makes a key for WHO.
remake() {
    case $1 in
        server) echo "$ME server" ;;
        */default) echo "$ME client ${1%/*}" ;;
        *) echo "$ME client ${1%/*} --device ${1#*/}" ;;
    esac
}

# no_stray_files WHO: files that this script did not make are not touched.
no_stray_files() {
    local file
    for file in "$1.key" "$1.pem"; do
        [[ ! -e $file ]] || fail exists "$SHOWN/$file exists, but was not made here; move it away, and run this again"
    done
}

client() {
    local who
    operands 1 "one USER"
    check_identity "${OPERANDS[0]}"
    if [[ -n $DEVICE ]]; then
        check_name device "$DEVICE"
        [[ -z $DEVICE_NAME || $DEVICE_NAME == "$DEVICE" ]] || fail usage "two devices are named; say USER --device NAME"
    fi
    who=$USER_NAME/${DEVICE:-${DEVICE_NAME:-default}}
    enter
    require_living_authority
    if find_current "$who"; then
        no_expired "$ROW" "$who"
        same_days "$ROW" "$who"
        files_present "$who"
        certificate_present "$who"
        say_unchanged "The certificate of $who exists and is valid until $(day "${ENDS[ROW]}")."
        say "To renew it: $ME renew $who"
        return
    fi
    no_stray_files "$who"
    begin_change
    make_key "$PUT/$who.key"
    sign_leaf "$who" "$PUT/$who.key" clientAuth "URI:conclave:$who" "${DAYS:-365}"
    finish_signing
    say "Made $SHOWN/$who.pem and its key, valid until $(day "${ENDS[-1]}")."
    say "Next: $CLIENT --as ${who%/default} --server localhost:7443"
    say "      $ME bundle $who   (to hand it to another machine)"
}

renew() {
    local who renewed=()
    operands 1 "one USER, USER/DEVICE or server"
    choose_matches "${OPERANDS[0]}"
    require_living_authority
    for who in "${MATCHES[@]}"; do
        find_current "$who" || continue
        files_present "$who"
        renewed+=("$who")
    done
    ((${#renewed[@]} > 0)) ||
        fail configuration "${OPERANDS[0]} is revoked; make a new key and certificate with $(remake "${MATCHES[0]}")"
    begin_change
    for who in "${renewed[@]}"; do
        find_current "$who"
        if [[ -n $REVOKE ]]; then revoke_rows "$who"; fi
        renew_leaf "$who"
    done
    finish_signing
    for who in "${renewed[@]}"; do
        find_current "$who"
        say "Renewed $who: valid until $(day "${ENDS[ROW]}")."
    done
    say "Next: reload what uses it: kill -HUP the server; bundle a client again if it is on another machine."
}

# renew_leaf WHO: the same key and names as in the certificate of ROW.
renew_leaf() {
    if [[ $1 == server ]]; then
        read_server_names
        make_server_certificate server.key "${KNOWN[@]}"
    else
        sign_leaf "$1" "$1.key" clientAuth "URI:conclave:$1" "${DAYS:-365}"
    fi
}

# choose_matches WHAT: enters the folder, and sets MATCHES to the identities that WHAT means; there must be one.
choose_matches() {
    [[ $1 == server ]] || check_identity "$1"
    enter
    require_authority
    matching_owners "$1"
    ((${#MATCHES[@]} > 0)) || fail missing "$1 has no certificate; see $ME list"
}

# revoke_rows WHO: revokes all certificates of WHO.
revoke_rows() {
    local row
    for row in "${!OWNERS[@]}"; do
        if [[ ${OWNERS[row]} == "$1" && ${REVOKED[row]} == - ]]; then REVOKED[row]=$NOW; fi
    done
}

revoke() {
    local who revoked=()
    operands 1 "one USER, USER/DEVICE or server"
    choose_matches "${OPERANDS[0]}"
    require_living_authority
    begin_change
    for who in "${MATCHES[@]}"; do
        find_current "$who" || continue
        revoke_rows "$who"
        revoked+=("$who")
        prepare_removal "$who.key"
        prepare_removal "$who.pem"
        prepare_removal "$who.p12"
    done
    if ((${#revoked[@]} == 0)); then
        say "${OPERANDS[0]} is revoked already. Nothing has changed."
        return
    fi
    finish_signing
    say "Revoked ${revoked[*]}, and removed the key from $SHOWN."
    say "Next: reload the server (kill -HUP), with $SHOWN/crl.pem if it runs on another machine."
    say "      $(remake "${revoked[0]}")   (for a new key)"
}

crl() {
    operands 0 "options only"
    enter
    require_living_authority
    begin_change
    CRL_DAYS=${DAYS:-$CRL_DAYS}
    finish_signing
    say "Renewed $SHOWN/crl.pem, good until $(day $((NOW + CRL_DAYS * ONE_DAY)))."
    say "Next: reload the server (kill -HUP), with this file if it runs on another machine."
}
