extension GoldenRulesets {
    static let full = #"""
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
            counter rule_4 { }
            counter rule_5 { }
            counter rule_6 { }
            counter rule_7 { }
            counter rule_8 { }
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
            set f4_in_4h {
                type ipv4_addr
                size 9
            }
            set f4_both_4n {
                type ipv4_addr
                flags interval
            }
            set f4_out_6h {
                type ipv6_addr
                size 1
            }
            set f4_both_6n {
                type ipv6_addr
                flags interval
            }
            set allow4_1 {
                type ipv4_addr
                flags interval, timeout
                elements = { 192.0.2.0/25,
                    192.0.2.128/25 timeout 3600000ms }
            }
            set allow6_1 {
                type ipv6_addr
                flags interval
                elements = { 2001:db8::7 }
            }
            set deny4_1 {
                type ipv4_addr
                flags interval
                elements = { 192.0.2.99,
                    203.0.113.0/24 }
            }
            set deny6_1 {
                type ipv6_addr
                flags interval, timeout
                elements = { 2001:db8:bad::/48 timeout 60000ms }
            }
            set src4_4_1 {
                type ipv4_addr
                flags interval
                elements = { 198.51.100.0/24,
                    203.0.113.7 }
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
            map tcp_in1_1 {
                type inet_service : verdict
                flags interval
                elements = { 22 : goto r5_in_1 }
            }
            map p7_out_1 {
                type inet_service : verdict
                flags interval
                elements = { 25 : goto r7_out_1,
                    465 : goto r7_out_1,
                    587 : goto r7_out_1 }
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
                ip saddr @f4_in_4h goto drop_feed
                ip saddr @f4_both_4n goto drop_feed
                ip6 saddr @f4_both_6n goto drop_feed
            }
            chain feed_out {
                ip daddr @f4_both_4n goto reject_c2
                ip6 daddr @f4_out_6h goto reject_c2
                ip6 daddr @f4_both_6n goto reject_c2
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
                ip saddr @allow4_1 counter name "c_allow" accept
                ip saddr @deny4_1 goto drop_deny_1
                ip saddr @ban4 goto drop_ban_1
                jump feed_in
            }
            chain pre6_1 {
                ip6 saddr @allow6_1 counter name "c_allow" accept
                ip6 saddr @deny6_1 goto drop_deny_1
                ip6 saddr & ffff:ffff:ffff:ffff:: @ban6 goto drop_ban_1
                jump feed_in
            }
            chain in_1 {
                iif "lo" accept
                ct state established,related counter name "c_est" accept
                ct state new meta nfproto @older tcp flags & (fin | syn | rst | ack) != syn counter name "c_est" accept
                ip saddr @allow4_1 accept
                ip6 saddr @allow6_1 accept
                meta nfproto ipv6 icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } counter name "c_essential" accept
                meta nfproto ipv4 udp sport 67 udp dport 68 counter name "c_essential" accept
                meta nfproto ipv6 ip6 saddr fe80::/10 udp dport 546 counter name "c_essential" accept
                goto rules_in_1
            }
            chain rules_in_1 {
                tcp dport vmap @tcp_in0_1
                udp dport vmap @udp_in0_1
                meta nfproto ipv4 ip saddr @src4_4_1 tcp dport 22 goto r4_in_1
                meta nfproto ipv6 ip6 saddr 2001:db8:1::/48 tcp dport 22 goto r4_in_1
                tcp dport vmap @tcp_in1_1
                iifname "wlan*" meta nfproto ipv4 meta l4proto 1 goto r6_in_1
                iifname "wlan*" meta nfproto ipv6 meta l4proto 58 goto r6_in_1
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
                ip daddr @allow4_1 accept
                ip6 daddr @allow6_1 accept
                ip daddr @deny4_1 goto reject_deny_1
                ip6 daddr @deny6_1 goto reject_deny_1
                jump feed_out
                ct state established,related accept
                ct state new meta nfproto @older tcp flags & (fin | syn | rst | ack) != syn accept
                meta nfproto ipv6 icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } counter name "c_essential" accept
                meta nfproto ipv4 udp dport 67 udp sport 68 counter name "c_essential" accept
                meta nfproto ipv6 ip6 saddr fe80::/10 udp sport 546 counter name "c_essential" accept
                goto rules_out_1
            }
            chain rules_out_1 {
                meta nfproto ipv4 tcp dport vmap @p7_out_1
                counter name "c_out" accept
            }
            chain fwd_1 {
                ip saddr @allow4_1 accept
                ip6 saddr @allow6_1 accept
                ip daddr @allow4_1 accept
                ip6 daddr @allow6_1 accept
                ip daddr @deny4_1 goto reject_deny_1
                ip6 daddr @deny6_1 goto reject_deny_1
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
            chain r4_in_1 {
                counter name "rule_4" goto pass_1
            }
            chain r5_in_1 {
                counter name "rule_5"
                limit rate 100/second burst 200 packets log prefix "cfw:rule 5" group 77 snaplen 128 queue-threshold 16
                drop
            }
            chain r6_in_1 {
                counter name "rule_6"
                limit rate 100/second burst 200 packets log prefix "cfw:rule 6" group 77 snaplen 128 queue-threshold 16
                drop
            }
            chain r7_out_1 {
                counter name "rule_7"
                limit rate 100/second burst 200 packets log prefix "cfw:rule 7" group 77 snaplen 128 queue-threshold 16
                reject with icmpx admin-prohibited
            }
            chain drop_deny_1 {
                counter name "c_deny"
                limit rate 100/second burst 200 packets log prefix "cfw:deny" group 77 snaplen 128 queue-threshold 16
                drop
            }
            chain reject_deny_1 {
                counter name "c_deny_out"
                limit rate 100/second burst 200 packets log prefix "cfw:deny" group 77 snaplen 128 queue-threshold 16
                reject with icmpx admin-prohibited
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
}
