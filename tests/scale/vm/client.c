/* Very many keep-alive connections from one process: opened, asked, held, watched while they end.
 *
 *     client PORT CONNECTIONS
 *
 * opens all, has one answer on each as it opens, and says so on standard output; for a line on
 * standard input asks every one of them again; for a second line waits until the server has closed
 * every one. Lines begin with `@` and hold one JSON object. Anything unexpected ends it with 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* PER_ADDRESS: more from one source address, and the kernel's search for a port gets slow. */
enum { EVENTS = 512, PER_ADDRESS = 25000, IN_FLIGHT = 256, STALLED_SECONDS = 240 };

static const char REQUEST[] = "GET /x.gif HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* One octet of state for each descriptor: a million structs would be the client's memory. */
enum { UNUSED, WAITING, IDLE };
static unsigned char *state;
static int poller, first, last, waiting, closed;
static long answered;

static void fail(const char *what)
{
    printf("@{\"event\": \"failed\", \"what\": \"client: %s: %s\"}\n", what, errno ? strerror(errno) : "unexpected");
    exit(1);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ask(int fd)
{
    if (send(fd, REQUEST, sizeof REQUEST - 1, MSG_NOSIGNAL) != (ssize_t)sizeof REQUEST - 1)
        fail("send");
    state[fd] = WAITING;
    waiting++;
}

/* The whole answer comes at once: it is one small send on a loopback. */
static void take_answer(int fd, int closing)
{
    static char known[4096];
    static ssize_t known_length;
    char buffer[4096];
    ssize_t got = recv(fd, buffer, sizeof buffer, MSG_DONTWAIT);

    if (got == 0 && closing && state[fd] == IDLE) {
        close(fd);
        state[fd] = UNUSED;
        closed++;
        return;
    }
    if (got < 0)
        fail("recv");
    errno = 0;
    if (state[fd] != WAITING || got == 0)
        fail("an answer that nobody asked for, or a close");
    /* Alike but for the date: octets before it and the body are compared. */
    if (known_length == 0) {
        memcpy(known, buffer, (size_t)got);
        known_length = got;
        if (memmem(known, (size_t)got, "image/gif", 9) == NULL)
            fail("the first answer is no GIF");
    }
    if (got != known_length || memcmp(buffer, "HTTP/1.1 200 OK\r\n", 17) != 0
        || memcmp(buffer + got - 43, known + got - 43, 43) != 0)
        fail("an answer that is not whole, or another one");
    state[fd] = IDLE;
    waiting--;
    answered++;
}

static int handle(int timeout_ms, int closing)
{
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, timeout_ms);

    if (count < 0)
        fail("epoll_wait");
    for (int i = 0; i < count; i++)
        take_answer(events[i].data.fd, closing);
    return count;
}

static void handle_until(int bound)
{
    double heard = now();

    while (waiting > bound) {
        if (handle(1000, 0) > 0)
            heard = now();
        errno = 0;
        if (now() - heard > STALLED_SECONDS)
            fail("no answer for four minutes");
    }
}

static void open_one(const struct sockaddr_in *server, int number)
{
    struct sockaddr_in source = {.sin_family = AF_INET};
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

    if (fd < 0)
        fail("socket");
    source.sin_addr.s_addr = htonl(0x7f010101u + (unsigned)(number / PER_ADDRESS));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0)
        fail("bind");
    if (connect(fd, (const struct sockaddr *)server, sizeof *server) != 0)
        fail("connect");
    event.data.fd = fd;
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll_ctl");
    if (number == 0)
        first = fd;
    last = fd;
    ask(fd);
}

static void say(const char *event, double since)
{
    printf("@{\"event\": \"%s\", \"connections\": %d, \"answered\": %ld, \"closed\": %d, \"seconds\": %.2f}\n",
           event, last - first + 1, answered, closed, now() - since);
    fflush(stdout);
}

static void wait_for_a_line(void)
{
    char line[16];

    if (fgets(line, sizeof line, stdin) == NULL)
        fail("standard input ended");
}

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int count = argc == 3 ? atoi(argv[2]) : 0;
    double since, heard;

    if (count <= 0) {
        fprintf(stderr, "usage: client PORT CONNECTIONS\n");
        return 2;
    }
    server.sin_port = htons((unsigned short)atoi(argv[1]));
    /* Descriptors are given out in order, so that they can be the index. */
    state = calloc((size_t)count + 64, 1);
    poller = epoll_create1(0);
    since = now();
    for (int i = 0; i < count; i++) {
        open_one(&server, i);
        handle(0, 0);
        handle_until(IN_FLIGHT);
        if ((i + 1) % PER_ADDRESS == 0)
            say("opening", since);
    }
    handle_until(0);
    say("open", since);

    wait_for_a_line();
    since = now();
    for (int fd = first; fd <= last; fd++) {
        ask(fd);
        handle(0, 0);
        handle_until(IN_FLIGHT);
        if ((fd - first + 1) % PER_ADDRESS == 0)
            say("asking", since);
    }
    handle_until(0);
    say("again", since);

    wait_for_a_line();
    since = heard = now();
    for (int told = 0; closed < count;) {
        if (handle(1000, 1) > 0)
            heard = now();
        if (closed / PER_ADDRESS > told) {
            told = closed / PER_ADDRESS;
            say("closing", since);
        }
        errno = 0;
        if (now() - heard > STALLED_SECONDS)
            fail("no connection closed for four minutes");
    }
    say("closed", since);
    return 0;
}
