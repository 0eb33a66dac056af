/* A server through the C interface, for the tests: takes options as arguments, prints its address,
 * and then, for each line on standard input, each member of hr_stats as "name value" and the same
 * statistics as one line of JSON.
 *
 * MEMBERS is given by the test: STATISTIC(name) for each member that the header has.
 */
#include <http_responder.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

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

int main(int argc, char **argv)
{
    char address[64], line[8];
    hr_config *config = hr_config_new();
    hr_server *server = NULL;

    check(hr_config_parse_args(config, argc, (const char *const *)argv, NULL));
    check(hr_server_new(config, &server));
    check(hr_server_start(server));
    check(hr_server_address(server, 0, address, sizeof address, NULL));
    printf("%s\n", address);
    fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL) {
        print_members(server);
        print_json(server);
        fflush(stdout);
    }
    hr_server_free(server);
    hr_config_free(config);
    return 0;
}
