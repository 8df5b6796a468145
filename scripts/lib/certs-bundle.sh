# shellcheck shell=bash
# One file that hands a client to another machine: PKCS#12 with its certificate, its key and the CA's certificate.

# Rounds of PBKDF2 between a passphrase and the bundle's keys.
readonly BUNDLE_ROUNDS=600000
readonly BUNDLE_LIMIT=65536

# Sets PASSPHRASE from --passphrase-file or CONCLAVE_BUNDLE_PASSPHRASE; leaves it empty if there is neither.
given_passphrase() {
    PASSPHRASE=${CONCLAVE_BUNDLE_PASSPHRASE:-}
    if [[ -n $PASSPHRASE_FILE ]]; then
        [[ -r $PASSPHRASE_FILE ]] || fail missing "cannot read the passphrase file $(quoted "$PASSPHRASE_FILE")"
        IFS= read -r PASSPHRASE <"$PASSPHRASE_FILE" || [[ -n $PASSPHRASE ]] ||
            fail usage "the passphrase file $(quoted "$PASSPHRASE_FILE") is empty; write a passphrase in its first line"
    fi
    ((${#PASSPHRASE} <= 512)) || fail usage "the passphrase is too long; use at most 512 bytes"
}

# make_bundle WHO: in --out FILE, or beside the key.
make_bundle() {
    local who=$1 out=${OUT:-$DIR/$1.p12} made=
    [[ ! -e $out && ! -L $out ]] || fail exists "$(quoted "$out") exists; remove it, or choose another file with --out"
    [[ -d ${out%/*}/ && -w ${out%/*}/ ]] ||
        fail exists "cannot write $(quoted "$out"); choose another file with --out"
    given_passphrase
    begin_change
    check_leaf "$who.key" "$who.pem"
    if [[ -z $PASSPHRASE ]]; then
        made=$(openssl rand -hex 14)
        PASSPHRASE=$(sed 's/..../&-/g; s/-$//' <<<"$made")
    fi
    PASSPHRASE=$PASSPHRASE run_openssl "make the bundle" pkcs12 -export -inkey "$who.key" -in "$who.pem" \
        -certfile ca.pem -name "conclave:$who" -keypbe AES-256-CBC -certpbe AES-256-CBC -macalg sha256 \
        -iter "$BUNDLE_ROUNDS" -passout env:PASSPHRASE -out "$WORK/bundle"
    if [[ -z $OUT ]]; then
        make_folder_of "$PUT/$who.p12"
        mv -- "$WORK/bundle" "$PUT/$who.p12"
        commit_change
    else
        PART=$out.part
        cp -- "$WORK/bundle" "$PART"
        sync -- "$PART"
        mv -nT -- "$PART" "$out"
        [[ ! -e $PART ]] || fail exists "$(quoted "$out") exists; remove it, or choose another file with --out"
        PART=
    fi
    say "Made $(quoted "$out"): the certificate and the key of $who, and the CA's certificate."
    [[ -z $made ]] || printf 'Passphrase, shown only now: %s\n' "$PASSPHRASE" >&"$ERRORS"
    say "Next, on the other machine: scripts/certs unbundle $(quoted "${out##*/}")"
}

ask_passphrase() {
    given_passphrase
    [[ -z $PASSPHRASE ]] || return 0
    [[ -t 0 ]] || fail usage "no passphrase: set CONCLAVE_BUNDLE_PASSPHRASE, or name a file with --passphrase-file"
    IFS= read -rsp "Passphrase of the bundle: " PASSPHRASE || :
    echo >&2
}

# open_bundle FILE: sets WHO, and prepares the client's files and the CA's certificate.
open_bundle() {
    local file=$1 names
    [[ -f $file && -r $file ]] || fail missing "there is no bundle $(quoted "$file") to read; make it with scripts/certs bundle"
    (($(stat -Lc %s -- "$file") <= BUNDLE_LIMIT)) || fail configuration "$(quoted "$file") is too large to be a bundle"
    ask_passphrase
    begin_change
    PASSPHRASE=$PASSPHRASE openssl pkcs12 -in "$file" -passin env:PASSPHRASE -noenc </dev/null >"$WORK/all" 2>"$WORK/said" ||
        fail configuration "cannot open $(quoted "$file"): wrong passphrase, or no bundle of scripts/certs bundle"
    # The client's certificate comes first, then the CA's; check_leaf refuses any other order.
    [[ $(grep -c "BEGIN CERTIFICATE" "$WORK/all") == 2 ]] ||
        fail configuration "$(quoted "$file") does not hold a client and its CA; make it with scripts/certs bundle"
    sed '1,/END CERTIFICATE/d' "$WORK/all" >"$WORK/rest"
    run_openssl "read the bundle's key" pkey -in "$WORK/all" -out "$WORK/key"
    umask 022
    run_openssl "read the bundle's certificate" x509 -in "$WORK/all" -out "$WORK/leaf"
    run_openssl "read the bundle's CA" x509 -in "$WORK/rest" -out "$WORK/ca"
    umask 077
    names=$(openssl x509 -in "$WORK/leaf" -noout -ext subjectAltName 2>/dev/null | sed 1d)
    if ! [[ $names =~ ^\ *URI:conclave:([a-z0-9._-]+/[a-z0-9._-]+)\ *$ ]] ||
        ! (ERRORS=2 && check_identity "${BASH_REMATCH[1]}") 2>/dev/null; then
        fail configuration "$(quoted "$file") names no client of Conclave; make it with scripts/certs bundle"
    fi
    check_identity "${BASH_REMATCH[1]}"
    WHO=$USER_NAME/$DEVICE_NAME
}

# Puts the opened bundle's files where the client looks for them, beside what is there already.
accept_bundle() {
    if [[ -e ca.pem ]]; then
        cmp -s ca.pem "$WORK/ca" ||
            fail configuration "$SHOWN holds another CA than the bundle; choose another folder with --dir"
    else
        cp -p -- "$WORK/ca" "$PUT/ca.pem"
    fi
    check_leaf "$WORK/key" "$WORK/leaf"
    if [[ -e $WHO.key ]]; then
        openssl pkey -in "$WHO.key" -pubout 2>/dev/null | cmp -s - "$WORK/public" ||
            fail exists "$SHOWN/$WHO.key is another key, and no key is ever overwritten; move it away, and run this again"
    fi
    mkdir -p -- "$PUT/$USER_NAME"
    [[ -e $WHO.key ]] || mv -- "$WORK/key" "$PUT/$WHO.key"
    cmp -s "$WORK/leaf" "$WHO.pem" || mv -- "$WORK/leaf" "$PUT/$WHO.pem"
    commit_change
}

bundle() {
    operands 1 "one USER or USER/DEVICE"
    check_identity "${OPERANDS[0]}"
    WHO=$USER_NAME/${DEVICE_NAME:-default}
    enter
    [[ -e ca.pem && -e $WHO.pem && -e $WHO.key ]] ||
        fail missing "the key and certificate of $WHO are not in $SHOWN; make them with $(remake "$WHO")"
    make_bundle "$WHO"
}

unbundle() {
    operands 1 "one FILE"
    OPERANDS[0]=$(absolute "${OPERANDS[0]}")
    make_folder
    open_bundle "${OPERANDS[0]}"
    accept_bundle
    say "$SHOWN holds the key and the certificate of $WHO now."
    say "The CA's fingerprint, to compare with what scripts/certs list says where the CA lives:"
    read_ca
    say "  $FINGERPRINT"
    say "Next: $CLIENT --as ${WHO%/default} --server HOST:7443"
}
