/* The floor of what a request can cost: epoll, one recv, one send of a fixed answer, no parsing, one
 * thread. What a server does beyond this is its own.
 *
 *     floor FILE [PORT [REQUEST]]
 *
 * answers each read with the contents of FILE, on a port of 127.0.0.1 that it prints; with REQUEST,
 * the octets of one request, once for each that the read has (a pipeline). SIGTERM ends it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 1024, ANSWER_MAX = 65536, FILES_MAX = 20000 };

static char answer[ANSWER_MAX];
static size_t answer_length;

/* For a pipeline: octets of one request, answers in a row, octets of a request that came in part. */
static size_t request_length, answers;
static size_t begun[FILES_MAX];

static void need(int ok, const char *what)
{
    if (!ok) {
        perror(what);
        exit(1);
    }
}

static void read_answer(const char *path)
{
    FILE *file = fopen(path, "rb");

    need(file != NULL, path);
    answer_length = fread(answer, 1, sizeof answer, file);
    fclose(file);
    for (answers = 1; (answers + 1) * answer_length <= sizeof answer; answers++)
        memcpy(answer + answers * answer_length, answer, answer_length);
}

static int listen_at(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, 
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    need(fd >= 0, "socket");
    need(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0, "TCP_NODELAY");
    need(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0, "SO_REUSEADDR");
    need(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "bind");
    need(listen(fd, 4096) == 0, "listen");
    need(getsockname(fd, (struct sockaddr *)&address, &length) == 0, "getsockname");
    printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void accept_all(int epoll, int listener)
{
    int fd;

    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = fd};
        need(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
    }
}

static void answer_one(int fd)
{
    static char request[65536];
    ssize_t got = recv(fd, request, sizeof request, 0);

    size_t count = 1;

    if (got > 0 && request_length > 0) {
        begun[fd] += (size_t)got;
        count = begun[fd] / request_length < answers ? begun[fd] / request_length : answers;
        begun[fd] -= count * request_length;
    }
    if (got > 0 && send(fd, answer, count * answer_length, MSG_NOSIGNAL) == (ssize_t)(count * answer_length))
        return;
    if (got < 0 && errno == EAGAIN)
        return;
    begun[fd] = 0;
    close(fd);
}

int main(int argc, char **argv)
{
    static struct epoll_event events[EVENTS];
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    int listener;

    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: floor FILE [PORT [REQUEST]]\n");
        return 2;
    }
    read_answer(argv[1]);
    request_length = argc > 3 ? (size_t)atoi(argv[3]) : 0;
    listener = listen_at(argc > 2 ? atoi(argv[2]) : 0);
    event.data.fd = listener;
    need(epoll >= 0 && epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event) == 0, "epoll");
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd == listener)
                accept_all(epoll, listener);
            else
                answer_one(events[i].data.fd);
        }
    }
}
