#pragma once
/* What libpcap and the kernel offer in a form that Swift cannot call. */
#include <pcap/pcap.h>
#include "lockdown.h"
