# shellcheck shell=bash
# What was issued, for a person and for a program, and how old the revocation list is.

declare -A NEWEST

# Sets NEWEST: for each identity the row of the certificate in use.
find_newest() {
    local row
    NEWEST=()
    for row in "${!OWNERS[@]}"; do
        if [[ ${REVOKED[row]} == - ]]; then NEWEST[${OWNERS[row]}]=$row; fi
    done
}

# judge ROW: sets STATUS (valid, expired, revoked) and CURRENT (true if it is the certificate in use).
judge() {
    CURRENT=false STATUS=valid
    if ((NOW >= ENDS[$1])); then STATUS=expired; fi
    if [[ ${REVOKED[$1]} != - ]]; then STATUS=revoked; fi
    if [[ ${NEWEST[${OWNERS[$1]}]:-} == "$1" ]]; then CURRENT=true; fi
}

# days_left SECONDS: sets LEFT to whole days, rounded up.
days_left() { LEFT=$((($1 - NOW + ONE_DAY - 1) / ONE_DAY)); }

# Sets NAME and FINGERPRINT from the CA's certificate.
read_ca() {
    local facts
    facts=$(openssl x509 -in ca.pem -noout -subject -nameopt multiline -fingerprint -sha256 2>/dev/null) ||
        fail configuration "$SHOWN/ca.pem is damaged; put it back from a backup, the server or a client"
    NAME=$(sed -n 's/^ *commonName *= //p' <<<"$facts")
    FINGERPRINT=$(sed -n 's/^.*Fingerprint=//p' <<<"$facts")
}

# Sets CRL_START, CRL_END and CRL_NUMBER from the list itself.
read_crl() {
    local facts
    facts=$(openssl crl -in crl.pem -noout -lastupdate -nextupdate -crlnumber 2>/dev/null) ||
        fail missing "$SHOWN/crl.pem is missing or damaged; make it with $ME crl"
    CRL_START=$(date -d "$(sed -n 's/^lastUpdate=//p' <<<"$facts")" +%s)
    CRL_END=$(date -d "$(sed -n 's/^nextUpdate=//p' <<<"$facts")" +%s)
    CRL_NUMBER=$((16#$(sed -n 's/^crlNumber=0x//p' <<<"$facts")))
}

# say_unchanged WORDS: for a command that finds all as asked. The list must not grow old meanwhile.
say_unchanged() {
    local changed="Nothing has changed."
    if [[ -e crl.pem ]]; then read_crl; fi
    if [[ ! -e crl.pem ]] || ((NOW >= (CRL_START + CRL_END) / 2)); then
        begin_change
        finish_signing
        say "Renewed $SHOWN/crl.pem, good until $(day $((NOW + CRL_DAYS * ONE_DAY))); reload the server (kill -HUP)."
        changed="Nothing else has changed."
    fi
    say "$1 $changed"
}

list_plain() {
    local row
    printf '%s, strength %s, valid until %s\n' "$NAME" "$STRENGTH" "$(day "${ENDS[0]}")"
    printf 'fingerprint %s\n' "$FINGERPRINT"
    days_left "$CRL_END"
    if ((NOW < CRL_END)); then
        printf 'revocation list %s: %s days old, %s days left\n\n' "$CRL_NUMBER" $(((NOW - CRL_START) / ONE_DAY)) "$LEFT"
    else
        printf 'revocation list %s: EXPIRED on %s, the server refuses everyone; run %s crl\n\n' "$CRL_NUMBER" "$(day "$CRL_END")" "$ME"
    fi
    printf '%-34s %-8s %9s  %s\n' IDENTITY SERIAL "DAYS LEFT" STATUS
    for ((row = 1; row < ${#OWNERS[@]}; row++)); do
        judge "$row"
        days_left "${ENDS[row]}"
        [[ $STATUS == valid ]] || LEFT=-
        if [[ $STATUS == valid && $CURRENT == false ]]; then STATUS="valid, but replaced"; fi
        printf '%-34s %-8s %9s  %s\n' "${OWNERS[row]}" "${SERIALS[row]:0:8}" "$LEFT" "$STATUS"
    done
}

list_json() {
    local row separator='' format='%(%Y-%m-%dT%H:%M:%SZ)T'
    printf '{"authority":{"name":"%s","fingerprint":"%s","strength":%s,"issued":"'"$format"'","expires":"'"$format"'"},' \
        "$NAME" "$FINGERPRINT" "$STRENGTH" "${STARTS[0]}" "${ENDS[0]}"
    days_left "$CRL_END"
    printf '"crl":{"number":%s,"issued":"'"$format"'","expires":"'"$format"'","daysLeft":%s},"certificates":[' \
        "$CRL_NUMBER" "$CRL_START" "$CRL_END" "$LEFT"
    for ((row = 1; row < ${#OWNERS[@]}; row++)); do
        judge "$row"
        days_left "${ENDS[row]}"
        printf '%s\n{"identity":"%s","serial":"%s","issued":"'"$format"'","expires":"'"$format"'","daysLeft":%s,"status":"%s","current":%s}' \
            "$separator" "${OWNERS[row]}" "${SERIALS[row]}" "${STARTS[row]}" "${ENDS[row]}" "$LEFT" "$STATUS" "$CURRENT"
        separator=,
    done
    printf '\n]}\n'
}

list() {
    operands 0 "options only"
    enter
    require_authority
    read_ca
    read_crl
    find_newest
    if [[ -n $JSON ]]; then list_json; else list_plain; fi
}
