import Firewall

extension GoldenRulesets {
    static let postures: [Posture: String] = [
        .open: #"""
        table inet conclave {
            chain pre4_1 {
                ip saddr @ban4 goto drop_ban_1
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
                goto passed_1
            }
            chain out_1 {
                oif "lo" accept
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
                accept
            }
        }

        """#,
        .guarded: #"""
        table inet conclave {
            chain pre4_1 {
                ip saddr @ban4 goto drop_ban_1
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
                goto drop_posture_1
            }
            chain pass_1 {
                ip saddr @auth4 goto passed_1
                ip6 saddr & ffff:ffff:ffff:ffff:: @auth6 goto passed_1
                ct state new ct status & confirmed == 0 add @rate4_25_10 { ip saddr limit rate over 1/day burst 25 packets } goto drop_rate_1
                ct state new ct status & confirmed == 0 add @rate6_25_10_64 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 1/day burst 25 packets } goto drop_rate_1
                ct state new ct status & confirmed == 0 limit rate over 1250/second burst 1250 packets goto drop_global_1
                goto passed_1
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
        }

        """#,
        .closed: #"""
        table inet conclave {
            chain pre4_1 {
                ip saddr @ban4 goto drop_ban_1
                jump feed_in
            }
            chain in_1 {
                iif "lo" accept
                ct state established,related counter name "c_est" accept
                ct state new meta nfproto @older tcp flags & (fin | syn | rst | ack) != syn counter name "c_est" accept
                meta nfproto ipv6 icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } counter name "c_essential" accept
                meta nfproto ipv4 udp sport 67 udp dport 68 counter name "c_essential" accept
                meta nfproto ipv6 ip6 saddr fe80::/10 udp dport 546 counter name "c_essential" accept
                ip saddr @auth4 goto rules_in_1
                ip6 saddr & ffff:ffff:ffff:ffff:: @auth6 goto rules_in_1
                goto drop_posture_1
            }
            chain rules_in_1 {
                tcp dport vmap @tcp_in0_1
                udp dport vmap @udp_in0_1
                goto pass_1
            }
            chain pass_1 {
                ip saddr @auth4 goto passed_1
                ip6 saddr & ffff:ffff:ffff:ffff:: @auth6 goto passed_1
                ct state new ct status & confirmed == 0 add @rate4_25_10 { ip saddr limit rate over 1/day burst 25 packets } goto drop_rate_1
                ct state new ct status & confirmed == 0 add @rate6_25_10_64 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 1/day burst 25 packets } goto drop_rate_1
                ct state new ct status & confirmed == 0 limit rate over 1250/second burst 1250 packets goto drop_global_1
                goto passed_1
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
        }

        """#,
        .lockdown: #"""
        table inet conclave {
            chain pre4_1 {
                ip saddr @ban4 goto drop_ban_1
                jump feed_in
            }
            chain in_1 {
                iif "lo" accept
                meta nfproto ipv4 meta l4proto 1 ct state related accept
                meta nfproto ipv6 meta l4proto 58 ct state related accept
                meta nfproto ipv6 icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } counter name "c_essential" accept
                meta nfproto ipv4 udp sport 67 udp dport 68 counter name "c_essential" accept
                meta nfproto ipv6 ip6 saddr fe80::/10 udp dport 546 counter name "c_essential" accept
                ip saddr @auth4 goto known_in_1
                ip6 saddr & ffff:ffff:ffff:ffff:: @auth6 goto known_in_1
                goto drop_posture_1
            }
            chain rules_in_1 {
                tcp dport vmap @tcp_in0_1
                udp dport vmap @udp_in0_1
                goto pass_1
            }
            chain known_in_1 {
                ct state established,related counter name "c_est" accept
                ct state new meta nfproto @older tcp flags & (fin | syn | rst | ack) != syn counter name "c_est" accept
                goto rules_in_1
            }
            chain known_out_1 {
                ct state established,related accept
                ct state new meta nfproto @older tcp flags & (fin | syn | rst | ack) != syn accept
                goto rules_out_1
            }
            chain pass_1 {
                ip saddr @auth4 goto passed_1
                ip6 saddr & ffff:ffff:ffff:ffff:: @auth6 goto passed_1
                ct state new ct status & confirmed == 0 add @rate4_25_10 { ip saddr limit rate over 1/day burst 25 packets } goto drop_rate_1
                ct state new ct status & confirmed == 0 add @rate6_25_10_64 { ip6 saddr & ffff:ffff:ffff:ffff:: limit rate over 1/day burst 25 packets } goto drop_rate_1
                ct state new ct status & confirmed == 0 limit rate over 1250/second burst 1250 packets goto drop_global_1
                goto passed_1
            }
            chain out_1 {
                oif "lo" accept
                jump feed_out
                meta nfproto ipv4 meta l4proto 1 ct state related accept
                meta nfproto ipv6 meta l4proto 58 ct state related accept
                meta nfproto ipv6 icmpv6 type { 130, 131, 132, 133, 134, 135, 136, 137, 143 } counter name "c_essential" accept
                meta nfproto ipv4 udp dport 67 udp sport 68 counter name "c_essential" accept
                meta nfproto ipv6 ip6 saddr fe80::/10 udp sport 546 counter name "c_essential" accept
                ip daddr @auth4 goto known_out_1
                ip6 daddr & ffff:ffff:ffff:ffff:: @auth6 goto known_out_1
                goto reject_posture_1
            }
            chain rules_out_1 {
                counter name "c_out" accept
            }
            chain fwd_1 {
                jump feed_out
                ip saddr @auth4 accept
                ip6 saddr & ffff:ffff:ffff:ffff:: @auth6 accept
                ip daddr @auth4 accept
                ip6 daddr & ffff:ffff:ffff:ffff:: @auth6 accept
                goto reject_posture_1
            }
        }

        """#,
    ]
}
