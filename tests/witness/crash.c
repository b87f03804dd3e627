// Ends a program before its n-th effect on the disk, exactly, as if it were killed there: preloaded into it.
//
//   CRASH_AT   the effect before which it ends, counted from 0; none, and it only counts
//   CRASH_LOG  the file to which the effects are written, one a line: "rename /from /to"
//
// An effect is a system call that changes what is seen of files: it makes, links, renames or removes one, or writes to
// one that has a name. The kernel hands each of them over, whoever makes it: a wrapper of the C library's functions would
// miss those that are made without it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

// None of these calls has a sixth argument: with this one it is ours, and goes through.
#define OURS 0x656d6272UL

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#define ARGUMENTS(context)                                                                                            \
    {(context)->gregs[REG_RDI], (context)->gregs[REG_RSI], (context)->gregs[REG_RDX], (context)->gregs[REG_R10],      \
     (context)->gregs[REG_R8]}
#define ANSWER(context) (context)->gregs[REG_RAX]
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#define ARGUMENTS(context)                                                                                            \
    {(context)->regs[0], (context)->regs[1], (context)->regs[2], (context)->regs[3], (context)->regs[4]}
#define ANSWER(context) (context)->regs[0]
#else
#error "the registers of this machine are not known"
#endif

enum kind { OPEN, OPENAT, PATH, TWO_PATHS, AT, TWO_AT, WRITE };

static const struct call {
    long number;
    enum kind kind;
    const char *name;
} calls[] = {
#ifdef __NR_open
    {__NR_open, OPEN, "create"},
    {__NR_mkdir, PATH, "mkdir"},
    {__NR_rmdir, PATH, "rmdir"},
    {__NR_unlink, PATH, "unlink"},
    {__NR_chmod, PATH, "chmod"},
    {__NR_rename, TWO_PATHS, "rename"},
    {__NR_link, TWO_PATHS, "link"},
    {__NR_symlink, TWO_PATHS, "symlink"},
#endif
#ifdef __NR_renameat
    {__NR_renameat, TWO_AT, "rename"},
#endif
    {__NR_openat, OPENAT, "create"},
    {__NR_mkdirat, AT, "mkdir"},
    {__NR_unlinkat, AT, "unlink"},
    {__NR_fchmodat, AT, "chmod"},
    {__NR_renameat2, TWO_AT, "rename"},
    {__NR_linkat, TWO_AT, "link"},
    {__NR_truncate, PATH, "truncate"},
    {__NR_ftruncate, WRITE, "truncate"},
    {__NR_fchmod, WRITE, "chmod"},
    {__NR_write, WRITE, "write"},
    {__NR_writev, WRITE, "write"},
    {__NR_pwrite64, WRITE, "write"},
};

static const size_t count = sizeof calls / sizeof *calls;
static atomic_long effects;
static long crash_at = -1;
static int notes = -1;

static long pass(long number, const unsigned long *arguments) {
    long answer = syscall(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], OURS);
    return answer < 0 ? -errno : answer;
}

// Whoever opens a file that is there, and does not empty it, changes nothing.
static int makes(int folder, const char *path, unsigned long flags) {
    struct stat found;
    if (!(flags & (O_CREAT | O_TRUNC))) return 0;
    if (flags & O_TRUNC) return 1;
    return fstatat(folder, path, &found, 0) != 0;
}

// Pipes and terminals are not on the disk.
static int is_file(int file) {
    struct stat found;
    return fstat(file, &found) == 0 && S_ISREG(found.st_mode);
}

static void note(const struct call *call, const unsigned long *arguments) {
    char line[1024], link[64];
    int length = 0;
    switch (call->kind) {
    case OPEN:
    case PATH: length = snprintf(line, sizeof line, "%s %s\n", call->name, (char *)arguments[0]); break;
    case OPENAT:
    case AT: length = snprintf(line, sizeof line, "%s %s\n", call->name, (char *)arguments[1]); break;
    case TWO_PATHS:
        length = snprintf(line, sizeof line, "%s %s %s\n", call->name, (char *)arguments[0], (char *)arguments[1]);
        break;
    case TWO_AT:
        length = snprintf(line, sizeof line, "%s %s %s\n", call->name, (char *)arguments[1], (char *)arguments[3]);
        break;
    case WRITE:
        length = snprintf(line, sizeof line, "%s ", call->name);
        snprintf(link, sizeof link, "/proc/self/fd/%d", (int)arguments[0]);
        ssize_t more = readlink(link, line + length, sizeof line - length - 1);
        length += more > 0 ? (int)more : 0;
        line[length++] = '\n';
        break;
    }
    if (length > (int)sizeof line - 1) length = sizeof line - 1;
    const unsigned long write[] = {notes, (unsigned long)line, length, 0, 0};
    pass(__NR_write, write);
}

static int is_effect(const struct call *call, const unsigned long *arguments) {
    switch (call->kind) {
    case OPEN: return makes(AT_FDCWD, (char *)arguments[0], arguments[1]);
    case OPENAT: return makes((int)arguments[0], (char *)arguments[1], arguments[2]);
    case WRITE: return is_file((int)arguments[0]);
    default: return 1;
    }
}

static void handed_over(int signal, siginfo_t *info, void *interrupted) {
    mcontext_t *context = &((ucontext_t *)interrupted)->uc_mcontext;
    const unsigned long arguments[] = ARGUMENTS(context);
    int before = errno;
    (void)signal;
    for (size_t at = 0; at < count; at++) {
        if (calls[at].number != info->si_syscall || !is_effect(&calls[at], arguments)) continue;
        if (atomic_fetch_add(&effects, 1) == crash_at) syscall(__NR_exit_group, 137);
        if (notes >= 0) note(&calls[at], arguments);
        break;
    }
    ANSWER(context) = pass(info->si_syscall, arguments);
    errno = before;
}

__attribute__((constructor)) static void begin(void) {
    struct sock_filter filter[8 + sizeof calls / sizeof *calls];
    struct sigaction action = {.sa_sigaction = handed_over, .sa_flags = SA_SIGINFO | SA_RESTART | SA_NODEFER};
    const char *at = getenv("CRASH_AT"), *log = getenv("CRASH_LOG");
    size_t end = 0;
    if (at) crash_at = atol(at);
    if (log) notes = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    filter[end++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    filter[end++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
    filter[end++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    filter[end++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5]));
    filter[end++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OURS, count + 1, 0);
    filter[end++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t call = 0; call < count; call++)
        filter[end++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[call].number, count - call, 0);
    filter[end++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_filter trap = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    struct sock_filter all[sizeof filter / sizeof *filter + 1];
    memcpy(all, filter, end * sizeof *filter);
    all[end++] = trap;
    struct sock_fprog program = {.len = end, .filter = all};
    if (sigaction(SIGSYS, &action, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) {
        perror("crash");
        _exit(70);
    }
}
