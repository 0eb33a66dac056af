/* A server through the C interface, for the tests: takes options as arguments, prints its address,
 * and then acts on each line of standard input:
 *
 *     stats    prints each member of hr_stats as "name value", and the same as one line of JSON
 *     answer   answers the request that /later has deferred
 *
 * It routes /silent, which does not answer; /later, which defers; /moved, a redirect.
 *
 * MEMBERS is given by the test: STATISTIC(name) for each member that the header has.
 */
#include <http_responder.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Atomic(hr_deferred *) deferred;

static void check(hr_result result)
{
    if (result != HR_OK) {
        fprintf(stderr, "stats: %s\n", hr_last_error());
        exit(1);
    }
}

static void print_members(const hr_server *server)
{
    hr_stats stats = {.struct_size = sizeof stats};

    check(hr_server_stats(server, &stats));
#define STATISTIC(name) printf("%s %" PRIu64 "\n", #name, stats.name);
    MEMBERS
}

static void print_json(const hr_server *server)
{
    size_t length = 0;
    char *text;

    check(hr_server_stats_text(server, HR_FORMAT_JSON, NULL, 0, &length));
    /* Numbers may have grown since the length was asked for. */
    length += 4096;
    text = malloc(length);
    if (text == NULL)
        exit(1);
    check(hr_server_stats_text(server, HR_FORMAT_JSON, text, length, NULL));
    fputs(text, stdout);
    free(text);
}

static hr_action silent(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    (void)exchange;
    return HR_DONE;
}

static hr_action later(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_deferred *made = NULL;

    (void)user;
    (void)request;
    check(hr_exchange_defer(exchange, &made));
    atomic_store(&deferred, made);
    return HR_DONE;
}

static void answer(void)
{
    hr_deferred *made = atomic_exchange(&deferred, NULL);
    hr_response *response = hr_response_new(200);
    hr_result result = hr_deferred_respond(made, response);

    if (result != HR_ERR_GONE)
        check(result);
    hr_response_free(response);
    hr_deferred_free(made);
}

static void add_routes(hr_server *server)
{
    hr_response *moved = hr_response_new(301);

    check(hr_response_header(moved, "Location", "/"));
    check(hr_server_rule(server, NULL, "/moved", moved));
    hr_response_free(moved);
    check(hr_server_route(server, NULL, "/silent", silent, NULL, NULL));
    check(hr_server_route(server, NULL, "/later", later, NULL, NULL));
}

int main(int argc, char **argv)
{
    char address[64], line[16];
    hr_config *config = hr_config_new();
    hr_server *server = NULL;

    check(hr_config_parse_args(config, argc, (const char *const *)argv, NULL));
    check(hr_server_new(config, &server));
    add_routes(server);
    check(hr_server_start(server));
    check(hr_server_address(server, 0, address, sizeof address, NULL));
    printf("%s\n", address);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "answer\n") == 0) {
            answer();
        } else {
            print_members(server);
            print_json(server);
            fflush(stdout);
        }
    }
    hr_server_free(server);
    hr_config_free(config);
    return 0;
}
