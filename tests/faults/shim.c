// A library to be preloaded: the nth call of a function fails with an errno, as a block of memory
// says that a test shares with the process. One process sees any number of faults in turn.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

// tests/faults/faults.py writes it.
struct block {
    atomic_uint armed;
    int error;
    unsigned nth;   // the first call that fails, from 1
    unsigned times; // how many fail from then on
    atomic_uint seen;
    atomic_uint hits;
    char call[40];
};

static struct block *block;

__attribute__((constructor)) static void attach(void) {
    const char *path = getenv("HR_FAULTS");
    if (!path)
        return;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        _exit(120);
    // As no other code sees it: by the bare call.
    void *shared = (void *)syscall(SYS_mmap, 0, sizeof *block, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    syscall(SYS_close, fd);
    if (shared == MAP_FAILED)
        _exit(121);
    block = shared;
}

// Whether this call shall fail; errno says how.
static int fails(const char *call) {
    if (!block || !atomic_load(&block->armed) || strcmp(call, block->call) != 0)
        return 0;
    unsigned number = atomic_fetch_add(&block->seen, 1) + 1;
    if (number < block->nth || number - block->nth >= block->times)
        return 0;
    atomic_fetch_add(&block->hits, 1);
    errno = block->error;
    return 1;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define WRAP(type, name, parameters, arguments)                                                    \
    type name parameters {                                                                         \
        static __typeof__(&name) real;                                                             \
        if (!real)                                                                                 \
            real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);                                     \
        if (fails(#name))                                                                          \
            return (type)-1;                                                                       \
        return real arguments;                                                                     \
    }

WRAP(int, accept4, (int fd, struct sockaddr *a, socklen_t *l, int f), (fd, a, l, f))
WRAP(int, socket, (int domain, int type, int protocol), (domain, type, protocol))
WRAP(int, bind, (int fd, const struct sockaddr *a, socklen_t l), (fd, a, l))
WRAP(int, listen, (int fd, int backlog), (fd, backlog))
WRAP(int, shutdown, (int fd, int how), (fd, how))
WRAP(int, setsockopt, (int fd, int level, int name, const void *v, socklen_t l), (fd, level, name, v, l))
WRAP(int, getsockopt, (int fd, int level, int name, void *v, socklen_t *l), (fd, level, name, v, l))
WRAP(int, getsockname, (int fd, struct sockaddr *a, socklen_t *l), (fd, a, l))
WRAP(int, getpeername, (int fd, struct sockaddr *a, socklen_t *l), (fd, a, l))
WRAP(int, epoll_create1, (int flags), (flags))
WRAP(int, epoll_ctl, (int epfd, int op, int fd, struct epoll_event *e), (epfd, op, fd, e))
WRAP(int, epoll_wait, (int epfd, struct epoll_event *e, int max, int timeout), (epfd, e, max, timeout))
WRAP(int, eventfd, (unsigned int initial, int flags), (initial, flags))
WRAP(int, timerfd_create, (int clock, int flags), (clock, flags))
WRAP(ssize_t, recv, (int fd, void *b, size_t n, int flags), (fd, b, n, flags))
WRAP(ssize_t, send, (int fd, const void *b, size_t n, int flags), (fd, b, n, flags))
WRAP(ssize_t, read, (int fd, void *b, size_t n), (fd, b, n))
WRAP(ssize_t, sendfile, (int out, int in, off_t *offset, size_t n), (out, in, offset, n))
WRAP(int, munmap, (void *a, size_t n), (a, n))
WRAP(int, madvise, (void *a, size_t n, int advice), (a, n, advice))
WRAP(int, setrlimit, (__rlimit_resource_t resource, const struct rlimit *limit), (resource, limit))
WRAP(int, unshare, (int flags), (flags))

// An eventfd, by which threads wake each other, is no file of any type.
ssize_t write(int fd, const void *octets, size_t count) {
    REAL(write);
    struct stat about;
    int wakes = fstat(fd, &about) == 0 && (about.st_mode & S_IFMT) == 0;
    return fails(wakes ? "wake" : "write") ? -1 : real(fd, octets, count);
}

// Linux has closed the descriptor whatever it returns.
int close(int fd) {
    REAL(close);
    int failing = fails("close"), error = errno;
    int result = real(fd);
    if (failing)
        errno = error;
    return failing ? -1 : result;
}

static int open_mode(int flags, va_list list) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, int) : 0;
}

int open(const char *path, int flags, ...) {
    REAL(open);
    va_list list;
    va_start(list, flags);
    int mode = open_mode(flags, list);
    va_end(list);
    return fails("open") ? -1 : real(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    REAL(open64);
    va_list list;
    va_start(list, flags);
    int mode = open_mode(flags, list);
    va_end(list);
    return fails("open") ? -1 : real(path, flags, mode);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
    if (fails("mmap"))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
    REAL(pthread_create);
    return fails("pthread_create") ? errno : real(thread, attributes, start, argument);
}

// Receives and sends of the engine come this way.
long syscall(long number, ...) {
    static __typeof__(&syscall) real;
    if (!real)
        real = (__typeof__(&syscall))dlsym(RTLD_NEXT, "syscall");
    va_list list;
    va_start(list, number);
    long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
    long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
    va_end(list);
    if ((number == SYS_recvfrom && fails("recv")) || (number == SYS_sendto && fails("send")))
        return -1;
    return real(number, a, b, c, d, e, f);
}

// ---- memory: dlsym itself allocates, so the C library's own names ----

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

void *malloc(size_t size) {
    return fails("malloc") ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails("malloc") ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    return fails("malloc") ? NULL : __libc_realloc(old, size);
}
