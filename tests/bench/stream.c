/* A body that is made while it is sent, piece by piece:  stream PORT OCTETS [PIECE] */
#include <http_responder.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t octets;
static size_t piece;
static const char *pieces;
static hr_response *head;

/* Called by the handler at first and then by the worker: sends as much as there is room for. */
static void go_on(void *user, hr_writer *writer)
{
    uint64_t *left = user;
    hr_result result = HR_OK;

    while (*left > 0 && result == HR_OK) {
        size_t size = *left < piece ? (size_t)*left : piece;
        result = hr_writer_send(writer, pieces, size);
        if (result == HR_ERR_AGAIN)
            return;
        *left -= size;
    }
    hr_writer_finish(writer);
    hr_writer_free(writer);
}

static hr_action handle(void *user, const hr_request *request, hr_exchange *exchange)
{
    uint64_t *left = malloc(sizeof *left);
    hr_deferred *deferred = NULL;
    hr_writer *writer = NULL;

    (void)user, (void)request;
    if (left != NULL && hr_exchange_defer(exchange, &deferred) == HR_OK
        && hr_deferred_stream(deferred, head, (int64_t)octets, &writer) == HR_OK
        && hr_writer_on_ready(writer, go_on, left, free) == HR_OK) {
        *left = octets;
        go_on(left, writer);
    }
    hr_deferred_free(deferred);
    return HR_DONE;
}

int main(int argc, char **argv)
{
    hr_config *config = hr_config_new();
    hr_server *server = NULL;
    char address[32];
    int status = 1;

    if (argc < 3)
        return 2;
    octets = strtoull(argv[2], NULL, 10);
    piece = argc > 3 ? strtoul(argv[3], NULL, 10) : 65536;
    pieces = calloc(1, piece);
    snprintf(address, sizeof address, "127.0.0.1:%s", argv[1]);
    head = hr_response_new(200);
    if (pieces != NULL && hr_response_header(head, "Content-Type", "application/octet-stream") == HR_OK
        && hr_config_set(config, "workers", "1") == HR_OK && hr_config_set(config, "max_connections", "1000") == HR_OK
        && hr_server_new(config, &server) == HR_OK && hr_server_listen(server, address, NULL) == HR_OK
        && hr_server_route(server, "GET", "/x.gif", handle, NULL, NULL) == HR_OK
        && hr_server_use_signals(server) == HR_OK && hr_server_run(server) == HR_OK)
        status = 0;
    else
        fprintf(stderr, "stream: %s\n", hr_last_error());
    hr_server_free(server);
    hr_response_free(head);
    hr_config_free(config);
    free((void *)pieces);
    return status;
}
