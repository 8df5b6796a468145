# shellcheck shell=bash
# Sourced by scripts/bench: what the firewall costs, each figure beside a reference of the same run.

firewall_usage() {
    cat <<'END'
Usage: scripts/bench firewall [--quick] [--rounds N] [--only NAME]… [--json FILE]
Measures conclave-firewall in network namespaces of its own, as root; nothing leaves them:
  ban      from the request to the answer with a million hosts and 100,000 networks loaded, beside "nft add element"; and all counters,
           beside "nft list counters"
  swap     a list of a million hosts replaced by another, while a datagram goes to and fro a thousand times a second
  memory   of the daemon with a million addresses
  packet   nanoseconds of processor time for a packet: no rules, connection tracking alone, the rules of the trial (conclave.nft, from where
           pktgen.c comes), ours, ours with a million addresses
  cpu      the daemon at 5,000 packets a second, blocked and allowed
  --quick        100,000 addresses, and one round where else there are 20
  --rounds N     how often each packet cost is measured, in turn (default 20); the lowest counts, as all else on the machine only adds
  --json FILE    write the figures there as well
pktgen.c, which sends packets, comes from the folder that CONCLAVE_FIREWALL_BENCH names, by default ../shared/bench/firewall; without it
there are no packet costs.
END
}

firewall_rows=()

# row NAME VALUE UNIT AIM: for the table and the file.
firewall_row() {
    printf '%-58s %10s %-8s %s\n' "$1" "$2" "$3" "${4:+(aim: $4)}"
    firewall_rows+=("{\"name\":\"$1\",\"value\":$2,\"unit\":\"$3\"}")
}

in_server() { ip netns exec "$lab-server-$1" "${@:2}"; } # PAIR COMMAND…
in_client() { ip netns exec "$lab-client-$1" "${@:2}"; }

# A pair of hosts: 10.77.0.1 and 10.77.0.2, fd77::1 and fd77::2.
firewall_pair() { # PAIR
    local client=$lab-client-$1 server=$lab-server-$1
    ip netns add "$client"
    ip netns add "$server"
    ip link add eth0 netns "$client" type veth peer name eth0 netns "$server"
    ip -n "$client" -batch - <<<$'link set lo up\nlink set eth0 up\naddr add 10.77.0.1/24 dev eth0\naddr add 10.78.5.9/32 dev eth0'
    ip -n "$server" -batch - <<<$'link set lo up\nlink set eth0 up\naddr add 10.77.0.2/24 dev eth0'
    # Cards come up by and by.
    # shellcheck disable=SC2016  # the inner shell expands it
    in_server "$1" timeout 10 sh -c 'until [ "$(cat /sys/class/net/eth0/operstate)" = up ]; do sleep 0.05; done'
    sleep 0.2
}

firewall_clear() {
    local pid pair host
    for pid in "${jobs[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
    for pid in "${jobs[@]}"; do wait "$pid" 2>/dev/null || true; done
    for pair in "${pairs[@]}"; do
        for host in client server; do ip netns del "$lab-$host-$pair" 2>/dev/null || true; done
    done
    rm -rf "$work"
}

# The policy of a new installation, without its feeds, with two that are in the cache or not.
firewall_policy() {
    python3 - Config/conclave-firewall.json <<'END'
import json, sys
policy = json.load(open(sys.argv[1]))
policy["threatIntel"]["feeds"] = [{"name": name, "url": "http://127.0.0.1:9/" + name, "format": "plain", "direction": "both",
                                   "interval": "1h", "maximumAge": "7d", "enabled": True} for name in ("hosts", "networks")]
json.dump(policy, sys.stdout)
END
}

# firewall_feed PAIR FIRST COUNT [NAME]: that many hosts of 11.0.0.0/8 into the cache, or of networks of 32 addresses in 20.0.0.0/8.
firewall_feed() {
    python3 - "$work/$1/feeds" "${4:-hosts}" "$2" "$3" <<'END'
import json, os, sys, time
name, first, count = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
path = sys.argv[1] + "/" + name
base, step, form = (11 << 24, 3, "%d.%d.%d.%d\n") if name == "hosts" else (20 << 24, 64, "%d.%d.%d.%d/27\n")
with open(path + ".new", "w") as file:
    for i in range(first, first + step * count, step):
        a = base + i
        file.write(form % (a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255))
now = int(time.time())
meta = {"version": 1, "url": "http://127.0.0.1:9/" + name, "checkedAt": now, "confirmedAt": now, "fetchedAt": now, "changedAt": now,
        "entries": count, "bytes": os.path.getsize(path + ".new")}
json.dump(meta, open(path + ".meta", "w"))
os.rename(path + ".meta", path + ".json")
os.rename(path + ".new", path + ".body")
END
}

# Starts the daemon of a pair; sets daemon.
firewall_start() { # PAIR
    mkdir -p "$work/$1/feeds" "$work/$1/run"
    firewall_policy >"$work/$1/policy.json"
    # Not by in_server: the job's number must be the daemon's.
    ip netns exec "$lab-server-$1" "$bin/conclave-firewall" run --policy "$work/$1/policy.json" --state "$work/$1" --run-dir "$work/$1/run" \
        >"$work/$1/log" 2>&1 &
    daemon=$!
    jobs+=("$daemon")
    python3 "$work/tools.py" await "$work/$1/run/control.sock" "${2:-0}" || {
        cat "$work/$1/log" >&2
        fail 69 "the daemon did not come up"
    }
}

# What measures from the outside. One process each; all of them end by themselves.
firewall_tools() {
    cat >"$work/tools.py" <<'END'
import json, os, socket, sys, threading, time


class Control:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def ask(self, **request):
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        answer = json.loads(self.file.readline())
        if not answer.get("ok"):
            sys.exit("the daemon says: %s" % answer)
        return answer


def feed_entries(control):
    return control.ask(op="status")["feedEntries"]


def await_daemon(path, entries):
    end = time.time() + 120
    while time.time() < end:
        try:
            if feed_entries(Control(path)) == int(entries):
                return
        except OSError:
            pass
        time.sleep(0.05)
    sys.exit("there is no daemon with %s addresses at %s" % (entries, path))


def ban(path, count):
    control = Control(path)
    times = []
    for i in range(int(count)):
        start = time.perf_counter()
        control.ask(op="ban", addresses=["198.18.%d.%d" % (i // 250, i % 250 + 1)], seconds=600, detail="")
        times.append(time.perf_counter() - start)
        time.sleep(0.003)
    times.sort()
    print("%.3f %.3f %.3f" % tuple(1e3 * t for t in (times[len(times) // 2], times[int(len(times) * 0.99)], times[-1])))


def ask(path, operation, count):
    control = Control(path)
    times = []
    for _ in range(int(count)):
        start = time.perf_counter()
        control.ask(op=operation)
        times.append(time.perf_counter() - start)
        time.sleep(0.003)
    times.sort()
    print("%.3f" % (1e3 * times[len(times) // 2]))


def echo(seconds):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", 9998))
    server.settimeout(0.2)
    end = time.time() + float(seconds)
    while time.time() < end:
        try:
            data, sender = server.recvfrom(99)
            server.sendto(data, sender)
        except OSError:
            pass


def trips(seconds):
    """A datagram each millisecond; all that do not come back within a second are lost."""
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.bind(("10.77.0.1", 4999))
    client.connect(("10.77.0.2", 9998))
    client.settimeout(1)
    end, times, lost = time.time() + float(seconds), [], 0
    while time.time() < end:
        start = time.perf_counter()
        client.send(b"p")
        try:
            client.recv(9)
            times.append(time.perf_counter() - start)
        except OSError:
            lost += 1
        time.sleep(0.001)
    times.sort()
    print("%d %d %.2f" % (len(times) + lost, lost, 1e3 * times[-1]))


def pace(target, port, rate, seconds):
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.bind(("10.77.0.1", 0))
    start, sent = time.perf_counter(), 0
    while time.perf_counter() - start < float(seconds):
        due = int((time.perf_counter() - start) * int(rate))
        while sent < due:
            try:
                client.sendto(b"p", (target, int(port)))
            except OSError:
                pass
            sent += 1
        time.sleep(0.001)
    print(sent)


def sink(seconds):
    """An open port that reads nothing, so that a packet's cost ends at the full socket."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("0.0.0.0", 9999))
    for _ in range(3):
        data, sender = server.recvfrom(99)
        server.sendto(data, sender)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    time.sleep(float(seconds))


def establish():
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.bind(("10.77.0.1", 4000))
    client.settimeout(2)
    for _ in range(3):
        client.sendto(b"x", ("10.77.0.2", 9999))
        client.recv(9)


{"await": await_daemon, "ask": ask, "ban": ban, "echo": echo, "trips": trips, "pace": pace, "sink": sink,
 "establish": establish}[sys.argv[1]](*sys.argv[2:])
END
}

# Hundredths of a second that a process used, and its peak of memory in KiB.
process_ticks() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
process_memory() { awk -v name="$2:" '$1 == name { print $2 }' "/proc/$1/status"; } # PID VmRSS|VmHWM

# The least of 3 runs of nft with these words in the pair with a million, in milliseconds.
firewall_nft() {
    local begin end best='' round
    for round in 1 2 3; do
        begin=$(date +%s%N)
        in_server million nft "$@" >/dev/null
        end=$(date +%s%N)
        if [[ -z $best ]] || ((end - begin < best)); then best=$((end - begin)); fi
    done
    echo $((best / 1000000))
}

firewall_ban() {
    local middle high most count networks=$((hosts / 10)) socket=$work/million/run/control.sock
    count=$([[ -n $quick ]] && echo 200 || echo 2000)
    # nft copies all ranges of a table before it adds an element, so they must be there as they are in earnest.
    firewall_feed million 0 "$networks" networks
    python3 "$work/tools.py" await "$socket" $((hosts + networks)) || fail 70 "the networks did not come into force"
    read -r middle high most < <(python3 "$work/tools.py" ban "$socket" "$count")
    firewall_row "ban, request to answer, median of $count" "$middle" ms "at most 1"
    firewall_row "  99 of 100 within" "$high" ms
    firewall_row "  the slowest" "$most" ms
    firewall_row "  reference: nft add element, best of 3" "$(firewall_nft add element inet conclave ban4 '{ 203.0.113.7 timeout 60s }')" ms
    firewall_row "all counters, request to answer, median of 200" "$(python3 "$work/tools.py" ask "$socket" stats 200)" ms
    firewall_row "  reference: nft list counters, best of 3" "$(firewall_nft list counters)" ms
    rm "$work/million/feeds/networks."*
    python3 "$work/tools.py" await "$socket" "$hosts" || fail 70 "the networks did not go out of force"
}

firewall_swap() {
    local sent lost worst seconds rounds=3 round list=$hosts
    [[ -z $quick ]] || rounds=1
    in_server million python3 "$work/tools.py" echo $((rounds * 20 + 5)) &
    jobs+=("$!")
    sleep 0.3
    read -r sent lost worst < <(in_client million python3 "$work/tools.py" trips 4)
    firewall_row "round trips at rest: lost of $sent" "$lost" packets
    firewall_row "  the slowest" "$worst" ms
    for ((round = 1; round <= rounds; round++)); do
        list=$((list + 1))
        in_client million python3 "$work/tools.py" trips 14 >"$work/trips" &
        local walker=$!
        jobs+=("$walker")
        firewall_feed million $((round % 2)) "$list"
        wait "$walker"
        # From the moment at which the daemon saw that the list is another to that at which rules ask the new one, as it logs it.
        seconds=$(sed -n "s/.* $list entries .* after \\([0-9]*\\) ms.*/\\1/p" "$work/million/log")
        [[ -n $seconds ]] || {
            tail -n 5 "$work/million/log" >&2
            fail 70 "the list did not come into force within 14 s"
        }
        seconds=$(awk -v t="$seconds" 'BEGIN { printf "%.2f", t / 1e3 }')
        read -r sent lost worst <"$work/trips"
        firewall_row "a list of $list hosts read, loaded and in force" "$seconds" s "at most 2"
        firewall_row "  meanwhile lost of $sent round trips" "$lost" packets "0"
        firewall_row "  the slowest" "$worst" ms
    done
    # nft reads the same list as text, in one transaction, in a table of its own.
    {
        echo "table inet reference { set hosts { type ipv4_addr; size $((hosts * 2)); elements = {"
        sed 's/$/,/' "$work/million/feeds/hosts.body"
        echo "}; }; }"
    } >"$work/reference.nft"
    local begin end
    begin=$(date +%s%N)
    in_server none nft -f "$work/reference.nft"
    end=$(date +%s%N)
    in_server none nft delete table inet reference
    firewall_row "  reference: nft -f with the same list" "$(awk -v t=$((end - begin)) 'BEGIN { printf "%.2f", t / 1e9 }')" s
}

firewall_memory() {
    firewall_row "memory of the daemon, $hosts hosts loaded" "$(awk -v k="$(process_memory "$million_daemon" VmRSS)" 'BEGIN { printf "%.1f", k / 1024 }')" MiB "at most 40"
    firewall_row "  its peak, while they were loaded" "$(awk -v k="$(process_memory "$million_daemon" VmHWM)" 'BEGIN { printf "%.1f", k / 1024 }')" MiB
    firewall_row "  reference: the same daemon without a list" "$(awk -v k="$(process_memory "$ours_daemon" VmRSS)" 'BEGIN { printf "%.1f", k / 1024 }')" MiB
}

firewall_packet() {
    local pair round there here value
    for pair in "${pairs[@]}"; do
        in_server "$pair" python3 "$work/tools.py" sink $((rounds * 8 + 20)) &
        jobs+=("$!")
        sleep 0.3
        in_client "$pair" python3 "$work/tools.py" establish
    done
    for ((round = 0; round < rounds; round++)); do
        for pair in "${pairs[@]}"; do
            there=$(in_server "$pair" cat /sys/class/net/eth0/address)
            here=$(in_client "$pair" cat /sys/class/net/eth0/address)
            value=$(in_client "$pair" "$work/pktgen" eth0 "$there" "$here" 0.2 est | awk '{ printf "%d", $6 }')
            if [[ -z ${packet_cost[$pair]:-} ]] || ((value < packet_cost[$pair])); then packet_cost[$pair]=$value; fi
        done
    done
    firewall_row "a packet with no rules" "${packet_cost[none]}" ns
    firewall_row "  connection tracking alone" "${packet_cost[conntrack]}" ns
    firewall_row "  our rules" "${packet_cost[ours]}" ns
    firewall_row "  connection tracking alone over none" "$((packet_cost[conntrack] - packet_cost[none]))" ns
    firewall_row "  our rules over none" "$((packet_cost[ours] - packet_cost[none]))" ns "at most 400"
    if [[ -f $source/conclave.nft ]]; then
        firewall_row "  reference: rules of the trial, over none" "$((packet_cost[trial] - packet_cost[none]))" ns
    fi
    firewall_row "  our rules over connection tracking alone" "$((packet_cost[ours] - packet_cost[conntrack]))" ns
    firewall_row "  our rules and $hosts hosts over none" "$((packet_cost[million] - packet_cost[none]))" ns "at most 400"
}

# Hundredths of a per cent of a core, of so many seconds.
firewall_share() { awk -v t="$1" -v s="$2" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", 100 * t / hz / s }'; } # TICKS SECONDS

firewall_cpu() {
    local before seconds=20 sent kind port
    [[ -z $quick ]] || seconds=5
    # At rest first: what a daemon costs that has nothing to do.
    before=$(process_ticks "$ours_daemon")
    sleep "$seconds"
    firewall_row "the daemon at rest, of a core" "$(firewall_share $(($(process_ticks "$ours_daemon") - before)) "$seconds")" %
    in_server ours python3 "$work/tools.py" echo $((2 * seconds + 10)) &
    jobs+=("$!")
    sleep 0.3
    for kind in blocked allowed; do
        port=$([[ $kind == blocked ]] && echo 23 || echo 9998)
        before=$(process_ticks "$ours_daemon")
        sent=$(in_client ours python3 "$work/tools.py" pace 10.77.0.2 "$port" 5000 "$seconds")
        firewall_row "the daemon at $((sent / seconds)) $kind packets a second, of a core" \
            "$(firewall_share $(($(process_ticks "$ours_daemon") - before)) "$seconds")" % "at most 1"
    done
    if [[ -n ${packet_cost[ours]:-} ]]; then
        firewall_row "  the kernel's part for 5,000 packets that pass, of a core" \
            "$(awk -v n=$((packet_cost[ours] - packet_cost[none])) 'BEGIN { printf "%.2f", n * 5000 / 1e7 }')" %
    fi
}

firewall_read_options() {
    while (($# > 0)); do
        case $1 in
        --quick) quick=yes rounds=1 hosts=100000 ;;
        --rounds)
            [[ ${2:-} =~ ^[1-9][0-9]?$ ]] || fail 64 "--rounds needs a number, such as 6"
            rounds=$2
            shift
            ;;
        --only)
            [[ " ban swap memory packet cpu " == *" ${2:-} "* ]] || fail 64 "\"${2:-}\" is no measurement; there are ban swap memory packet cpu"
            only+=("$2")
            shift
            ;;
        --json)
            json=${2:?--json needs a file}
            shift
            ;;
        -h | --help) firewall_usage && exit 0 ;;
        *) fail 64 "\"$1\" is no option here; see scripts/bench firewall --help" ;;
        esac
        shift
    done
    ((${#only[@]} > 0)) || only=(ban swap memory packet cpu)
}

# Pairs of hosts: without rules, with connection tracking, with the rules of a trial, with ours, with ours and a long list.
firewall_prepare() {
    local pair
    for pair in "${pairs[@]}"; do firewall_pair "$pair"; done
    in_server conntrack nft 'table inet reference { chain i { type filter hook input priority -10; ct state established,related counter accept; }; }'
    if [[ -f $source/conclave.nft ]]; then in_server trial nft -f "$source/conclave.nft"; fi
    firewall_start ours
    ours_daemon=$daemon
    mkdir -p "$work/million/feeds"
    firewall_feed million 2 "$hosts"
    firewall_start million "$hosts"
    million_daemon=$daemon
}

bench_firewall() {
    local source=${CONCLAVE_FIREWALL_BENCH:-../shared/bench/firewall} rounds=20 quick='' json='' only=() hosts=1000000
    local -A packet_cost=()
    firewall_read_options "$@"
    [[ $(id -u) == 0 ]] || fail 77 "networks are made for it: run this as root"
    scripts/packages firewall-bench
    if [[ -z ${CONCLAVE_FIREWALL_BIN:-} ]]; then
        echo "Building conclave-firewall"
        # As scripts/install builds it.
        local build=(swift build --scratch-path .build/install --configuration release --static-swift-stdlib)
        "${build[@]}" --product conclave-firewall --quiet
        bin=$("${build[@]}" --show-bin-path)
    else
        bin=$CONCLAVE_FIREWALL_BIN
    fi
    jobs=()
    pairs=(none conntrack trial ours million)
    lab=bench-$$
    work=$(mktemp -d)
    trap firewall_clear EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    firewall_tools
    if [[ -f $source/pktgen.c ]]; then
        cc -O2 -w -o "$work/pktgen" "$source/pktgen.c"
    else
        echo "bench: there is no pktgen.c in $source (CONCLAVE_FIREWALL_BENCH names its folder): no packet costs" >&2
    fi
    echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores; load average" \
        "$(cut -d ' ' -f 1 /proc/loadavg) before the start; $(uname -sr), $(nft --version)"
    echo
    firewall_prepare
    local name
    for name in packet ban swap memory cpu; do
        [[ " ${only[*]} " == *" $name "* ]] || continue
        [[ $name != packet || -x $work/pktgen ]] || continue
        "firewall_$name"
    done
    if [[ -n $json ]]; then (IFS=$'\n' && printf '%s\n' "${firewall_rows[*]}" >"$json"); fi
}
