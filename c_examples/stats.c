/* Statistics: as a struct once a second, and as Prometheus text under /metrics.
 *
 *     build/examples/stats [ADDRESS] &
 *     curl http://127.0.0.1:8080/metrics
 */
#include <http_responder.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static hr_action metrics(void *user, const hr_request *request, hr_exchange *exchange)
{
    const hr_server *server = user;
    size_t length = 0;
    char *text;

    (void)request;
    hr_server_stats_text(server, HR_FORMAT_PROMETHEUS, NULL, 0, &length);
    length += 256; /* the numbers may have grown by the time they are fetched */
    text = malloc(length);
    if (text != NULL
        && hr_server_stats_text(server, HR_FORMAT_PROMETHEUS, text, length, &length) == HR_OK)
        hr_respond_bytes(exchange, 200, "text/plain; version=0.0.4", text, length);
    else
        hr_respond_bytes(exchange, 503, NULL, NULL, 0);
    free(text);
    return HR_DONE;
}

static void print_every_second(const hr_server *server)
{
    hr_stats stats;

    stats.struct_size = sizeof stats;
    while (hr_server_wait(server, 1000) == HR_ERR_TIMEOUT
           && hr_server_stats(server, &stats) == HR_OK)
        printf("%" PRIu64 " open, %" PRIu64 " connections, %" PRIu64 " requests\n",
               stats.connections_open, stats.connections_handled, stats.requests_handled);
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "127.0.0.1:8080";
    hr_server *server = NULL;
    int status = 1;

    if (hr_server_new(NULL, &server) == HR_OK
        && hr_server_listen(server, address, NULL) == HR_OK
        && hr_server_route(server, "GET", "/metrics", metrics, server, NULL) == HR_OK
        && hr_server_use_signals(server) == HR_OK && hr_server_start(server) == HR_OK) {
        print_every_second(server);
        status = 0;
    } else {
        fprintf(stderr, "stats: %s\n", hr_last_error());
    }
    hr_server_free(server);
    return status;
}
