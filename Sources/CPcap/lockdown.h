#pragma once
/* How a process gives up, for good, what it will not need: capabilities, system calls, files. */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int conclave_no_new_privileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); }

/* Nobody of the same user may look into the memory, nor is it written to a file when the program dies: there may be keys in it. */
static inline int conclave_hide_memory(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* What a program that is run later could get. Without CAP_SETPCAP it cannot be taken away, and is of no use. */
static inline void conclave_empty_bounding_set(void) {
    for (int capability = 0; capability < 64; capability++) prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

/* 0 once the calling thread has no capability left. */
static inline int conclave_drop_capabilities(void) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    memset(data, 0, sizeof data);
    if (syscall(SYS_capset, &head, data) != 0) return -1;
    memset(data, 0xFF, sizeof data);
    if (syscall(SYS_capget, &head, data) != 0) return -1;
    return data[0].effective | data[0].permitted | data[1].effective | data[1].permitted ? -1 : 0;
}

/* A folder or file to name to Landlock, which nobody needs to be able to read. */
static inline int conclave_open_place(const char *path) {
#ifndef O_PATH
#define O_PATH 010000000
#endif
    return open(path, O_PATH | O_CLOEXEC);
}

/* MARK: System calls */

#if defined(__x86_64__)
#define CONCLAVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CONCLAVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/* The system calls that reading packets, writing to what is open, memory, time and threads need. */
static const int conclave_allowed_calls[] = {
    SYS_read, SYS_readv, SYS_pread64, SYS_preadv, SYS_close, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_lseek, SYS_ftruncate,
    SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_fadvise64, SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk, SYS_membarrier,
    SYS_futex, SYS_set_robust_list, SYS_get_robust_list, SYS_set_tid_address, SYS_rt_sigaction, SYS_rt_sigprocmask,
    SYS_rt_sigreturn, SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_exit, SYS_exit_group, SYS_restart_syscall, SYS_gettid,
    SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getresuid, SYS_getresgid, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_sched_getparam, SYS_sched_getscheduler, SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime,
    SYS_clock_getres, SYS_gettimeofday, SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait,
    SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_signalfd4, SYS_pipe2, SYS_getrandom,
    SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_getsockopt, SYS_recvfrom, SYS_recvmsg, SYS_getcwd, SYS_readlinkat,
    SYS_faccessat, SYS_getdents64, SYS_umask,
#ifdef SYS_rseq
    SYS_rseq,
#endif
#ifdef SYS_faccessat2
    SYS_faccessat2,
#endif
#ifdef SYS_getrlimit
    SYS_getrlimit,
#endif
#ifdef SYS_poll
    SYS_poll, SYS_select, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_time, SYS_epoll_wait, SYS_arch_prctl,
#endif
};

#define CONCLAVE_ADD(code, value, yes, no) \
    program[count++] = (struct sock_filter){(unsigned short)(code), (unsigned char)(yes), (unsigned char)(no), (unsigned int)(value)}
#define CONCLAVE_LOAD(place) CONCLAVE_ADD(BPF_LD | BPF_W | BPF_ABS, place, 0, 0)
#define CONCLAVE_ARGUMENT(number) CONCLAVE_LOAD(offsetof(struct seccomp_data, args[number]))
#define CONCLAVE_RETURN(value) CONCLAVE_ADD(BPF_RET | BPF_K, value, 0, 0)
#define CONCLAVE_ALLOW CONCLAVE_RETURN(SECCOMP_RET_ALLOW)
#define CONCLAVE_DENY CONCLAVE_RETURN(SECCOMP_RET_ERRNO | EPERM)
/* Goes past the next `no` instructions unless what is loaded equals `value`. */
#define CONCLAVE_UNLESS_EQUAL(value, no) CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, value, 0, no)

/* Forbids, in all threads, every system call that is not in the list, or has arguments that it must not have.
   unwritable: descriptors that must not be written to (packets could be sent through them).
   may_create: whether files may be created and removed, for what Landlock leaves open.
   0, or the error's number. */
static inline int conclave_forbid_calls(const int *unwritable, int unwritable_count, int may_create) {
#ifndef CONCLAVE_ARCHITECTURE
    return ENOSYS;
#else
    struct sock_filter program[1024];
    int count = 0;
    CONCLAVE_LOAD(offsetof(struct seccomp_data, arch));
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, CONCLAVE_ARCHITECTURE, 1, 0);
    CONCLAVE_RETURN(SECCOMP_RET_KILL_PROCESS);
    CONCLAVE_LOAD(offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
    /* The x32 calls, which have other numbers. */
    CONCLAVE_ADD(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    CONCLAVE_DENY;
#endif
    for (size_t i = 0; i < sizeof conclave_allowed_calls / sizeof conclave_allowed_calls[0]; i++) {
        CONCLAVE_UNLESS_EQUAL(conclave_allowed_calls[i], 1);
        CONCLAVE_ALLOW;
    }
    /* Writing, but not to a device. */
    const int writes[] = {SYS_write, SYS_writev, SYS_pwrite64, SYS_pwritev};
    if (unwritable_count > 64) return E2BIG;
    for (int i = 0; i < 4; i++) {
        CONCLAVE_UNLESS_EQUAL(writes[i], 2 + 2 * unwritable_count);
        CONCLAVE_ARGUMENT(0);
        for (int j = 0; j < unwritable_count; j++) {
            CONCLAVE_UNLESS_EQUAL(unwritable[j], 1);
            CONCLAVE_DENY;
        }
        CONCLAVE_ALLOW;
    }
    /* Descriptors: no copies, which would have other numbers. */
    CONCLAVE_UNLESS_EQUAL(SYS_fcntl, 5);
    CONCLAVE_ARGUMENT(1);
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, F_DUPFD, 1, 0);
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, F_DUPFD_CLOEXEC, 0, 1);
    CONCLAVE_DENY;
    CONCLAVE_ALLOW;
    /* Files: to read them, if Landlock lets it; to create them only if that was asked for. */
    const unsigned int changing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
    CONCLAVE_UNLESS_EQUAL(SYS_openat, 4);
    CONCLAVE_ARGUMENT(2);
    CONCLAVE_ADD(BPF_JMP | BPF_JSET | BPF_K, may_create ? 0 : changing, 0, 1);
    CONCLAVE_DENY;
    CONCLAVE_ALLOW;
#ifdef SYS_open
    CONCLAVE_UNLESS_EQUAL(SYS_open, 4);
    CONCLAVE_ARGUMENT(1);
    CONCLAVE_ADD(BPF_JMP | BPF_JSET | BPF_K, may_create ? 0 : changing, 0, 1);
    CONCLAVE_DENY;
    CONCLAVE_ALLOW;
#endif
    if (may_create) {
        const int changes[] = {SYS_unlinkat, SYS_renameat2, SYS_fchmod,
#ifdef SYS_renameat
                               SYS_renameat,
#endif
#ifdef SYS_rename
                               SYS_rename, SYS_unlink,
#endif
        };
        for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
            CONCLAVE_UNLESS_EQUAL(changes[i], 1);
            CONCLAVE_ALLOW;
        }
    }
    /* Threads, but no processes. The newer call hides its flags: without it the older one is used. */
    CONCLAVE_UNLESS_EQUAL(SYS_clone, 4);
    CONCLAVE_ARGUMENT(0);
    CONCLAVE_ADD(BPF_JMP | BPF_JSET | BPF_K, 0x00010000, 1, 0);
    CONCLAVE_DENY;
    CONCLAVE_ALLOW;
#ifdef SYS_clone3
    CONCLAVE_UNLESS_EQUAL(SYS_clone3, 1);
    CONCLAVE_RETURN(SECCOMP_RET_ERRNO | ENOSYS);
#endif
    /* Memory, but no new code. */
    const int maps[] = {SYS_mmap, SYS_mprotect};
    for (int i = 0; i < 2; i++) {
        CONCLAVE_UNLESS_EQUAL(maps[i], 4);
        CONCLAVE_ARGUMENT(2);
        CONCLAVE_ADD(BPF_JMP | BPF_JSET | BPF_K, PROT_EXEC, 0, 1);
        CONCLAVE_DENY;
        CONCLAVE_ALLOW;
    }
    /* The terminal, but not to type into it. */
    CONCLAVE_UNLESS_EQUAL(SYS_ioctl, 5);
    CONCLAVE_ARGUMENT(1);
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, 0x5412, 1, 0);
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, 0x541C, 0, 1);
    CONCLAVE_DENY;
    CONCLAVE_ALLOW;
    /* Names of threads and of memory. */
    CONCLAVE_UNLESS_EQUAL(SYS_prctl, 5);
    CONCLAVE_ARGUMENT(0);
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, PR_SET_NAME, 1, 0);
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, 0x53564D41, 0, 1);
    CONCLAVE_ALLOW;
    CONCLAVE_DENY;
    /* Limits, to read them. */
    CONCLAVE_UNLESS_EQUAL(SYS_prlimit64, 6);
    CONCLAVE_ARGUMENT(2);
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3);
    CONCLAVE_LOAD(offsetof(struct seccomp_data, args[2]) + 4);
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
    CONCLAVE_ALLOW;
    CONCLAVE_DENY;
    /* To end itself, when something is wrong in it. */
    CONCLAVE_UNLESS_EQUAL(SYS_tgkill, 4);
    CONCLAVE_ARGUMENT(0);
    CONCLAVE_ADD(BPF_JMP | BPF_JEQ | BPF_K, getpid(), 0, 1);
    CONCLAVE_ALLOW;
    CONCLAVE_DENY;
    CONCLAVE_DENY;
    struct sock_fprog filter = {(unsigned short)count, program};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter) == 0 ? 0 : errno;
#endif
}

/* MARK: Files */

/* Leaves only these folders, open as descriptors: some to read in, some to make, write and remove files in. Connections and
   signals to others are forbidden where the kernel can. For the calling thread and those that it starts.
   Landlock's version, or the error's number as a negative one. */
static inline int conclave_forbid_files(
    const int *readable, int readable_count, const int *writable, int writable_count) {
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1) return -errno;
    struct { unsigned long long files, network, scoped; } rules = {(1ULL << 13) - 1, 0, 0};
    size_t size = 8;
    unsigned long long truncate = 0;
    if (version >= 2) rules.files |= 1ULL << 13;
    if (version >= 3) rules.files |= truncate = 1ULL << 14;
    if (version >= 4) { rules.network = 3; size = 16; }
    if (version >= 5) rules.files |= 1ULL << 15;
    if (version >= 6) { rules.scoped = 3; size = 24; }
    int set = (int)syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (set < 0) return -errno;
    int failure = 0;
    for (int i = 0; i < readable_count + writable_count && failure == 0; i++) {
        struct landlock_path_beneath_attr rule;
        memset(&rule, 0, sizeof rule);
        rule.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
        if (i >= readable_count)
            rule.allowed_access |= LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | truncate;
        rule.parent_fd = i < readable_count ? readable[i] : writable[i - readable_count];
        if (syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) failure = errno;
    }
    if (failure == 0 && syscall(SYS_landlock_restrict_self, set, 0) != 0) failure = errno;
    close(set);
    return failure == 0 ? (int)version : -failure;
}
