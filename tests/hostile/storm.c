/* Connections made and left: storm HOST PORT close|reset|tls RATE SECONDS. Prints how many a second it were.
 * close: opened and closed; reset: a request, then a reset; tls: half a ClientHello, then a close. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int one(const struct sockaddr_in *address, const char *how) {
    static const char request[] = "GET /a.gif HTTP/1.1\r\nHost: a\r\n\r\n";
    static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return 0;
    int made = connect(fd, (const struct sockaddr *)address, sizeof *address) == 0;
    if (made && !strcmp(how, "reset"))
        made = send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0;
    if (made && !strcmp(how, "tls"))
        made = send(fd, hello, sizeof hello - 1, MSG_NOSIGNAL) > 0;
    /* Always a reset but for `close`: no port is left in TIME_WAIT. */
    struct linger linger = {1, 0};
    if (strcmp(how, "close") != 0 || !made)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
    return made;
}

int main(int argc, char **argv) {
    if (argc != 6)
        return 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
    if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
        return 2;
    double rate = atof(argv[4]), seconds = atof(argv[5]), begin = now();
    long tried = 0, made = 0;
    while (now() - begin < seconds) {
        if ((double)tried >= rate * (now() - begin)) {
            struct timespec pause = {0, 100000};
            nanosleep(&pause, NULL);
            continue;
        }
        tried++;
        made += one(&address, argv[3]);
    }
    printf("%.0f\n", (double)made / seconds);
    return 0;
}
