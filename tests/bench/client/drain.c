/* Reads one large answer:  drain PORT OCTETS [SLOW_OCTETS]
 *
 * asks for /x.gif, takes as many octets of body as it is told, or, in chunks, all there are, and says how many nanoseconds that
 * took. With SLOW_OCTETS it takes so many of them at about 8 MB a second, says `slow`, waits for a
 * line on standard input, and then takes the rest.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 1 << 18, SLOW_PIECE = 8192 };

static char buffer[BUFFER];
static char last[5];
static int chunked;

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

/* The last octets that came: a body in chunks ends with an empty one. */
static void note_end(const char *octets, size_t count)
{
    size_t kept = count < sizeof last ? sizeof last - count : 0;

    memmove(last, last + sizeof last - kept, kept);
    memcpy(last + kept, octets + count - (sizeof last - kept), sizeof last - kept);
}

static int is_whole(uint64_t have, uint64_t octets)
{
    return have >= octets && (!chunked || memcmp(last, "0\r\n\r\n", sizeof last) == 0);
}

/* Octets of a body that have come with the head. */
static uint64_t ask(int fd)
{
    static const char request[] = "GET /x.gif HTTP/1.1\r\nHost: localhost\r\n\r\n";
    size_t have = 0;

    if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof request - 1))
        fail("send");
    for (;;) {
        ssize_t count = recv(fd, buffer + have, SLOW_PIECE, 0);
        const char *end;
        if (count <= 0 || have + 2 * SLOW_PIECE > BUFFER)
            fail("head");
        have += (size_t)count;
        end = memmem(buffer, have, "\r\n\r\n", 4);
        if (end == NULL)
            continue;
        if (have < 12 || memcmp(buffer, "HTTP/1.1 200", 12) != 0)
            fail("answer");
        chunked = memmem(buffer, (size_t)(end - buffer), "chunked", 7) != NULL;
        have -= (size_t)(end + 4 - buffer);
        note_end(end + 4, have);
        return have;
    }
}

static uint64_t take(int fd, size_t most)
{
    ssize_t count = recv(fd, buffer, most, 0);

    if (count <= 0)
        fail("recv");
    note_end(buffer, (size_t)count);
    return (uint64_t)count;
}

int main(int argc, char **argv)
{
    struct sockaddr_in server = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    uint64_t octets, slow, have, began;

    if (argc < 3 || fd < 0)
        return 2;
    server.sin_port = htons((uint16_t)atoi(argv[1]));
    octets = strtoull(argv[2], NULL, 10);
    slow = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    if (connect(fd, (struct sockaddr *)&server, sizeof server) != 0)
        fail("connect");
    began = now();
    have = ask(fd);
    while (have < slow) {
        have += take(fd, SLOW_PIECE);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    if (slow > 0) {
        puts("slow");
        fflush(stdout);
        getchar();
    }
    while (!is_whole(have, octets))
        have += take(fd, sizeof buffer);
    printf("{\"ns\": %" PRIu64 ", \"octets\": %" PRIu64 "}\n", now() - began, have);
    return chunked || have == octets ? 0 : 1;
}
