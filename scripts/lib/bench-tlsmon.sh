# shellcheck shell=bash
# Sourced by scripts/bench: how fast tlsmon is, beside the C floor, ssldump and tshark on the same files in the same run.

tlsmon_usage() {
    cat <<'END'
Usage: scripts/bench tlsmon [--quick] [--rounds N] [--keep FOLDER] [--json FILE]
Makes captures of talk, handshakes and bulk transfers (in a network namespace, as root), and measures CPU seconds, packets and bytes a
second, and memory: of tlsmon without and with markers and keys, the C floor, ssldump and tshark. The best of N rounds (default 3) counts.
  --quick        a tenth of the traffic, one round
  --keep FOLDER  keep the captures there, and use those that are there
  --json FILE    write the figures there as well
gen.sh and pcapcount.c come from the folder that CONCLAVE_TLSMON_BENCH names, by default ../shared/bench/tlsmon.
END
}

# CPU seconds and the most memory (KiB) of one run; the exit codes 0, 1 and 2 are verdicts.
tlsmon_time() {
    local status=0
    /usr/bin/time -f '%U %S %M' -o "$work/time" "$@" >/dev/null 2>&1 || status=$?
    ((status <= 2)) || fail 70 "$1 ended with status $status: $*"
    awk 'END { printf "%.2f %d\n", $1 + $2, $3 }' "$work/time"
}

# A row: name, file, packets, bytes; then the command.
tlsmon_row() {
    local name=$1 file=$2 count=$3 bytes=$4 round seconds memory best='' most=0
    shift 4
    for ((round = 0; round < rounds; round++)); do
        read -r seconds memory < <(tlsmon_time "$@")
        if [[ -z $best ]] || awk -v a="$seconds" -v b="$best" 'BEGIN { exit !(a < b) }'; then best=$seconds; fi
        ((memory <= most)) || most=$memory
    done
    awk -v name="$name" -v file="$file" -v s="$best" -v n="$count" -v b="$bytes" -v m="$most" 'BEGIN {
        if (s < 0.01) s = 0.01
        printf "%-9s %-28s %7.2f s %9.0f k/s %8.0f MB/s %6.0f MiB\n", file, name, s, n / s / 1e3, b / s / 1e6, m / 1024 }'
    printf '{"file":"%s","tool":"%s","cpu_s":%s,"packets":%s,"bytes":%s,"memory_kib":%s}\n' \
        "$file" "$name" "$best" "$count" "$bytes" "$most" >>"$work/figures"
}

tlsmon_file() {
    local name=$1 file=$2/$1.pcap keys=$2/keys-$1/keys.log count bytes tlsmon=$3
    count=$("$work/pcapcount" "$file" 0 | awk '{ print $2 }')
    bytes=$(stat -c %s "$file")
    cat "$file" >/dev/null
    tlsmon_row "C floor" "$name" "$count" "$bytes" "$work/pcapcount" "$file" 2
    tlsmon_row "tlsmon prove" "$name" "$count" "$bytes" "$tlsmon" prove "$file"
    tlsmon_row "tlsmon prove, 3 markers" "$name" "$count" "$bytes" "$tlsmon" prove "$file" \
        --marker "meet at noon" --marker CONCLAVE-PLAINTEXT-MARKER --marker "the third of them"
    tlsmon_row "tlsmon prove, keys" "$name" "$count" "$bytes" "$tlsmon" prove "$file" --keylog "$keys"
    tlsmon_row "tlsmon read -T json" "$name" "$count" "$bytes" "$tlsmon" read "$file" -T json
    if command -v ssldump >/dev/null; then tlsmon_row "ssldump -n" "$name" "$count" "$bytes" ssldump -n -r "$file"; fi
    if command -v tshark >/dev/null && [[ $name != bulk ]]; then
        rounds=1 tlsmon_row "tshark, fields" "$name" "$count" "$bytes" tshark -n -r "$file" -d tcp.port==8443,tls -T fields \
            -e frame.number -e tls.record.content_type -e tls.record.opaque_type -e tls.record.length
    fi
}

bench_tlsmon() {
    local source=${CONCLAVE_TLSMON_BENCH:-../shared/bench/tlsmon} captures='' rounds=3 quick='' json='' work
    while (($# > 0)); do
        case $1 in
        --quick) quick=yes rounds=1 ;;
        --rounds)
            [[ ${2:-} =~ ^[1-9][0-9]?$ ]] || fail 64 "--rounds needs a number, such as 3"
            rounds=$2
            shift
            ;;
        --keep)
            captures=${2:?--keep needs a folder}
            shift
            ;;
        --json)
            json=${2:?--json needs a file}
            shift
            ;;
        -h | --help) tlsmon_usage && exit 0 ;;
        *) fail 64 "\"$1\" is no option here; see scripts/bench tlsmon --help" ;;
        esac
        shift
    done
    [[ -x $source/gen.sh ]] || fail 66 "there is no gen.sh in $source; name its folder in CONCLAVE_TLSMON_BENCH"
    scripts/packages tlsmon-bench
    [[ $(id -u) == 0 ]] || fail 77 "captures are made in a network namespace: run this as root"
    echo "Building tlsmon"
    swift build --configuration release --product tlsmon --quiet
    local tlsmon name
    tlsmon=$(swift build --configuration release --show-bin-path)/tlsmon
    work=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$work'" EXIT
    cc -O2 -o "$work/pcapcount" "$source/pcapcount.c" -lpcap
    captures=${captures:-$work/captures}
    mkdir -p "$captures"
    if [[ ! -e $captures/bulk64k.pcap ]]; then
        echo "Making captures"
        local scale=1
        if [[ -n $quick ]]; then scale=10; fi
        CHAT_N=200 CHAT_M=$((1500 / scale)) HS_N=$((8000 / scale)) BULK_M=$((75 / scale)) \
            "$source/gen.sh" "$captures" >"$work/gen.log" 2>&1 || fail 70 "gen.sh failed: $(tail -n 1 "$work/gen.log")"
    fi
    echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores; load average" \
        "$(cut -d ' ' -f 1 /proc/loadavg) before the start; $(uname -sr); CPU seconds of all threads, best of $rounds"
    echo
    for name in chat hs bulk bulk64k; do tlsmon_file "$name" "$captures" "$tlsmon"; done
    if [[ -n $json ]]; then cp "$work/figures" "$json"; fi
}
