import Firewall

/// What the sample policies become. Loaded by nft, each of the whole ones is the same in the kernel.
enum GoldenRulesets {
    static let fresh = #"""
        table inet conclave {
            counter c_lo { }
            counter c_allow { }
            counter c_est { }
            counter c_essential { }
            counter c_deny { }
            counter c_deny_out { }
            counter c_ban { }
            counter c_feed { }
            counter c_c2 { }
            counter c_rate { }
            counter c_global { }
            counter c_default { }
            counter c_posture { }
            counter c_pass { }
            counter c_out { }
            counter rule_1 { }
            counter rule_2 { }
            counter rule_3 { }
            set trial {
                type nf_proto
                flags timeout
                size 2
            }
            set older {
                type nf_proto
                flags timeout
                size 2
            }
            set ban4 {
                type ipv4_addr
                flags timeout
                size 1048576
            }
            set ban6 {
                type ipv6_addr
                flags timeout
                size 1048576
            }
            set auth4 {
                type ipv4_addr
                flags timeout
                size 65536
            }
            set auth6 {
                type ipv6_addr
                flags timeout
                size 65536
            }
            set rate4_100_10 {
                type ipv4_addr
                flags dynamic, timeout
                timeout 10000ms
                size 131072
            }
            set rate6_100_10_64 {
                type ipv6_addr
                flags dynamic, timeout
                timeout 10000ms
                size 131072
            }
            map tcp_in0_1 {
                type inet_service : verdict
                flags interval
                elements = { 23 : goto r1_in_1,
                    135-139 : goto r2_in_1,
                    445 : goto r2_in_1,
                    3389 : goto r3_in_1 }
            }
            map udp_in0_1 {
                type inet_service : verdict
                flags interval
                elements = { 135-139 : goto r2_in_1,
                    445 : goto r2_in_1,
                    3389 : goto r3_in_1 }
            }
            chain prerouting {
                type filter hook prerouting priority -300; policy accept;
                goto pre_1
            }
            chain input {
                type filter hook input priority -10; policy accept;
                goto in_1
            }
            chain forward {
                type filter hook forward priority -10; policy accept;
                goto fwd_1
            }
            chain output {
                type filter hook output priority -10; policy accept;
                goto out_1
            }
            chain feed_in {
            }
            chain feed_out {
            }
            chain drop_feed {
                counter name "c_feed"
                limit rate 100/second burst 200 packets log prefix "cfw:feed" group 77 snaplen 128 queue-threshold 16
                drop
            }
            chain reject_c2 {
                counter name "c_c2"
                limit rate 100/second burst 200 packets log prefix "cfw:c2" group 77 snaplen 128 queue-threshold 16
                reject with icmpx admin-prohibited
            }
            chain pre_1 {
                iif "lo" counter name "c_lo" accept
                meta nfproto ipv4 goto pre4_1
                meta nfproto ipv6 goto pre6_1
            }
            chain pre4_1 {
                ip saddr @ban4 goto drop_ban_1
                jump feed_in
            }
            chain pre6_1 {
                ip6 saddr & ffff:ffff:ffff:ffff:: @ban6 goto drop_ban_1
                jump feed_in
            }
            chain in_1 {
                iif "lo" accept
                ct state established,related counter name "c_est" accept
                ct state new meta nfproto @older tcp flags & (fin | syn | rst | ack) != syn counter name "c_est" accept
                meta nfproto ipv6 icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } counter name "c_essential" accept
                meta nfproto ipv4 udp sport 67 udp dport 68 counter name "c_essential" accept
                meta nfproto ipv6 ip6 saddr fe80::/10 udp dport 546 counter name "c_essential" accept
                goto rules_in_1
            }
            chain rules_in_1 {
                tcp dport vmap @tcp_in0_1
                udp dport vmap @udp_in0_1
                goto pass_1
            }
            chain pass_1 {
                ip saddr @auth4 goto passed_1
                ip6 saddr & ffff:ffff:ffff:ffff:: @auth6 goto passed_1
                ct state new ct status & confirmed == 0 add @rate4_100_10 { ip saddr limit rate over 1/day burst 100 packets } goto drop_rate_1
                ct state new ct status & confirmed == 0 add @rate6_100_10_64 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 1/day burst 100 packets } goto drop_rate_1
                ct state new ct status & confirmed == 0 limit rate over 5000/second burst 5000 packets goto drop_global_1
                goto passed_1
            }
            chain passed_1 {
                counter name "c_pass"
                numgen random mod 100 == 0 log prefix "cfw:pass" group 78 snaplen 96 queue-threshold 16
                accept
            }
            chain out_1 {
                oif "lo" accept
                jump feed_out
                ct state established,related accept
                ct state new meta nfproto @older tcp flags & (fin | syn | rst | ack) != syn accept
                meta nfproto ipv6 icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } counter name "c_essential" accept
                meta nfproto ipv4 udp dport 67 udp sport 68 counter name "c_essential" accept
                meta nfproto ipv6 ip6 saddr fe80::/10 udp sport 546 counter name "c_essential" accept
                goto rules_out_1
            }
            chain rules_out_1 {
                counter name "c_out" accept
            }
            chain fwd_1 {
                jump feed_out
                accept
            }
            chain r1_in_1 {
                counter name "rule_1"
                limit rate 100/second burst 200 packets log prefix "cfw:rule 1" group 77 snaplen 128 queue-threshold 16
                drop
            }
            chain r2_in_1 {
                counter name "rule_2"
                limit rate 100/second burst 200 packets log prefix "cfw:rule 2" group 77 snaplen 128 queue-threshold 16
                drop
            }
            chain r3_in_1 {
                counter name "rule_3"
                limit rate 100/second burst 200 packets log prefix "cfw:rule 3" group 77 snaplen 128 queue-threshold 16
                drop
            }
            chain drop_ban_1 {
                counter name "c_ban"
                limit rate 100/second burst 200 packets log prefix "cfw:ban" group 77 snaplen 128 queue-threshold 16
                drop
            }
            chain drop_rate_1 {
                counter name "c_rate"
                limit rate 100/second burst 200 packets log prefix "cfw:rate" group 77 snaplen 128 queue-threshold 16
                drop
            }
            chain drop_global_1 {
                counter name "c_global"
                limit rate 100/second burst 200 packets log prefix "cfw:global" group 77 snaplen 128 queue-threshold 16
                drop
            }
        }

        """#

    static let trial = #"""
        table inet conclave {
            chain prerouting {
                type filter hook prerouting priority -300; policy accept;
                meta nfproto @trial goto pre_2
                goto pre_1
            }
            chain input {
                type filter hook input priority -10; policy accept;
                meta nfproto @trial goto in_2
                goto in_1
            }
            chain forward {
                type filter hook forward priority -10; policy accept;
                meta nfproto @trial goto fwd_2
                goto fwd_1
            }
            chain output {
                type filter hook output priority -10; policy accept;
                meta nfproto @trial goto out_2
                goto out_1
            }
        }

        """#
}
