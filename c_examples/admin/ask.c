/* Asks the admin side of a server. */
#include "ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_SECONDS = 3, ANSWER_MAX = 1 << 20 };

typedef union place {
    struct sockaddr any;
    struct sockaddr_un local;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} place;

static socklen_t local_place(const char *path, place *to)
{
    size_t length = strlen(path);

    if (path[0] != '/' || length >= sizeof to->local.sun_path)
        return 0;
    to->local.sun_family = AF_UNIX;
    memcpy(to->local.sun_path, path, length + 1);
    return sizeof to->local;
}

/* "127.0.0.1:9100" or "[::1]:9100" */
static socklen_t inet_place(const char *address, place *to)
{
    char host[64];
    const char *colon = strrchr(address, ':');
    char *end = NULL;
    long port = colon != NULL ? strtol(colon + 1, &end, 10) : 0;
    size_t length = colon != NULL ? (size_t)(colon - address) : 0;

    if (port < 1 || port > 65535 || end == colon + 1 || *end != '\0' || length >= sizeof host)
        return 0;
    memcpy(host, address, length);
    host[length] = '\0';
    if (host[0] == '[' && length > 2 && host[length - 1] == ']') {
        host[length - 1] = '\0';
        to->six.sin6_family = AF_INET6;
        to->six.sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host + 1, &to->six.sin6_addr) == 1 ? sizeof to->six : 0;
    }
    to->four.sin_family = AF_INET;
    to->four.sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &to->four.sin_addr) == 1 ? sizeof to->four : 0;
}

static socklen_t place_of(const char *address, place *to)
{
    memset(to, 0, sizeof *to);
    if (strncmp(address, "unix:", 5) == 0)
        return local_place(address + 5, to);
    return address[0] == '/' ? local_place(address, to) : inet_place(address, to);
}

int admin_is_address(const char *address)
{
    place to;

    return place_of(address, &to) != 0;
}

static int connected(const char *address)
{
    const struct timeval patience = {.tv_sec = PATIENCE_SECONDS};
    place to;
    socklen_t length = place_of(address, &to);
    int fd = socket(to.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (connect(fd, &to.any, length) != 0) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* All that comes until the other end closes, with a NUL behind it; NULL with errno set. */
static char *receive_all(int fd)
{
    char *all = malloc(ANSWER_MAX);
    size_t length = 0;

    while (all != NULL) {
        ssize_t count = recv(fd, all + length, ANSWER_MAX - 1 - length, 0);

        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0) {
            free(all);
            return NULL;
        }
        length += (size_t)count;
        if (count == 0 || length == ANSWER_MAX - 1) {
            all[length] = '\0';
            break;
        }
    }
    return all;
}

char *admin_ask(const char *address, const char *path, char *why, size_t cap)
{
    char request[128];
    char *all = NULL;
    int length = snprintf(request, sizeof request, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", path);
    int fd = connected(address);

    if (fd >= 0 && send(fd, request, (size_t)length, MSG_NOSIGNAL) == length)
        all = receive_all(fd);
    if (all == NULL)
        snprintf(why, cap, "%s", errno == EAGAIN ? "it does not answer" : strerror(errno));
    if (fd >= 0)
        close(fd);
    return all;
}
