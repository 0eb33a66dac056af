#include "client.h"
#include "harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void must(int condition, const char *what)
{
    if (!condition) {
        printf("cannot go on: %s: %s\n", what, hr_last_error());
        exit(1);
    }
}

hr_server *listening_server(void)
{
    hr_config *config = hr_config_new();
    hr_server *server = NULL;

    must(hr_config_set(config, "workers", "1") == HR_OK, "workers");
    must(hr_config_set(config, "max_connections", "64") == HR_OK, "max_connections");
    must(hr_config_set(config, "log_level", "off") == HR_OK, "log_level");
    must(hr_server_new(config, &server) == HR_OK, "hr_server_new");
    must(hr_server_listen(server, "127.0.0.1:0", NULL) == HR_OK, "hr_server_listen");
    hr_config_free(config);
    return server;
}

hr_server *serving(const char *pattern, hr_handler_fn handler, void *user)
{
    hr_server *server = listening_server();

    must(hr_server_route(server, NULL, pattern, handler, user, NULL) == HR_OK, "hr_server_route");
    must(hr_server_start(server) == HR_OK, "hr_server_start");
    return server;
}

static int port_of(const hr_server *server, uint32_t listener)
{
    char address[64];

    must(hr_server_address(server, listener, address, sizeof address, NULL) == HR_OK, "address");
    return atoi(strrchr(address, ':') + 1);
}

int connect_to(const hr_server *server, uint32_t listener)
{
    struct timeval deadline = {30, 0};
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port_of(server, listener));
    must(fd >= 0, "socket");
    must(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline) == 0, "setsockopt");
    must(connect(fd, (const struct sockaddr *)&address, sizeof address) == 0, "connect");
    return fd;
}

void send_text(int fd, const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        ssize_t sent = send(fd, text, left, MSG_NOSIGNAL);

        if (sent <= 0)
            return; /* the answer, or its absence, tells the test */
        text += sent;
        left -= (size_t)sent;
    }
}

void read_reply(int fd, reply *into)
{
    const char *end;
    ssize_t got;

    memset(into, 0, sizeof *into);
    while ((got = recv(fd, into->text + into->length, sizeof into->text - 1 - into->length, 0)) > 0)
        into->length += (size_t)got;
    close(fd);
    if (strncmp(into->text, "HTTP/1.1 ", 9) == 0)
        into->status = atoi(into->text + 9);
    end = strstr(into->text, "\r\n\r\n");
    into->body = end == NULL ? "" : end + 4;
}

int get(const hr_server *server, const char *path, reply *into)
{
    char request[512];

    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
             path);
    return ask(server, request, into);
}

int ask(const hr_server *server, const char *text, reply *into)
{
    int fd = connect_to(server, 0);

    send_text(fd, text);
    read_reply(fd, into);
    return into->status;
}
