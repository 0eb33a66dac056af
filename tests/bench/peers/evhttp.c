/* libevent's evhttp on its loop, one thread:  evhttp PORT FILE */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

static char body[4096];
static size_t length;

static void handle(struct evhttp_request *request, void *user)
{
    struct evbuffer *buffer = evbuffer_new();

    (void)user;
    evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "image/gif");
    evbuffer_add_reference(buffer, body, length, NULL, NULL);
    evhttp_send_reply(request, 200, "OK", buffer);
    evbuffer_free(buffer);
}

int main(int argc, char **argv)
{
    struct event_base *base = event_base_new();
    struct evhttp *http = evhttp_new(base);
    FILE *file;

    /* A client that leaves with answers on the way shall not end the program. */
    signal(SIGPIPE, SIG_IGN);
    if (argc != 3 || (file = fopen(argv[2], "rb")) == NULL)
        return 2;
    length = fread(body, 1, sizeof body, file);
    evhttp_set_gencb(http, handle, NULL);
    evhttp_set_timeout(http, 3600);
    if (evhttp_bind_socket(http, "127.0.0.1", (unsigned short)atoi(argv[1])) != 0)
        return 1;
    return event_base_dispatch(base);
}
