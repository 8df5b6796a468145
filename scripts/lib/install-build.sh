# shellcheck shell=bash disable=SC2154  # variables of scripts/install
# Sourced by scripts/install: the programs, built for release with Swift's libraries in them.

programs_of() { # COMPONENT
    case $1 in
    firewall) echo conclave-firewall conclave-feeds ;;
    server) echo conclave-server ;;
    tlsmon) echo tlsmon ;;
    client) echo conclave ;;
    esac
}

all_programs() {
    local component
    for component in "${components[@]}"; do programs_of "$component"; done | tr ' ' '\n'
}

# Builds are the user's who called sudo, not root's: the folder stays theirs.
as_builder() {
    if [[ $(id -u) == 0 && -n ${SUDO_USER:-} && $SUDO_USER != root ]]; then
        runuser -u "$SUDO_USER" -- env "PATH=$PATH" "$@"
    else
        "$@"
    fi
}

build_programs() {
    local program
    step "Programs"
    if [[ -n $binaries ]]; then
        for program in $(all_programs); do
            [[ -x $binaries/$program ]] || fail 66 "there is no program $program in $binaries; build it, or leave --binaries out"
        done
        note "taken from $binaries"
        return
    fi
    if [[ -z $dry ]] && ! as_builder swift --version >/dev/null 2>&1; then
        fail 69 "root finds no swift; build as yourself with the commands that --dry-run shows and name their folder with --binaries," \
            "or install a toolchain of version 6.2 or later: https://www.swift.org/install/linux/"
    fi
    if [[ -z $dry ]]; then make_linker_folder; fi
    binaries=.build/install/release
    for program in $(all_programs); do
        act as_builder swift build --scratch-path .build/install --configuration release --static-swift-stdlib \
            -Xlinker -L.build/install-libraries --product "$program"
    done
}

# URLs are fetched with the system's libcurl. Its library is enough to link with; the package with headers is not needed.
make_linker_folder() {
    local library
    library=$(/sbin/ldconfig -p | awk '$1 == "libcurl.so.4" { print $NF; exit }')
    if [[ -z $library ]] && has_component firewall; then fail 69 "libcurl.so.4 is missing; install libcurl"; fi
    as_builder mkdir -p .build/install-libraries
    if [[ -n $library ]]; then as_builder ln -sf "$library" .build/install-libraries/libcurl.so; fi
}
