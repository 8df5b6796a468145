# shellcheck shell=bash
# The folder of certificates: how an error is said, who may work in it, and changes that happen whole or not at all.
#
# A change is prepared in `.building/put`, which mirrors the folder. One rename makes it `.ready`: from there on it
# has happened, and this run or the next one moves each file to its place. An empty file stands for a removal.
# Until that rename nothing has happened, and the next run deletes `.building`.

readonly WORK=.building PUT=.building/put READY=.ready
# Where errors are told.
ERRORS=2

# fail KIND MESSAGE: one line that says what happened and what to do, and the end.
fail() {
    local code
    case $1 in
        usage) code=64 ;;
        missing) code=66 ;;
        busy) code=69 ;;
        exists) code=73 ;;
        io) code=74 ;;
        permission) code=77 ;;
        *) code=78 ;;
    esac
    SAID=yes
    printf 'certs: %s\n' "$2" >&"$ERRORS"
    exit "$code"
}

# quoted TEXT: TEXT as a person may see it, whatever it holds.
quoted() {
    local text=$1
    ((${#text} <= 48)) || text="${text:0:45}..."
    printf '%q' "$text"
}

# However the run ends: the part that was not finished goes, and an end that no check foresaw is told too.
ended() {
    local status=$? reason="an error"
    # 141: nobody reads what this run says any more, as with `list | head`.
    if [[ $status -ne 0 && $status -ne 141 && -z ${SAID:-} ]]; then
        if ((status > 128)); then
            reason="a signal; run this again"
        elif [[ -n ${INSIDE:-} && -d $WORK ]] && ! { head -c 16384 /dev/zero >"$WORK/probe"; } 2>/dev/null; then
            reason="a full disk: make some room in $SHOWN, and run this again"
        elif [[ -n ${INSIDE:-} && -s $WORK/errors ]]; then
            reason="an error: $(head -n 1 "$WORK/errors")"
        fi
        printf 'certs: stopped by %s. %s\n' "$reason" "$(state_of_change)" >&"$ERRORS"
        ((status > 128)) || status=74
    fi
    if [[ -n ${INSIDE:-} && -e $WORK ]]; then rm -rf -- "$WORK"; fi
    if [[ -n ${PART:-} ]]; then rm -f -- "$PART"; fi
    exit "$status"
}

state_of_change() {
    if [[ -n ${INSIDE:-} && -e $READY ]]; then echo "The next run finishes this one"; else echo "Nothing has changed"; fi
}

# wait_for_lock SECONDS: fails if the lock is not free in that time. (flock -w would need SIGALRM, which whoever started
# this may have blocked.)
wait_for_lock() {
    local tries=$(($1 * 20))
    until flock -n "$LOCK"; do
        ((tries-- > 0)) || return
        sleep 0.05
    done
}

# Enters the folder and waits until no other run is in it. The lock is on the folder itself: it needs no file, and
# goes with the process that holds it.
enter_folder() {
    [[ -r $DIR && -x $DIR ]] ||
        fail permission "$SHOWN belongs to $(stat -c %U -- "$DIR"); run this as that user"
    cd -- "$DIR" || fail permission "cannot enter $SHOWN"
    exec {LOCK}<.
    local patience=${CONCLAVE_CERTS_WAIT:-30}
    [[ $patience =~ ^[0-9]{1,5}$ ]] || fail usage "CONCLAVE_CERTS_WAIT is $(quoted "$patience"); it must be a number of seconds"
    wait_for_lock 1 || {
        printf 'certs: waiting for another run in %s\n' "$SHOWN" >&2
        wait_for_lock "$((10#$patience))" ||
            fail busy "another run is still at work in $SHOWN; see which with fuser -v $SHOWN, and run this again"
    }
    INSIDE=yes
    finish_interrupted
}

# The same, making the folder if need be. Only an empty one becomes ours, and is closed to others before a key is in it.
make_folder() {
    local name
    if [[ ! -e $DIR && ! -L $DIR ]]; then
        mkdir -p -- "$DIR" 2>/dev/null || [[ -d $DIR ]] ||
            fail exists "cannot make the folder $SHOWN; choose another with --dir"
    fi
    [[ -d $DIR ]] || fail exists "$SHOWN is not a folder; choose another with --dir"
    enter_folder
    [[ ! -e ca.pem && ! -e authority ]] || return 0
    for name in * .*; do
        case $name in
            . | .. | README.md | .gitignore | .gitkeep | lost+found) ;;
            *) fail configuration "$SHOWN holds other things ($(quoted "$name")); choose an empty folder with --dir" ;;
        esac
    done
    must_be_writable
    chmod 700 . 2>/dev/null || fail permission "$SHOWN belongs to $(stat -c %U .); run this as that user"
}

must_be_writable() {
    [[ -w . ]] ||
        fail permission "cannot write in $SHOWN; it belongs to $(stat -c %U .), or its file system is read-only"
}

finish_interrupted() {
    if [[ -e $READY || -e $WORK ]]; then must_be_writable; fi
    if [[ -e $READY ]]; then put_in_place; fi
    if [[ -e $WORK ]]; then rm -rf -- "$WORK"; fi
}

# begin_change: from here on files may be made below $PUT, and what programs complain of is kept for `ended`.
begin_change() {
    must_be_writable
    mkdir -- "$WORK" "$PUT"
    exec {ERRORS}>&2 2>"$WORK/errors"
}

# make_folder_of FILE: the folder that FILE will be in.
make_folder_of() {
    [[ $1 != */* || -d ${1%/*} ]] || mkdir -p -- "${1%/*}"
}

# prepare_removal PATH: the change is to remove PATH, if it is there.
prepare_removal() {
    [[ -e $1 ]] || return 0
    make_folder_of "$PUT/$1"
    : >"$PUT/$1"
}

# Makes the prepared change happen, and last through a loss of power.
commit_change() {
    find "$PUT" -exec sync -- {} +
    mv -T -- "$PUT" "$READY"
    sync -- .
    put_in_place
}

# In the order of names: a key comes before its certificate, so none is ever seen without its key.
put_in_place() {
    local file target
    local -A folders=([.]=yes)
    for file in "$READY"/**; do
        [[ -f $file ]] || continue
        target=${file#"$READY"/}
        if [[ -s $file ]]; then
            put_file "$file" "$target"
        else
            rm -f -- "$target" "$file"
            rmdir -- "${target%/*}" 2>/dev/null || :
        fi
        if [[ $target == */* ]]; then folders[${target%/*}]=yes; fi
    done
    for target in "${!folders[@]}"; do
        [[ -d $target ]] || unset "folders[$target]"
    done
    sync -- "${!folders[@]}"
    # Not rm: what is not in its place must never go.
    find "$READY" -depth -type d -exec rmdir -- {} +
}

put_file() {
    if [[ $2 == *.key && -e $2 ]]; then
        fail exists "$SHOWN/$2 is in the way of a new key, and no key is ever overwritten; move it away, and run this again"
    fi
    make_folder_of "$2"
    mv -fT -- "$1" "$2"
}
