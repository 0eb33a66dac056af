/* Very many keep-alive connections from one process: opened, asked, held, watched while they end.
 *
 *     client PORT CONNECTIONS [tls]
 *
 * opens all, has one answer on each as it opens, and says so on standard output; for a line on
 * standard input asks every one of them again; for a second line waits until the server has closed
 * every one. Lines begin with `@` and hold one JSON object. Anything unexpected ends it with 1.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* PER_ADDRESS: more from one source address, and the kernel's search for a port gets slow. */
enum { EVENTS = 512, PER_ADDRESS = 25000, IN_FLIGHT = 256, STALLED_SECONDS = 240, PER_TICKET = 1000 };

static const char REQUEST[] = "GET /x.gif HTTP/1.1\r\nHost: localhost\r\n\r\n";

/* One octet of state for each descriptor: a million structs would be the client's memory. */
enum { UNUSED, GREETING, WAITING, IDLE };
static unsigned char *state;
static int poller, first, last, opened, waiting, closed;
static long answered;

/* With TLS, by descriptor. The certificate is not looked at: what is shown is the server. One in
 * PER_TICKET has a whole handshake, the others go on with its session, and of TLS 1.2, which takes
 * no keys for that: emulated, both ends of a key exchange take ten milliseconds and more. */
static SSL_CTX *tls;
static SSL **sessions;
static SSL_SESSION *ticket;

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

static void put_request(int fd)
{
    int length = sizeof REQUEST - 1;
    int sent = tls ? SSL_write(sessions[fd], REQUEST, length) : (int)send(fd, REQUEST, (size_t)length, MSG_NOSIGNAL);

    if (sent != length)
        fail("send");
    state[fd] = WAITING;
}

static void ask(int fd)
{
    waiting++;
    put_request(fd);
}

/* The handshake, as far as it goes now; then the request. */
static void greet(int fd)
{
    int done = SSL_connect(sessions[fd]);

    if (done == 1)
        put_request(fd);
    else if (SSL_get_error(sessions[fd], done) != SSL_ERROR_WANT_READ)
        fail("handshake");
    errno = 0;
}

/* Octets, 0 at the end of the stream, -1 where there is nothing yet. */
static ssize_t receive(int fd, char *buffer, int size)
{
    int got, why;

    if (!tls) {
        ssize_t octets = recv(fd, buffer, (size_t)size, MSG_DONTWAIT);
        if (octets < 0)
            fail("recv");
        return octets;
    }
    got = SSL_read(sessions[fd], buffer, size);
    if (got > 0)
        return got;
    why = SSL_get_error(sessions[fd], got);
    errno = 0;
    if (why != SSL_ERROR_ZERO_RETURN && why != SSL_ERROR_WANT_READ)
        fail("SSL_read");
    /* Tickets are records too. */
    return why == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

static void hang_up(int fd)
{
    if (tls) {
        SSL_free(sessions[fd]);
        sessions[fd] = NULL;
    }
    close(fd);
    state[fd] = UNUSED;
    closed++;
}

/* The whole answer comes at once: it is one small send on a loopback. */
static void take_answer(int fd, int closing)
{
    static char known[4096];
    static ssize_t known_length;
    char buffer[4096];
    ssize_t got = receive(fd, buffer, sizeof buffer);

    if (got < 0)
        return;
    if (got == 0 && closing && state[fd] == IDLE) {
        hang_up(fd);
        return;
    }
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
    for (int i = 0; i < count; i++) {
        int fd = events[i].data.fd;
        if (state[fd] == GREETING)
            greet(fd);
        else if (state[fd] != UNUSED)
            take_answer(fd, closing);
    }
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

static void begin_session(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
        fail("fcntl");
    sessions[fd] = SSL_new(tls);
    if (sessions[fd] == NULL || SSL_set_fd(sessions[fd], fd) != 1
        || SSL_set_tlsext_host_name(sessions[fd], "localhost") != 1)
        fail("SSL_new");
    if (ticket != NULL && SSL_set_session(sessions[fd], ticket) != 1)
        fail("SSL_set_session");
    state[fd] = GREETING;
    waiting++;
    greet(fd);
}

/* A whole handshake, from which the next ones take their session. */
static void renew_ticket(int fd)
{
    handle_until(0);
    ticket = SSL_get1_session(sessions[fd]);
    if (ticket == NULL || SSL_SESSION_is_resumable(ticket) != 1)
        fail("no ticket");
}

static void prepare_tls(size_t descriptors)
{
    tls = SSL_CTX_new(TLS_client_method());
    sessions = calloc(descriptors, sizeof *sessions);
    if (tls == NULL || sessions == NULL)
        fail("SSL_CTX_new");
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_verify(tls, SSL_VERIFY_NONE, NULL);
    SSL_CTX_set1_groups_list(tls, "X25519:P-256");
    SSL_CTX_set_max_proto_version(tls, TLS1_2_VERSION);
    /* Of the suites the one whose hash is least work without the processor's own instructions. */
    if (SSL_CTX_set_cipher_list(tls, "ECDHE-ECDSA-AES128-GCM-SHA256") != 1)
        fail("SSL_CTX_set_cipher_list");
    /* Nothing is given back between two sessions: to fetch it again is dear where pages are emulated. */
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    mallopt(M_TOP_PAD, 64 << 20);
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
    opened++;
    if (!tls) {
        ask(fd);
        return;
    }
    if (number % PER_TICKET == 0) {
        SSL_SESSION_free(ticket);
        ticket = NULL;
    }
    begin_session(fd);
    if (number % PER_TICKET == 0)
        renew_ticket(fd);
}

static void say(const char *event, double since)
{
    printf("@{\"event\": \"%s\", \"connections\": %d, \"answered\": %ld, \"closed\": %d, \"seconds\": %.2f}\n",
           event, opened, answered, closed, now() - since);
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
    int count = argc >= 3 ? atoi(argv[2]) : 0;
    int is_tls = argc == 4 && strcmp(argv[3], "tls") == 0;
    double since, heard;

    if (count <= 0 || (argc > 3 && !is_tls)) {
        fprintf(stderr, "usage: client PORT CONNECTIONS [tls]\n");
        return 2;
    }
    if (is_tls)
        prepare_tls((size_t)count + 64);
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
        /* OpenSSL has some for itself. */
        if (state[fd] == UNUSED)
            continue;
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
