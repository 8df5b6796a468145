# shellcheck shell=bash disable=SC2154  # variables of scripts/install
# Sourced by scripts/install: users, folders and services.

# Who goes with the component. The server's user has a socket of the firewall too, and stays as long as there is a server.
users_of() { # COMPONENT
    case $1 in
    firewall)
        echo "conclave-fw conclave-feeds"
        if [[ ! -e $prefix/bin/conclave-server ]]; then echo conclave; fi
        ;;
    server) echo "conclave" ;;
    esac
}

services_of() { # COMPONENT
    case $1 in
    firewall) echo "conclave-firewall-control.socket conclave-firewall-chat.socket conclave-firewall-monitor.socket" \
        "conclave-firewall.service conclave-feeds.service" ;;
    server) echo "conclave-server.service" ;;
    esac
}

# systemd runs this machine, so that units can be started.
has_systemd() { [[ -d /run/systemd/system ]] && command -v systemctl >/dev/null; }

make_users() {
    local component
    for component in firewall server; do
        has_component "$component" || continue
        step "Users and folders of the $component"
        if command -v systemd-sysusers >/dev/null; then
            act systemd-sysusers "/etc/sysusers.d/conclave-$component.conf"
        else
            make_users_by_hand "Config/conclave-$component.sysusers"
        fi
        if command -v systemd-tmpfiles >/dev/null; then
            act systemd-tmpfiles --create "/etc/tmpfiles.d/conclave-$component.conf"
        else
            make_folders_by_hand "Config/conclave-$component.tmpfiles"
        fi
    done
    own_policy
}

make_users_by_hand() { # SYSUSERS
    local user home
    while read -r user home; do
        getent passwd "$user" >/dev/null ||
            act useradd --system --user-group --home-dir "$home" --no-create-home --shell /usr/sbin/nologin "$user"
    done < <(awk '$1 == "u" { print $2, $NF }' "$1")
}

make_folders_by_hand() { # TMPFILES
    local path mode user group
    while read -r path mode user group; do
        act install -d -m "$mode" -o "$user" -g "$group" "$path"
    done < <(awk '$1 == "d" { print $2, $3, $4, $5 }' "$1")
}

# The firewall writes the policy, and who fetches feeds reads it.
own_policy() {
    has_component firewall || return 0
    act chown conclave-fw:conclave-feeds /etc/conclave-firewall/policy.json
}

start_services() {
    step "Services"
    if [[ -z $start ]]; then
        note "none are started"
        return
    fi
    if ! has_systemd; then
        note "systemd does not run this machine: start conclave-firewall run yourself, before the network"
        [[ -n $dry ]] || return 0
    fi
    act systemctl daemon-reload
    has_component firewall || return 0
    # shellcheck disable=SC2046  # unit names have no spaces
    act systemctl enable $(services_of firewall)
    act systemctl start conclave-firewall-control.socket conclave-firewall-chat.socket conclave-firewall-monitor.socket
    # A daemon of an older version gives way; the rules stay in force meanwhile.
    act systemctl restart conclave-firewall.service conclave-feeds.service
}

stop_services() {
    local component services=()
    step "Services"
    for component in "${components[@]}"; do mapfile -t -O ${#services[@]} services < <(installed_services "$component"); done
    if ((${#services[@]} > 0)) && { has_systemd || [[ -n $dry ]]; }; then act systemctl disable --now "${services[@]}"; fi
    # The rules outlive the daemon on purpose: here they go.
    if has_component firewall && [[ -x $prefix/bin/conclave-firewall ]]; then act "$prefix/bin/conclave-firewall" off; fi
}

installed_services() { # COMPONENT
    local service
    for service in $(services_of "$1"); do
        if [[ -e $units/$service ]]; then echo "$service"; fi
    done
}

forget_services() {
    if has_systemd || [[ -n $dry ]]; then act systemctl daemon-reload; fi
}

say_next() {
    if [[ -n $dry ]]; then step "Then:"; else step "Done."; fi
    if has_component firewall; then
        echo "  sudo conclave-firewall status                   is it on, and is anything wrong?"
        echo "  sudo conclave-firewall whitelist add ADDRESS    from where you administer: nothing can keep you out"
        echo "  sudo conclave-firewall list                     the rules; docs/firewall.md has all commands"
    fi
    if has_component server; then
        echo "  Put ca.pem, crl.pem, server.pem and server.key of scripts/certs into /etc/conclave/certs, then:"
        echo "  systemctl enable --now conclave-server"
    fi
    if has_component tlsmon; then echo "  sudo tlsmon live -i any"; fi
    if has_component client; then echo "  conclave --as NAME --server HOST:7443"; fi
}
