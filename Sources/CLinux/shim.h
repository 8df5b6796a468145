#pragma once
/* What the load generator needs of Linux beyond Swift's Glibc. No feature macro: other modules see the same headers. */
#include <malloc.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

/* A process that was started for a measurement does not outlive the one that started it: 15 is SIGTERM. */
static inline int conclave_end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, 15UL); }
/* Timers of this thread fire within a nanosecond's slack instead of 50 µs. */
static inline int conclave_sharp_timers(void) { return prctl(PR_SET_TIMERSLACK, 1UL); }
