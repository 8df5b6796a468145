#pragma once
/* What libpcap and the kernel offer in a form that Swift cannot call. */
#include <pcap/pcap.h>
#include <sys/prctl.h>

static inline int conclave_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }
