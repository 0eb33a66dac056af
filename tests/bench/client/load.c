/* The load of every workload: one thread, epoll, each answer checked to be whole and 2xx.
 *
 *     load PORT --request FILE --connections N [--seconds S] [--requests M] [--depth D] [--churn] [--rate R]
 *     load PORT --request FILE --connections N --hold
 *
 * keeps N connections busy with D requests in flight each for S seconds, or until M are answered;
 * with --churn each request has a new connection; with --rate R requests a second go out on a
 * schedule fixed in advance, and latency counts from the scheduled time, so that a server that
 * stalls cannot hide it. Where the request has a "########", each one has another number there.
 * --hold opens all, has one answer on each, prints `open`, waits for a line on standard input and
 * asks each again. The last line on standard output is one JSON object.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* PER_ADDRESS: more from one address, and the kernel's search for a port gets slow. */
enum { EVENTS = 1024, BUFFER = 1 << 17, SUB = 64, BUCKETS = 64 * SUB, PER_ADDRESS = 20000, NUMBER = 8 };

struct connection {
    int fd;
    unsigned in_flight;
    uint64_t since;  /* when the oldest request in flight was sent, or should have been */
    uint64_t due;    /* with --rate: when the next one is */
    size_t kept;     /* octets of an answer that is not whole */
    char *part;
};

static struct {
    int port, churn, hold;
    unsigned connections, depth;
    uint64_t requests;
    double seconds, rate;
} want = {.connections = 64, .depth = 1, .seconds = 1};

static char *request;
static size_t request_length;
static size_t number_at; /* 0 where all are the same */
static struct sockaddr_in server;
static struct connection *all;
static int poller;
static char buffer[BUFFER];

/* The last answer that was taken apart: the next is mostly the same. */
static char known[BUFFER];
static size_t known_length;

static uint64_t answered, errors, opened, start, buckets[BUCKETS];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Buckets of 1/64 of a power of two: under 1.6 % of error. */
static void note_latency(uint64_t ns)
{
    unsigned power = ns < SUB ? 0 : 63 - (unsigned)__builtin_clzll(ns) - 6;
    unsigned bucket = power * SUB + (unsigned)(ns >> power);
    buckets[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static double quantile_us(double quantile)
{
    uint64_t total = 0, seen = 0;
    for (unsigned i = 0; i < BUCKETS; i++)
        total += buckets[i];
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += buckets[i];
        if (buckets[i] && (double)seen >= quantile * (double)total) {
            unsigned power = i < 2 * SUB ? 0 : i / SUB - 1;
            return (double)((uint64_t)(i - power * SUB) << power) / 1000.0;
        }
    }
    return 0;
}

/* Octets of the answer at the start of `text`; 0 if it is not whole, -1 if it is wrong. */
static ssize_t answer_length(const char *text, size_t length)
{
    const char *end, *line;
    size_t body = 0, total;
    int has_length = 0;

    if (known_length && length >= known_length && memcmp(text, known, known_length) == 0)
        return (ssize_t)known_length;
    if (length >= 10 && memcmp(text, "HTTP/1.1 2", 10) != 0)
        return -1;
    end = memmem(text, length, "\r\n\r\n", 4);
    if (end == NULL)
        return length < BUFFER / 2 ? 0 : -1;
    for (line = text; line < end; line += 2) {
        if (strncasecmp(line, "content-length:", 15) == 0) {
            body = strtoul(line + 15, NULL, 10);
            has_length = 1;
        }
        line = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
    }
    if (!has_length && memcmp(text + 9, "204", 3) != 0)
        return -1;
    total = (size_t)(end + 4 - text) + body;
    if (total > length)
        return total < BUFFER / 2 ? 0 : -1;
    memcpy(known, text, total);
    known_length = total;
    return (ssize_t)total;
}

static void open_connection(struct connection *c)
{
    struct sockaddr_in source = {.sin_family = AF_INET};
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.ptr = c};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    /* Every new connection of a churn from another address, others when one is full. */
    uint64_t place = want.churn ? opened % 200 : opened / PER_ADDRESS;

    if (fd < 0)
        fail("socket");
    source.sin_addr.s_addr = htonl(0x7f010001u + (uint32_t)(place / 200 << 8) + (uint32_t)(place % 200));
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&source, sizeof source) != 0)
        fail("bind");
    if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0)
        fail("connect");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    opened++;
    c->fd = fd;
    c->kept = 0;
    c->in_flight = 0;
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0)
        fail("epoll_ctl");
}

/* Gives each of the requests a number that none before had. */
static void renumber(unsigned count)
{
    static const char digits[] = "0123456789abcdef";
    static uint32_t number;

    for (unsigned i = 0; i < count; i++, number++)
        for (unsigned digit = 0; digit < NUMBER; digit++)
            request[i * request_length + number_at + digit] = digits[number >> (4 * (NUMBER - 1 - digit)) & 15];
}

static void ask(struct connection *c, unsigned count, uint64_t since)
{
    if (number_at)
        renumber(count);
    if (send(c->fd, request, request_length * count, MSG_NOSIGNAL) != (ssize_t)(request_length * count)) {
        errors++;
        return;
    }
    c->in_flight = count;
    c->since = since;
}

static void lost(struct connection *c)
{
    errors++;
    close(c->fd);
    if (errors > 1000) {
        fprintf(stderr, "load: more than 1000 errors, it gives up\n");
        exit(1);
    }
    open_connection(c);
    if (want.rate == 0 && !want.hold)
        ask(c, want.depth, now());
}

static void readable(struct connection *c)
{
    ssize_t got, one;
    size_t at = 0, length;

    if (c->kept)
        memcpy(buffer, c->part, c->kept);
    got = recv(c->fd, buffer + c->kept, BUFFER - c->kept, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        lost(c);
        return;
    }
    length = c->kept + (size_t)got;
    c->kept = 0;
    while (at < length && c->in_flight > 0) {
        one = answer_length(buffer + at, length - at);
        if (one < 0) {
            fprintf(stderr, "load: a wrong answer: %.60s\n", buffer + at);
            lost(c);
            return;
        }
        if (one == 0)
            break;
        at += (size_t)one;
        c->in_flight--;
        answered++;
        note_latency(now() - c->since);
    }
    if (at < length) {
        if (c->in_flight == 0) { /* more than was asked for */
            lost(c);
            return;
        }
        c->part = realloc(c->part, BUFFER);
        c->kept = length - at;
        memcpy(c->part, buffer + at, c->kept);
    }
    if (c->in_flight > 0 || want.rate > 0 || want.hold)
        return;
    if (want.churn) {
        close(c->fd);
        open_connection(c);
    }
    ask(c, want.depth, now());
}

static unsigned handle(int timeout)
{
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, timeout);

    for (int i = 0; i < count; i++)
        readable(events[i].data.ptr);
    return count > 0 ? (unsigned)count : 0;
}

/* Sends what is due; a connection that still waits sends late, and its clock runs. */
static void keep_to_the_schedule(uint64_t step)
{
    static unsigned next;
    uint64_t at = now();

    for (unsigned tried = 0; tried < want.connections; tried++) {
        struct connection *c = &all[next];
        if (c->due > at)
            return;
        if (c->in_flight == 0) {
            ask(c, 1, c->due);
            c->due += step;
        }
        next = (next + 1) % want.connections;
    }
}

static void hold(void)
{
    char line[16];

    for (unsigned round = 0; round < 2; round++) {
        uint64_t target = (uint64_t)want.connections * (round + 1), end = now() + 60000000000u;
        for (unsigned i = 0; i < want.connections; i++) {
            if (round == 0)
                open_connection(&all[i]);
            ask(&all[i], 1, now());
            handle(0);
        }
        while (answered < target && errors == 0 && now() < end)
            handle(100);
        if (round == 0) {
            printf("open\n");
            fflush(stdout);
            if (fgets(line, sizeof line, stdin) == NULL)
                exit(1);
        }
    }
}

static void run(void)
{
    uint64_t end, step = want.rate > 0 ? (uint64_t)(want.connections * 1e9 / want.rate) : 0;

    for (unsigned i = 0; i < want.connections; i++)
        open_connection(&all[i]);
    start = now();
    end = start + (uint64_t)(want.seconds * 1e9);
    for (unsigned i = 0; i < want.connections; i++) {
        all[i].due = start + step * i / want.connections;
        if (want.rate == 0)
            ask(&all[i], want.depth, now());
    }
    while (now() < end && (want.requests == 0 || answered < want.requests)) {
        if (want.rate > 0)
            keep_to_the_schedule(step);
        handle(want.rate > 0 ? 0 : 100);
    }
}

static void read_request(const char *path)
{
    FILE *file = fopen(path, "rb");
    static char one[16384];
    const char *mark;
    size_t length;

    if (file == NULL)
        fail(path);
    length = fread(one, 1, sizeof one, file);
    fclose(file);
    request_length = length;
    mark = memmem(one, length, "########", NUMBER);
    number_at = mark == NULL ? 0 : (size_t)(mark - one);
    request = malloc(length * want.depth);
    for (unsigned i = 0; i < want.depth; i++)
        memcpy(request + i * length, one, length);
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"request", 1, NULL, 'r'}, {"connections", 1, NULL, 'c'}, {"seconds", 1, NULL, 's'},
        {"depth", 1, NULL, 'd'},   {"churn", 0, NULL, 'x'},       {"rate", 1, NULL, 'R'},
        {"hold", 0, NULL, 'h'},    {"requests", 1, NULL, 'm'}, {NULL, 0, NULL, 0},
    };
    const char *file = NULL;
    double took;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 'r': file = optarg; break;
        case 'c': want.connections = (unsigned)atoi(optarg); break;
        case 's': want.seconds = atof(optarg); break;
        case 'd': want.depth = (unsigned)atoi(optarg); break;
        case 'm': want.requests = strtoull(optarg, NULL, 10); break;
        case 'x': want.churn = 1; break;
        case 'R': want.rate = atof(optarg); break;
        case 'h': want.hold = 1; break;
        default: return 2;
        }
    }
    if (optind != argc - 1 || file == NULL || want.connections == 0 || want.depth == 0) {
        fprintf(stderr, "usage: load PORT --request FILE --connections N [--seconds S] [--requests M]"
                        " [--depth D] [--churn] [--rate R] [--hold]\n");
        return 2;
    }
    want.port = atoi(argv[optind]);
    read_request(file);
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)want.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    all = calloc(want.connections, sizeof *all);
    poller = epoll_create1(EPOLL_CLOEXEC);
    start = now();
    if (want.hold)
        hold();
    else
        run();
    took = (double)(now() - start) / 1e9;
    printf("{\"requests\": %llu, \"errors\": %llu, \"connections\": %llu, \"seconds\": %.6f, "
           "\"p50_us\": %.2f, \"p99_us\": %.2f, \"p999_us\": %.2f}\n",
           (unsigned long long)answered, (unsigned long long)errors, (unsigned long long)opened, took,
           quantile_us(0.5), quantile_us(0.99), quantile_us(0.999));
    return 0;
}
