/* The load of the workloads of TLS, by OpenSSL: TLS 1.3, X25519 or P-256, nothing verified but the answer.
 *
 *     tls PORT full|resumed|keepalive|names --request FILE --connections N --seconds S
 *     tls PORT names --request FILE --connections N --count N --tag WORD
 *     tls PORT hold --request FILE --connections N
 *
 * keeps N connections busy for S seconds, or until there were so many: with `full` each has a handshake of its own and ends, with
 * `resumed` the same with the ticket of an earlier one, with `names` each asks for another name, the same
 * names for the same WORD; where they are counted the failed ones are errors, and it goes on;
 * `keepalive` asks again and again. `hold` opens all, has one answer on each, prints `open`, waits for a
 * line on standard input and asks each again. The last line on standard output is one JSON object:
 * in the first three modes a request is a connection, and its handshake is part of the latency;
 * `resumed` is how many handshakes took up an earlier session.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum mode { FULL, RESUMED, NAMES, KEEPALIVE, HOLD };
enum { EVENTS = 256, SAMPLES = 1 << 20 };

struct connection {
    SSL *ssl;
    int fd, open, resumes, failed;
    uint64_t since;
};

static const char *const modes[] = {"full", "resumed", "names", "keepalive", "hold"};
static enum mode mode;
static unsigned connections = 64;
static double seconds = 1;
static char request[1 << 16];
static char tag[16];
static int request_length, poller;
static struct sockaddr_in server;
static SSL_CTX *context;
static SSL_SESSION *session;
static uint64_t done, errors, names, resumed, wanted, begun, *samples;

static uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* OpenSSL marks a session as spent once a ticket has come that replaces it: a copy stays good. */
static int keep_session(SSL *ssl, SSL_SESSION *fresh)
{
    (void)ssl;
    if (session == NULL) {
        session = SSL_SESSION_dup(fresh);
    }
    return 0;
}

static void resume(SSL *ssl)
{
    SSL_SESSION *copy = SSL_SESSION_dup(session);
    if (copy == NULL || SSL_set_session(ssl, copy) != 1) {
        fail("SSL_set_session");
    }
    SSL_SESSION_free(copy);
}

static void begin(struct connection *c)
{
    begun++;
    c->fd = socket(AF_INET, SOCK_STREAM, 0);
    int one = 1;
    if (c->fd < 0) {
        fail("socket");
    }
    if (mode == HOLD) {
        /* More connections than one address has ports. */
        static unsigned bound;
        struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000001u + bound++ / 20000)};
        setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
        if (bind(c->fd, (struct sockaddr *)&own, sizeof own) != 0) {
            fail("bind");
        }
    }
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(c->fd, (struct sockaddr *)&server, sizeof server) != 0) {
        fail("connect");
    }
    c->ssl = SSL_new(context);
    c->open = c->failed = 0;
    c->since = now();
    SSL_set_fd(c->ssl, c->fd);
    char name[64] = "ads.example.com";
    if (mode == NAMES) {
        snprintf(name, sizeof name, "x.site%llu-%s.example", (unsigned long long)names++, tag);
    }
    SSL_set_tlsext_host_name(c->ssl, name);
    c->resumes = mode == RESUMED && session != NULL;
    if (c->resumes) {
        resume(c->ssl);
    }
    fcntl(c->fd, F_SETFL, O_NONBLOCK);
    SSL_set_connect_state(c->ssl);
}

static void end(struct connection *c)
{
    /* A session that has not ended well is not taken up again. */
    SSL_set_shutdown(c->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(c->ssl);
    /* Without the minute in which the kernel would keep the port. */
    struct linger reset = {.l_onoff = 1};
    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(c->fd);
}

static void wait_for(struct connection *c, int how)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    if (epoll_ctl(poller, how, c->fd, &event) != 0) {
        fail("epoll_ctl");
    }
}

static void note(struct connection *c)
{
    samples[done++ % SAMPLES] = now() - c->since;
    c->since = now();
}

static void ask(struct connection *c)
{
    c->since = now();
    if (SSL_write(c->ssl, request, request_length) != request_length) {
        errors++;
    }
}

enum answer { NONE, GOOD, BAD };

/* Whether an answer has come, whole: they are small and come in one record. */
static enum answer answered(struct connection *c)
{
    static char buffer[1 << 16];
    int count = SSL_read(c->ssl, buffer, sizeof buffer);
    if (count <= 0 && SSL_get_error(c->ssl, count) == SSL_ERROR_WANT_READ) {
        return NONE;
    }
    return count >= 12 && memcmp(buffer + 9, "200", 3) == 0 ? GOOD : BAD;
}

/* Goes on as far as it can; whether the connection has done what it is for. */
static int step(struct connection *c)
{
    if (c->failed) {
        /* It was counted. */
        return 1;
    }
    if (!c->open) {
        int result = SSL_do_handshake(c->ssl);
        if (result != 1) {
            c->failed = SSL_get_error(c->ssl, result) != SSL_ERROR_WANT_READ;
            errors += (uint64_t)c->failed;
            return c->failed;
        }
        c->open = 1;
        int reused = SSL_session_reused(c->ssl);
        resumed += (uint64_t)reused;
        errors += c->resumes && !reused;
        if (mode >= KEEPALIVE) {
            ask(c);
            return 0;
        }
        /* The server counts a handshake when the client's last flight has come; its tickets are behind. */
        ask(c);
        return 0;
    }
    enum answer answer = answered(c);
    if (answer != GOOD) {
        c->failed = answer == BAD;
        errors += (uint64_t)c->failed;
        return c->failed;
    }
    note(c);
    if (mode == KEEPALIVE) {
        ask(c);
        return 0;
    }
    return 1;
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void report(double elapsed)
{
    uint64_t count = done < SAMPLES ? done : SAMPLES;
    qsort(samples, count, sizeof *samples, compare);
    double at[3] = {0.5, 0.99, 0.999}, found[3] = {0};
    for (int i = 0; i < 3 && count > 0; i++) {
        found[i] = (double)samples[(uint64_t)(at[i] * (double)(count - 1))] / 1000;
    }
    printf("{\"requests\": %llu, \"errors\": %llu, \"resumed\": %llu, \"seconds\": %.6f, ", (unsigned long long)done,
           (unsigned long long)errors, (unsigned long long)resumed, elapsed);
    printf("\"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f}\n", found[0], found[1], found[2]);
}

/* Whether no more connections are to begin. */
static int is_late(uint64_t stop)
{
    return wanted ? begun >= wanted : now() >= stop;
}

static void run(struct connection *all)
{
    struct epoll_event events[EVENTS];
    uint64_t start = now(), stop = start + (uint64_t)(seconds * 1e9);
    unsigned live = connections;
    for (unsigned i = 0; i < connections; i++) {
        begin(&all[i]);
        wait_for(&all[i], EPOLL_CTL_ADD);
        step(&all[i]);
    }
    while (live > 0 && (errors == 0 || wanted)) {
        int count = epoll_wait(poller, events, EVENTS, 5000);
        if (count <= 0) {
            errors++;
            break;
        }
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            int over = step(c), late = is_late(stop);
            while (over || (late && mode == KEEPALIVE && c->open)) {
                end(c);
                if (late) {
                    live--;
                    break;
                }
                begin(c);
                wait_for(c, EPOLL_CTL_ADD);
                over = step(c);
                late = is_late(stop);
            }
        }
    }
    report((double)(now() - start) / 1e9);
}

static void hold(struct connection *all)
{
    for (int again = 0; again < 2; again++) {
        for (unsigned i = 0; i < connections; i++) {
            struct connection *c = &all[i];
            if (!again) {
                begin(c);
                fcntl(c->fd, F_SETFL, 0);
            } else {
                ask(c);
            }
            for (int tries = 0; tries < 10 && !step(c); tries++) {
            }
        }
        if (!again) {
            printf("open\n");
            fflush(stdout);
            getchar();
        }
    }
    report(1);
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        return 2;
    }
    server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(argv[1]))};
    server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    mode = HOLD + 1;
    for (unsigned i = 0; i <= HOLD; i++) {
        if (strcmp(argv[2], modes[i]) == 0) {
            mode = i;
        }
    }
    /* New names also where another run has asked the same server before. */
    snprintf(tag, sizeof tag, "%d", (int)getpid());
    for (int i = 3; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--request") == 0) {
            FILE *file = fopen(argv[i + 1], "rb");
            request_length = file ? (int)fread(request, 1, sizeof request, file) : 0;
        } else if (strcmp(argv[i], "--connections") == 0) {
            connections = (unsigned)atoi(argv[i + 1]);
        } else if (strcmp(argv[i], "--count") == 0) {
            wanted = strtoull(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--tag") == 0) {
            snprintf(tag, sizeof tag, "%s", argv[i + 1]);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            seconds = atof(argv[i + 1]);
        }
    }
    if (mode > HOLD || request_length == 0) {
        return 2;
    }
    context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
    SSL_CTX_set1_groups_list(context, "P-256");
    if (mode == RESUMED) {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context, keep_session);
    }
    if (mode == HOLD) {
        SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    }
    poller = epoll_create1(0);
    samples = calloc(SAMPLES, sizeof *samples);
    struct connection *all = calloc(connections, sizeof *all);
    if (samples == NULL || all == NULL) {
        fail("calloc");
    }
    if (mode == HOLD) {
        hold(all);
    } else {
        run(all);
    }
    return 0;
}
