/* Faults from below, for a program that this is preloaded into (LD_PRELOAD).
 *
 * FAULTS_OFFSET   so many seconds are added to the time of day.
 * FAULTS_WRITES   so many writes into files and creations of files succeed; from then on the disk is full. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static long given(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int failed = syscall(SYS_clock_gettime, clock, time);
    if (!failed && clock == CLOCK_REALTIME) time->tv_sec += given("FAULTS_OFFSET", 0);
    return failed;
}

static atomic_long written;

/* Counts what takes room, and tells whether there is none. */
static int is_full(void) {
    long most = given("FAULTS_WRITES", -1);
    if (most < 0 || atomic_fetch_add(&written, 1) < most) return 0;
    errno = ENOSPC;
    return 1;
}

static int is_file(int file) {
    struct stat found;
    return !fstat(file, &found) && S_ISREG(found.st_mode);
}

#define REAL(type, name, ...) ((type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))

ssize_t write(int file, const void *bytes, size_t count) {
    if (count && is_file(file) && is_full()) return -1;
    return REAL(ssize_t, "write", int, const void *, size_t)(file, bytes, count);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
    if (is_file(file) && is_full()) return -1;
    return REAL(ssize_t, "writev", int, const struct iovec *, int)(file, parts, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) {
    if (is_file(file) && is_full()) return -1;
    return REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t)(file, bytes, count, at);
}

int mkdir(const char *path, mode_t mode) {
    if (is_full()) return -1;
    return REAL(int, "mkdir", const char *, mode_t)(path, mode);
}

int open64(const char *path, int flags, ...) {
    mode_t mode = 0;
    if (flags & (O_CREAT | __O_TMPFILE)) {
        va_list rest;
        va_start(rest, flags);
        mode = va_arg(rest, mode_t);
        va_end(rest);
    }
    if ((flags & O_CREAT) && access(path, F_OK) && is_full()) return -1;
    return REAL(int, "open64", const char *, int, mode_t)(path, flags, mode);
}
