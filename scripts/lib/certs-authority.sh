# shellcheck shell=bash
# The authority: its record of what it has issued, and what it signs.
#
# The record is `authority/database`: a first line `conclave-certs 1 STRENGTH CRL-DAYS`, then a line for each
# certificate, `SERIAL WHO START END REVOKED`, with times in seconds since 1970 and `-` for never. WHO is `authority`,
# `server` or USER/DEVICE; the last line of a WHO is the certificate in use.

readonly ONE_DAY=86400
# How far the clocks of two machines may differ.
readonly CLOCK_SKEW=300

require_authority() {
    if [[ ! -e ca.pem && ! -e authority ]]; then
        fail missing "there are no certificates in $SHOWN; make them with $ME init"
    fi
    [[ -e authority/ca.key ]] ||
        fail configuration "this machine holds no CA key ($SHOWN/authority/ca.key); run it where the CA lives"
    [[ -e authority/database ]] || fail missing "$SHOWN/authority/database is missing; put it back from a backup"
    [[ -e ca.pem ]] || fail missing "$SHOWN/ca.pem is missing; put it back from a backup, the server or a client"
    [[ -r authority/ca.key && -r ca.pem && -r authority/database ]] ||
        fail permission "cannot read all of $SHOWN; it belongs to $(stat -c %U .): run this as that user"
    [[ $(stat -Lc %a authority/ca.key) == ?00 ]] ||
        fail permission "$SHOWN/authority/ca.key can be read by others; run: chmod 600 $SHOWN/authority/ca.key"
    read_database
    ((NOW >= STARTS[0])) ||
        fail configuration "the clock says $(day "$NOW"), but the CA begins on $(day "${STARTS[0]}"); set it (timedatectl)"
}

# require_living_authority: for what is signed.
require_living_authority() {
    require_authority
    ((NOW < ENDS[0])) ||
        fail configuration "the CA expired on $(day "${ENDS[0]}"); move $SHOWN away and make all anew with $ME init"
}

# new_database STRENGTH
new_database() {
    STRENGTH=$1 CRL_DAYS=30
    SERIALS=() OWNERS=() STARTS=() ENDS=() REVOKED=()
}

read_database() {
    local layout version serial who start end revoked
    SERIALS=() OWNERS=() STARTS=() ENDS=() REVOKED=()
    {
        read -r layout version STRENGTH CRL_DAYS || :
        [[ "$layout $version $STRENGTH" =~ ^conclave-certs\ 1\ (128|256)$ && $CRL_DAYS =~ ^[0-9]{1,3}$ ]] ||
            fail configuration "$SHOWN was made by another layout of this script; use the version that made it, or another --dir"
        while read -r serial who start end revoked || [[ -n $serial ]]; do
            [[ "$serial $who $start $end $revoked" =~ ^[0-9A-F]{32}\ [a-z0-9._/-]+\ [0-9]{1,12}\ [0-9]{1,12}\ (-|[0-9]{1,12})$ ]] ||
                fail configuration "$SHOWN/authority/database is damaged at $(quoted "$serial"); put it back from a backup"
            record "$serial" "$who" "$start" "$end" "$revoked"
        done
    } <authority/database
    [[ ${OWNERS[0]:-} == authority ]] ||
        fail configuration "$SHOWN/authority/database is damaged: no CA in it; put it back from a backup"
}

record() {
    SERIALS+=("$1") OWNERS+=("$2") STARTS+=("$3") ENDS+=("$4") REVOKED+=("$5")
}

write_database() {
    local row
    make_folder_of "$PUT/authority/database"
    {
        echo "conclave-certs 1 $STRENGTH $CRL_DAYS"
        for row in "${!SERIALS[@]}"; do
            echo "${SERIALS[row]} ${OWNERS[row]} ${STARTS[row]} ${ENDS[row]} ${REVOKED[row]}"
        done
    } >"$PUT/authority/database"
}

# find_current WHO: sets ROW to the newest certificate of WHO that is not revoked; fails if there is none.
find_current() {
    for ((ROW = ${#OWNERS[@]} - 1; ROW >= 0; ROW--)); do
        [[ ${OWNERS[ROW]} != "$1" || ${REVOKED[ROW]} != - ]] || return 0
    done
    return 1
}

# matching_owners WHAT: sets MATCHES to those that WHAT means (`server`, USER/DEVICE, or USER for all devices of it), each
# once, that ever had a certificate.
matching_owners() {
    local row who
    local -A seen=()
    MATCHES=()
    for row in "${!OWNERS[@]}"; do
        who=${OWNERS[row]}
        [[ $who == "$1" || $who == "$1"/* ]] || continue
        [[ -n ${seen[$who]:-} ]] || MATCHES+=("$who")
        seen[$who]=yes
    done
}

# day SECONDS, instant SECONDS: a date for a person, and one for openssl.
day() { printf '%(%Y-%m-%d)T' "$1"; }
instant() { printf '%(%Y%m%d%H%M%SZ)T' "$1"; }

# run_openssl DEED ARGUMENTS…: runs openssl in silence; if it fails, one line says that DEED did.
run_openssl() {
    local deed=$1
    shift
    if openssl "$@" </dev/null >"$WORK/said" 2>&1; then return; fi
    { head -c 16384 /dev/zero >"$WORK/probe"; } 2>/dev/null || return 74
    fail io "could not $deed: openssl says $(openssl_reason). $(state_of_change)"
}

openssl_reason() {
    { grep -m 1 '^error [0-9]' "$WORK/said" || sed -n '/^Using configuration/d; p; q' "$WORK/said"; } | cut -c -160
}

# write_configuration [SUBJECT [USE NAMES]]: what openssl is told of the authority, of who asks for a certificate, and of a
# leaf; paths are from inside the folder, so none needs quoting.
write_configuration() {
    cat >"$WORK/openssl.cnf" <<END
[ca]
default_ca = authority
[authority]
database = $WORK/index
serial = $WORK/serial
crlnumber = $WORK/crlnumber
new_certs_dir = $PUT/authority/issued
default_md = $([[ $STRENGTH == 256 ]] && echo sha384 || echo sha256)
policy = policy
email_in_dn = no
[policy]
commonName = supplied
[root]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
[crl]
authorityKeyIdentifier = keyid:always
END
    (($# > 0)) || return 0
    cat >>"$WORK/openssl.cnf" <<END
[req]
prompt = no
distinguished_name = subject
string_mask = utf8only
[subject]
commonName = $1
END
    (($# > 1)) || return 0
    cat >>"$WORK/openssl.cnf" <<END
[leaf]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = $2
subjectAltName = $3
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always
END
}

make_key() {
    local curve=P-256
    [[ $STRENGTH == 128 ]] || curve=P-384
    make_folder_of "$1"
    run_openssl "make a key" genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$curve" -out "$1"
}

# sign WHO KEY START END ARGUMENTS…: certifies KEY and records it; the certificate is $PUT/authority/issued/$SERIAL.pem.
sign() {
    local who=$1 key=$2 start=$3 end=$4
    shift 4
    SERIAL=00
    while [[ $SERIAL == 00* ]]; do SERIAL=$(openssl rand -hex 16); done
    SERIAL=${SERIAL^^}
    echo "$SERIAL" >"$WORK/serial"
    : >"$WORK/index"
    make_folder_of "$PUT/authority/issued/$SERIAL.pem"
    run_openssl "ask for the certificate of $who" req -new -config "$WORK/openssl.cnf" -key "$key" -out "$WORK/request"
    umask 022
    run_openssl "sign the certificate of $who" ca -config "$WORK/openssl.cnf" -batch -notext -in "$WORK/request" \
        -startdate "$(instant "$start")" -enddate "$(instant "$end")" "$@" -out "$WORK/certificate"
    umask 077
    record "$SERIAL" "$who" "$start" "$end" -
}

# sign_root NAME: the authority's own certificate, for ten years.
sign_root() {
    write_configuration "$1"
    sign authority "$PUT/authority/ca.key" $((NOW - CLOCK_SKEW)) $((NOW + 3652 * ONE_DAY)) \
        -selfsign -keyfile "$PUT/authority/ca.key" -extensions root
    mv -- "$PUT/authority/issued/$SERIAL.pem" "$PUT/ca.pem"
}

# sign_leaf WHO KEY USE NAMES DAYS: a certificate of DAYS days, but none that outlives the authority.
sign_leaf() {
    local who=$1 key=$2 use=$3 names=$4 days=$5 start end common=${1%%/*}
    [[ $who != server ]] || common="Conclave server"
    start=$((NOW - CLOCK_SKEW > STARTS[0] ? NOW - CLOCK_SKEW : STARTS[0]))
    # The last second counts as well (RFC 5280, 4.1.2.5).
    end=$((start + days * ONE_DAY - 1))
    if ((end > ENDS[0])); then end=${ENDS[0]}; fi
    write_configuration "$common" "$use" "$names"
    sign "$who" "$key" "$start" "$end" -keyfile "$(newest authority/ca.key)" -cert "$(newest ca.pem)" -extensions leaf
    make_folder_of "$PUT/$who"
    umask 022
    cp -- "$PUT/authority/issued/$SERIAL.pem" "$PUT/$who.pem"
    umask 077
    check_leaf "$key" "$PUT/$who.pem"
}

# newest PATH: where the file is while a change is prepared.
newest() {
    if [[ -e $PUT/$1 ]]; then echo "$PUT/$1"; else echo "$1"; fi
}

# check_leaf KEY CERTIFICATE: a full disk or a damaged file must not pass for a certificate.
check_leaf() {
    run_openssl "verify $2 against the CA" verify -x509_strict -CAfile "$(newest ca.pem)" "$2"
    run_openssl "read the key of $2" pkey -in "$1" -pubout -out "$WORK/public"
    openssl x509 -in "$2" -noout -pubkey | cmp -s - "$WORK/public" ||
        fail configuration "$SHOWN/${1#"$PUT"/} is not the key of ${2#"$PUT"/}; put the right one back. Nothing has changed"
}

# Signs the list of what is revoked, numbered one above the last.
sign_crl() {
    local row
    # Openssl wants the year of a revocation in two digits.
    for row in "${!SERIALS[@]}"; do
        [[ ${REVOKED[row]} != - ]] || continue
        printf 'R\t%(%Y%m%d%H%M%SZ)T\t%(%y%m%d%H%M%SZ)T\t%s\tunknown\t/CN=%s\n' \
            "${ENDS[row]}" "${REVOKED[row]}" "${SERIALS[row]}" "$row"
    done >"$WORK/index"
    if [[ -e authority/crlnumber ]]; then cp -- authority/crlnumber "$WORK"; else echo 01 >"$WORK/crlnumber"; fi
    make_folder_of "$PUT/authority/database"
    write_configuration
    local start=$((NOW - CLOCK_SKEW > STARTS[0] ? NOW - CLOCK_SKEW : STARTS[0]))
    umask 022
    run_openssl "sign the revocation list" ca -config "$WORK/openssl.cnf" -gencrl -crlexts crl \
        -keyfile "$(newest authority/ca.key)" -cert "$(newest ca.pem)" -out "$PUT/crl.pem" \
        -crl_lastupdate "$(instant "$start")" -crl_nextupdate "$(instant $((NOW + CRL_DAYS * ONE_DAY)))"
    umask 077
    cp -- "$WORK/crlnumber" "$PUT/authority/crlnumber"
    run_openssl "verify the revocation list" crl -in "$PUT/crl.pem" -noout -CAfile "$(newest ca.pem)"
}

# Makes what was signed happen: the list goes with it, so that it seldom grows old.
finish_signing() {
    sign_crl
    write_database
    commit_change
}
