#pragma once
/* Netlink as the kernel's own headers define it: nf_tables, packet logs, routes. */
#include <sys/socket.h>
/* Before linux/netfilter.h, whose linux/in.h then leaves out what this one defines. */
#include <netinet/in.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/filter.h>
