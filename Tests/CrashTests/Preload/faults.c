// Stands between a program and the C library, and makes what it does to the files of one folder fail.
//
//   FAULTS_FOLDER   the folder; all else is left alone
//   FAULTS_ORDERS   a file; from the moment when it is there, operations are counted. It holds one line:
//                     kill N     the process is killed before the N-th operation
//                     tear N     before it ends: of what it would write, the first half is written
//                     fail N     the N-th flush to the disk, and all that follow, answer EIO
//                     count 0    nothing
//   FAULTS_TRACE    a file to which every counted operation is added, as a line: its name, the file's name, bytes
//   FAULTS_FILE     if there, only operations on the file of this name are counted
//   FAULTS_IGNORE   1: flushes to the disk answer that all is well, and do nothing
//   FAULTS_NORMAL   1: SQLite is told `PRAGMA synchronous = NORMAL` before every transaction
//
// An operation is one of write, pwrite, fsync, fdatasync, ftruncate, rename, unlink, and open when it makes a file.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum action { UNKNOWN, COUNT, KILL, TEAR, FAIL };

static const char *folder, *orders, *trace, *only;
static int ignores, relaxes;
static _Atomic int action = UNKNOWN;
static _Atomic long target, counter, flushes;

__attribute__((constructor)) static void begin(void) {
    folder = getenv("FAULTS_FOLDER");
    orders = getenv("FAULTS_ORDERS");
    trace = getenv("FAULTS_TRACE");
    only = getenv("FAULTS_FILE");
    ignores = getenv("FAULTS_IGNORE") != NULL;
    relaxes = getenv("FAULTS_NORMAL") != NULL;
}

static int is_inside(const char *path) {
    size_t length = folder ? strlen(folder) : 0;
    return length > 0 && strncmp(path, folder, length) == 0 && path[length] == '/';
}

/// Whether a descriptor is that of a file in the folder, or of the folder.
static int path_of(int descriptor, char *path, size_t size) {
    char link[64];
    if (!folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, size - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return is_inside(path) || strcmp(path, folder) == 0;
}

static int take_orders(void) {
    int found = atomic_load(&action);
    if (found != UNKNOWN || !orders) return found;
    int file = syscall(SYS_openat, AT_FDCWD, orders, O_RDONLY | O_CLOEXEC);
    if (file < 0) return UNKNOWN;
    char text[64] = {0}, name[16] = {0};
    long number = 0;
    ssize_t length = syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    if (length <= 0 || sscanf(text, "%15s %ld", name, &number) != 2) return UNKNOWN;
    atomic_store(&target, number);
    found = COUNT;
    if (strcmp(name, "kill") == 0) found = KILL;
    if (strcmp(name, "tear") == 0) found = TEAR;
    if (strcmp(name, "fail") == 0) found = FAIL;
    atomic_store(&action, found);
    return found;
}

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

/// Counts an operation.
/// Returns 1 if only its first half is to be carried out before the end.
static int count(const char *name, const char *path, size_t bytes) {
    int what = take_orders();
    const char *file = strrchr(path, '/');
    file = file ? file + 1 : path;
    if (what == UNKNOWN || (only && strcmp(only, file) != 0)) return 0;
    long number = atomic_fetch_add(&counter, 1) + 1;
    if (trace) {
        char line[512];
        int length = snprintf(line, sizeof line, "%s %s %zu\n", name, file, bytes);
        int output = syscall(SYS_openat, AT_FDCWD, trace, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (output >= 0) {
            syscall(SYS_write, output, line, length);
            syscall(SYS_close, output);
        }
    }
    if (number == atomic_load(&target)) {
        if (what == TEAR && bytes > 1) return 1;
        if (what == KILL || what == TEAR) die();
    }
    return 0;
}

/// Counts a flush. Returns what it answers without being carried out, or 1.
static int count_flush(const char *name, int descriptor) {
    char path[4096];
    if (!path_of(descriptor, path, sizeof path)) return 1;
    count(name, path, 0);
    if (ignores) return 0;
    if (atomic_load(&action) == FAIL && atomic_fetch_add(&flushes, 1) + 1 >= atomic_load(&target)) {
        errno = EIO;
        return -1;
    }
    return 1;
}

#define NEXT(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

int fsync(int descriptor) {
    int answer = count_flush("fsync", descriptor);
    return answer == 1 ? (int)syscall(SYS_fsync, descriptor) : answer;
}

int fdatasync(int descriptor) {
    int answer = count_flush("fdatasync", descriptor);
    return answer == 1 ? (int)syscall(SYS_fdatasync, descriptor) : answer;
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
    char path[4096];
    if (path_of(descriptor, path, sizeof path) && count("write", path, size)) {
        syscall(SYS_write, descriptor, bytes, size / 2);
        die();
    }
    return syscall(SYS_write, descriptor, bytes, size);
}

static ssize_t put(int descriptor, const void *bytes, size_t size, off_t offset) {
    char path[4096];
    if (path_of(descriptor, path, sizeof path) && count("pwrite", path, size)) {
        syscall(SYS_pwrite64, descriptor, bytes, size / 2, offset);
        die();
    }
    return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
    return put(descriptor, bytes, size, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
    return put(descriptor, bytes, size, offset);
}

static int cut(int descriptor, off_t size) {
    char path[4096];
    if (path_of(descriptor, path, sizeof path)) count("ftruncate", path, 0);
    return syscall(SYS_ftruncate, descriptor, size);
}

int ftruncate(int descriptor, off_t size) { return cut(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) { return cut(descriptor, size); }

int rename(const char *from, const char *to) {
    if (is_inside(to)) count("rename", to, 0);
    return NEXT(int, "rename", const char *, const char *)(from, to);
}

int unlink(const char *path) {
    if (is_inside(path)) count("unlink", path, 0);
    return NEXT(int, "unlink", const char *)(path);
}

static int make(const char *path, int flags, mode_t mode) {
    if (flags & O_CREAT && is_inside(path) && access(path, F_OK) != 0) count("create", path, 0);
    return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return make(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return make(path, flags | O_LARGEFILE, mode);
}

// SQLite, for the control that must lose what it acknowledged.
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

int sqlite3_prepare_v3(sqlite3 *db, const char *sql, int bytes, unsigned flags, sqlite3_stmt **statement, const char **rest) {
    if (relaxes && strncasecmp(sql, "BEGIN", 5) == 0) {
        NEXT(int, "sqlite3_exec", sqlite3 *, const char *, void *, void *, void *)
        (db, "PRAGMA synchronous = NORMAL", NULL, NULL, NULL);
    }
    return NEXT(int, "sqlite3_prepare_v3", sqlite3 *, const char *, int, unsigned, sqlite3_stmt **, const char **)
    (db, sql, bytes, flags, statement, rest);
}
