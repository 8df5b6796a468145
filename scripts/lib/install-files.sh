# shellcheck shell=bash disable=SC2154  # variables of scripts/install
# Sourced by scripts/install: which file goes where, there and back.

units=/etc/systemd/system

# What belongs to a component, a line each: kind, source, target. Kinds: program, unit (with paths of the prefix), file, once (never overwritten).
files_of() { # COMPONENT
    local program name
    for program in $(programs_of "$1"); do echo "program $program $prefix/bin/$program"; done
    case $1 in
    firewall)
        for name in conclave-firewall.service conclave-feeds.service conclave-firewall-{control,chat,monitor}.socket; do
            echo "unit Config/$name $units/$name"
        done
        echo "file Config/conclave-firewall.sysusers /etc/sysusers.d/conclave-firewall.conf"
        echo "file Config/conclave-firewall.tmpfiles /etc/tmpfiles.d/conclave-firewall.conf"
        echo "once Config/conclave-firewall.json /etc/conclave-firewall/policy.json"
        ;;
    server)
        echo "unit Config/conclave-server.service $units/conclave-server.service"
        echo "file Config/conclave-server.sysusers /etc/sysusers.d/conclave-server.conf"
        echo "file Config/conclave-server.tmpfiles /etc/tmpfiles.d/conclave-server.conf"
        echo "once Config/conclave-server.yaml /etc/conclave/conclave-server.yaml"
        ;;
    client) echo "once Config/conclave.yaml /etc/conclave/conclave.yaml" ;;
    esac
}

all_files() {
    local component
    for component in "${components[@]}"; do files_of "$component"; done
}

# Where each shell looks for completions.
completion_path() { # SHELL PROGRAM
    case $1 in
    bash) echo "$prefix/share/bash-completion/completions/$2" ;;
    zsh) echo "$prefix/share/zsh/site-functions/_$2" ;;
    fish) echo "$prefix/share/fish/vendor_completions.d/$2.fish" ;;
    esac
}

install_files() {
    local kind source target
    step "Files"
    while read -r kind source target; do
        case $kind in
        program) put 0755 "$binaries/$source" "$target" ;;
        unit) put_unit "$source" "$target" ;;
        file) put 0644 "$source" "$target" ;;
        once) put_once "$source" "$target" ;;
        esac
    done < <(all_files)
    step "Completions"
    for source in $(all_programs); do
        for kind in bash zsh fish; do put_completion "$kind" "$source"; done
    done
}

# put MODE SOURCE TARGET: unless it is there and the same.
put() {
    if cmp -s "$2" "$destination$3"; then
        note "$destination$3 is up to date"
        return
    fi
    act install -D -m "$1" "$2" "$destination$3"
}

# A unit names programs by their whole path.
put_unit() { # SOURCE TARGET
    local changed
    if [[ $prefix == /usr/local ]]; then
        put 0644 "$1" "$2"
        return
    fi
    changed=$(mktemp)
    sed "s#/usr/local/bin#$prefix/bin#g" "$1" >"$changed"
    if cmp -s "$changed" "$destination$2"; then
        note "$destination$2 is up to date"
    else
        printf '  %s\n' "install $1 as $destination$2, with $prefix/bin"
        [[ -n $dry ]] || install -D -m 0644 "$changed" "$destination$2"
    fi
    rm -f "$changed"
}

# A file that belongs to the administrator from then on.
put_once() { # SOURCE TARGET
    if [[ -e $destination$2 ]]; then
        note "$destination$2 stays as it is"
        return
    fi
    act install -D -m 0640 "$1" "$destination$2"
}

put_completion() { # SHELL PROGRAM
    local target made
    target=$destination$(completion_path "$1" "$2")
    if [[ -n $dry ]]; then
        printf '  %s\n' "$2 --generate-completion-script $1 > $target"
        return
    fi
    made=$(mktemp)
    if "$binaries/$2" --generate-completion-script "$1" >"$made" 2>/dev/null && [[ -s $made ]]; then
        if cmp -s "$made" "$target"; then
            note "$target is up to date"
        else
            printf '  %s\n' "$2 --generate-completion-script $1 > $target"
            install -D -m 0644 "$made" "$target"
        fi
    else
        note "$2 has no completions for $1"
    fi
    rm -f "$made"
}

remove_files() {
    local kind source target
    step "Files"
    while read -r kind source target; do
        [[ $kind == once ]] || take "$target"
    done < <(all_files)
    for source in $(all_programs); do
        for kind in bash zsh fish; do take "$(completion_path "$kind" "$source")"; done
    done
}

take() { # TARGET
    if [[ -e $destination$1 || -L $destination$1 ]]; then act rm -f "$destination$1"; fi
}

# What a component keeps: configuration, logs, data.
folders_of() {
    case $1 in
    firewall) echo "/etc/conclave-firewall /var/lib/conclave-firewall" ;;
    server) echo "/etc/conclave /var/lib/conclave" ;;
    esac
}

say_kept() {
    local component folder
    for component in "${components[@]}"; do
        for folder in $(folders_of "$component"); do
            if [[ -d $destination$folder ]]; then note "$destination$folder stays; scripts/install uninstall --purge removes it"; fi
        done
    done
}

purge_data() {
    local component folder user
    step "Policy, logs, data and users"
    for component in "${components[@]}"; do
        for folder in $(folders_of "$component"); do
            if [[ -d $destination$folder ]]; then act rm -rf "$destination$folder"; fi
        done
        is_live || continue
        for user in $(users_of "$component"); do
            if getent passwd "$user" >/dev/null; then act userdel "$user"; fi
        done
    done
}
