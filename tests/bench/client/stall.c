/* Clients that stall or leave in the middle of a TLS handshake, over and over.
 *
 *     stall PORT --connections N --rate R --seconds S
 *
 * keeps N connections that have sent nothing, a part of a ClientHello, all of it, or all and what belongs to
 * no handshake; replaces R of them a second, half by a reset, half by an end of stream. Prints `full` once all
 * N are there, and at the end how many connections there were.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const unsigned char nonsense[] = {0x14, 3, 3, 0, 1, 1};
static unsigned char hello[4096];
static size_t hello_length;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* What OpenSSL would send first. */
static void make_hello(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = context ? SSL_new(context) : NULL;
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (ssl == NULL || in == NULL || out == NULL) {
        fail("SSL_new");
    }
    SSL_set1_groups_list(ssl, "P-256");
    SSL_set_tlsext_host_name(ssl, "stall.example.com");
    SSL_set_bio(ssl, in, out);
    SSL_connect(ssl);
    int length = BIO_read(out, hello, sizeof hello - sizeof nonsense);
    if (length <= 0) {
        fail("BIO_read");
    }
    memcpy(hello + length, nonsense, sizeof nonsense);
    hello_length = (size_t)length;
    SSL_free(ssl);
    SSL_CTX_free(context);
}

static int one(const struct sockaddr_in *server)
{
    const size_t parts[] = {0, 1, 5, 50, hello_length, hello_length + sizeof nonsense};
    int fd = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    if (fd < 0 || connect(fd, (const struct sockaddr *)server, sizeof *server) != 0) {
        fail("connect");
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    size_t part = parts[(size_t)rand() % (sizeof parts / sizeof *parts)];
    if (part > 0 && send(fd, hello, part, MSG_NOSIGNAL) < 0) {
        fail("send");
    }
    return fd;
}

static void leave(int fd)
{
    if (rand() % 2 == 0) {
        struct linger reset = {.l_onoff = 1};
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    }
    close(fd);
}

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    unsigned connections = 1000, made = 0;
    double rate = 500, seconds = 1;
    for (int i = 2; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--connections") == 0) {
            connections = (unsigned)atoi(argv[i + 1]);
        } else if (strcmp(argv[i], "--rate") == 0) {
            rate = atof(argv[i + 1]);
        } else if (strcmp(argv[i], "--seconds") == 0) {
            seconds = atof(argv[i + 1]);
        }
    }
    int *all = calloc(connections ? connections : 1, sizeof *all);
    if (argc < 2 || all == NULL || connections == 0 || rate <= 0) {
        return 2;
    }
    server.sin_port = htons((uint16_t)atoi(argv[1]));
    srand(6);
    make_hello();
    for (; made < connections; made++) {
        all[made] = one(&server);
    }
    printf("full\n");
    fflush(stdout);
    double due = now(), end = due + seconds;
    for (; due < end; due += 1 / rate, made++) {
        double wait = due - now();
        if (wait > 0) {
            struct timespec pause = {.tv_nsec = (long)(wait * 1e9)};
            nanosleep(&pause, NULL);
        }
        unsigned which = (unsigned)rand() % connections;
        leave(all[which]);
        all[which] = one(&server);
    }
    for (unsigned i = 0; i < connections; i++) {
        leave(all[i]);
    }
    printf("%u\n", made);
    return 0;
}
