# shellcheck shell=bash disable=SC2154  # variables of scripts/install
# Sourced by scripts/install: which packages the programs need, by the distribution's names.

# What for: apt-get, dnf, pacman, zypper. Found with ldd; Swift's own libraries are in the programs.
package_names() { # FAMILY WHAT
    case $2 in
    sqlite) pick "$1" libsqlite3-0 sqlite-libs sqlite libsqlite3-0 ;;
    curl) pick "$1" libcurl4 libcurl curl libcurl4 ;;
    authorities) pick "$1" ca-certificates ca-certificates ca-certificates ca-certificates ;;
    tls) pick "$1" libssl3 openssl-libs openssl libopenssl3 ;;
    zlib) pick "$1" zlib1g zlib zlib libz1 ;;
    pcap) pick "$1" libpcap0.8 libpcap libpcap libpcap1 ;;
    cxx) pick "$1" libstdc++6 libstdc++ gcc-libs libstdc++6 ;;
    sqlite-headers) pick "$1" libsqlite3-dev sqlite-devel sqlite sqlite3-devel ;;
    tls-headers) pick "$1" libssl-dev openssl-devel openssl libopenssl-devel ;;
    zlib-headers) pick "$1" zlib1g-dev zlib-devel zlib zlib-devel ;;
    pcap-headers) pick "$1" libpcap-dev libpcap-devel libpcap libpcap-devel ;;
    pkg-config) pick "$1" pkg-config pkgconf-pkg-config pkgconf pkgconf-pkg-config ;;
    esac
}

pick() { # FAMILY APT DNF PACMAN ZYPPER
    case $1 in
    apt) echo "$2" ;;
    dnf) echo "$3" ;;
    pacman) echo "$4" ;;
    zypper) echo "$5" ;;
    esac
}

# Sets family and family_name: as /etc/os-release says, else by which tool is there.
find_family() {
    local id='' like='' name='' tool
    if [[ -r /etc/os-release ]]; then
        id=$(sed -n 's/^ID=//p' /etc/os-release | tr -d '"' | head -n 1)
        like=$(sed -n 's/^ID_LIKE=//p' /etc/os-release | tr -d '"' | head -n 1)
        name=$(sed -n 's/^PRETTY_NAME=//p' /etc/os-release | tr -d '"' | head -n 1)
    fi
    case " $id $like " in
    *" debian "* | *" ubuntu "*) family=apt ;;
    *" fedora "* | *" rhel "* | *" centos "*) family=dnf ;;
    *" arch "*) family=pacman ;;
    *" suse "* | *" opensuse "* | *" opensuse-tumbleweed "* | *" opensuse-leap "*) family=zypper ;;
    *)
        family=
        for tool in apt-get dnf pacman zypper; do
            if command -v "$tool" >/dev/null; then
                family=${tool%-get}
                break
            fi
        done
        ;;
    esac
    family_name=${name:-${id:-an unknown distribution}}
    if [[ -n $family ]]; then return; fi
    if is_live && [[ -n $packages ]]; then
        fail 69 "$family_name has none of apt-get, dnf, pacman and zypper; install $(wanted_words) by hand, and use --no-packages"
    fi
}

# What the components need, in words.
wanted_words() {
    local words=(cxx)
    if [[ -z $binaries ]]; then words+=(pkg-config); fi
    if has_component firewall; then words+=(sqlite curl authorities); fi
    if has_component server || has_component client; then words+=(tls zlib sqlite); fi
    if has_component tlsmon; then words+=(tls zlib pcap); fi
    if [[ -z $binaries ]]; then
        # The package is built as a whole: its C headers are needed for every program.
        words+=(sqlite-headers tls-headers zlib-headers pcap-headers)
    fi
    printf '%s\n' "${words[@]}" | sort -u | tr '\n' ' '
}

is_installed() { # PACKAGE
    case $family in
    apt) [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]] ;;
    dnf | zypper) rpm -q --whatprovides "$1" >/dev/null 2>&1 ;;
    pacman) pacman -Qq "$1" >/dev/null 2>&1 ;;
    esac
}

install_packages() {
    local what package missing=()
    step "Packages"
    if [[ -z $packages ]] || ! is_live; then
        note "none are installed; needed are: $(wanted_words)"
        return
    fi
    for what in $(wanted_words); do
        package=$(package_names "$family" "$what")
        [[ " ${missing[*]} " == *" $package "* ]] || is_installed "$package" || missing+=("$package")
    done
    if ((${#missing[@]} == 0)); then
        note "all are there"
        return
    fi
    case $family in
    apt)
        act env DEBIAN_FRONTEND=noninteractive apt-get update -qq
        act env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
        ;;
    dnf) act dnf install -y "${missing[@]}" ;;
    pacman) act pacman -S --needed --noconfirm "${missing[@]}" ;;
    zypper) act zypper --non-interactive install --no-recommends "${missing[@]}" ;;
    esac
}
