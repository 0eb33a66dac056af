/* The program behind http_responder and http_responder_mt: arguments, signals, listen, run. */
#include "http_responder_main.h"

#include "admin/health.h"
#include "background.h"
#include "top/top.h"

#include <http_responder.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_STOPPED = 0, STATUS_FAILED = 1, STATUS_USAGE = 2 };

static int failed(const char *program)
{
    fprintf(stderr, "%s: %s\n", program, hr_last_error());
    return STATUS_FAILED;
}

static int wrong_usage(const char *program, const char *message)
{
    fprintf(stderr, "%s: %s, try --help\n", program, message);
    return STATUS_USAGE;
}

/* An option that contradicts another is wrong usage; a file that cannot be read is a failure. */
static int rejected(const char *program, hr_result result)
{
    if (result == HR_ERR_CONFIG || result == HR_ERR_INVALID_ARGUMENT)
        return wrong_usage(program, hr_last_error());
    return failed(program);
}

/* Each line of a text on standard error, behind some words. */
static void print_lines(const char *before, const char *line)
{
    while (*line != '\0') {
        size_t length = strcspn(line, "\n");

        fprintf(stderr, "%s%.*s\n", before, (int)length, line);
        line += length + (line[length] == '\n');
    }
}

/* Mistakes of a rules file, one a line. */
static int not_made(const char *program, hr_result result)
{
    char before[64];

    snprintf(before, sizeof before, "%s: ", program);
    print_lines(before, hr_last_error());
    return result == HR_ERR_CONFIG ? STATUS_USAGE : STATUS_FAILED;
}

static int print_line(const char *program, const char *line)
{
    if (printf("%s\n", line) < 0 || fflush(stdout) == EOF) {
        fprintf(stderr, "%s: standard output cannot be written\n", program);
        return STATUS_FAILED;
    }
    return STATUS_STOPPED;
}

typedef hr_result usage_fn(const char *program, char *buf, size_t cap, size_t *need);

static int help(const char *program, usage_fn *usage)
{
    size_t length = 0;
    char *text = NULL;
    int status = STATUS_FAILED;

    if (usage(program, NULL, 0, &length) != HR_OK)
        return failed(program);
    text = malloc(length + 1);
    if (text != NULL && usage(program, text, length + 1, NULL) == HR_OK) {
        if (length > 0 && text[length - 1] == '\n')
            text[length - 1] = '\0';
        status = print_line(program, text);
    }
    free(text);
    return status;
}

static int version(const char *program)
{
    char line[64];

    snprintf(line, sizeof line, "%s %s", program, hr_version_string());
    return print_line(program, line);
}

/* --check FILE: whether the rules could be loaded; each mistake on a line of its own. What may be
   meant otherwise is told and no mistake. */
static int check_rules(const char *program, const char *path)
{
    static char warnings[65536];
    char line[64];
    size_t rules = 0;
    hr_result result = hr_rules_review(path, &rules, warnings, sizeof warnings, NULL);

    if (result != HR_OK && result != HR_ERR_BUFFER_TOO_SMALL) {
        fprintf(stderr, "%s\n", hr_last_error());
        return STATUS_USAGE;
    }
    print_lines("warning: ", warnings);
    snprintf(line, sizeof line, "%zu rule%s, no mistake", rules, rules == 1 ? "" : "s");
    return print_line(program, line);
}

/* The start line that scripts wait for. Without a reader the server still serves. */
static int announce(const hr_server *server)
{
    size_t length = 0;
    char *line;

    if (hr_server_describe(server, NULL, 0, &length) != HR_OK)
        return -1;
    line = malloc(length + 1);
    if (line == NULL || hr_server_describe(server, line, length + 1, NULL) != HR_OK) {
        free(line);
        return -1;
    }
    printf("%s\n", line);
    fflush(stdout);
    free(line);
    arrived_in_background();
    return 0;
}

static int serve(const char *program, hr_server *server)
{
    if (hr_server_use_systemd(server, NULL) != HR_OK || hr_server_use_signals(server) != HR_OK || hr_server_start(server) != HR_OK)
        return failed(program);
    if (announce(server) != 0 || hr_server_wait(server, -1) != HR_OK)
        return failed(program);
    return STATUS_STOPPED;
}

/* What a command line asked for and is not done, one line each. */
static void warn(const char *program, const hr_config *config)
{
    char notes[4096];
    char before[64];

    snprintf(before, sizeof before, "%s: warning: ", program);
    if (hr_config_notes(config, notes, sizeof notes, NULL) == HR_OK)
        print_lines(before, notes);
}

static int has_value(const hr_config *config, const char *name, const char *expected)
{
    char value[32];

    return hr_config_get(config, name, value, sizeof value, NULL) == HR_OK
           && strcmp(value, expected) == 0;
}

/* 0, or the exit status of a command line that cannot be served. */
static int check(const char *program, const char *workers, const hr_config *config)
{
    char line[256];

    if (getenv("LISTEN_FDS") == NULL
        && (has_value(config, "port", "") || !hr_config_is_set(config, "address"))) {
        snprintf(line, sizeof line, "PORT and ADDRESS are required: %s PORT ADDRESS [options]", program);
        return wrong_usage(program, line);
    }
    if (workers != NULL && !has_value(config, "workers", workers)) {
        snprintf(line, sizeof line, "workers: %s has %s worker, http_responder_mt takes more",
                 program, workers);
        return wrong_usage(program, line);
    }
    return 0;
}

static bool asks_for_pixelserv(int argc, const char *const *argv)
{
    return argc >= 2 && strcmp(argv[1], "--pixelserv") == 0;
}

/* Takes the command line, ours or that of pixelserv-tls. */
static hr_result parse(hr_config *config, int argc, const char *const *argv, bool *background)
{
    bool foreground = true;
    hr_result result;

    if (asks_for_pixelserv(argc, argv))
        result = hr_config_parse_pixelserv(config, argc - 1, argv + 1, &foreground);
    else
        result = hr_config_parse_args(config, argc, argv, NULL);
    *background = !foreground;
    return result;
}

/* What a server on a network wants and a library leaves to its host; options say otherwise. */
static hr_result set_defaults(hr_config *config)
{
    static const struct {
        const char *name;
        const char *value;
    } defaults[] = {
        {"sandbox", "on"},
        {"max_connections_per_client", "10000"},
        {"rate_per_client", "5000"},
    };
    hr_result result = HR_OK;

    for (size_t i = 0; result == HR_OK && i < sizeof defaults / sizeof *defaults; i++)
        result = hr_config_set(config, defaults[i].name, defaults[i].value);
    return result;
}

static int run(const char *program, const char *workers, hr_config *config, int argc,
               const char *const *argv)
{
    hr_server *server = NULL;
    hr_result result = HR_OK;
    bool background = false;
    int status;

    result = set_defaults(config);
    if (result == HR_OK && workers != NULL)
        result = hr_config_set(config, "workers", workers);
    if (result == HR_OK)
        result = parse(config, argc, argv, &background);
    if (result == HR_OK)
        result = hr_config_check(config);
    if (result != HR_OK)
        return rejected(program, result);
    status = check(program, workers, config);
    if (status != 0)
        return status;
    warn(program, config);
    if (background && go_to_background() != 0) {
        fprintf(stderr, "%s: cannot go to the background\n", program);
        return STATUS_FAILED;
    }
    result = hr_server_new(config, &server);
    if (result != HR_OK)
        return not_made(program, result);
    status = serve(program, server);
    hr_server_free(server);
    return status;
}

int http_responder_main(const char *program, const char *workers, int argc, char **argv)
{
    const char *const *arguments = (const char *const *)argv;
    hr_config *config;
    int status;

    if (argc >= 2 && strcmp(argv[1], "top") == 0)
        return http_responder_top(program, argc - 2, argv + 2);
    if (argc >= 2 && strcmp(argv[1], "health") == 0)
        return http_responder_health(program, argc - 2, argv + 2);
    if (argc >= 2 && strcmp(argv[1], "ca") == 0)
        return hr_ca_main(argc - 2, arguments + 2);
    switch (hr_config_asks(argc, arguments)) {
    case HR_ASKS_HELP:
        return help(program, asks_for_pixelserv(argc, arguments) ? hr_config_pixelserv_usage
                                                                 : hr_config_usage);
    case HR_ASKS_VERSION:
        return version(program);
    default:
        break;
    }
    if (argc >= 2 && strcmp(argv[1], "--check") == 0) {
        if (argc != 3)
            return wrong_usage(program, "--check: expected one rules file or folder");
        return check_rules(program, argv[2]);
    }
    config = hr_config_new();
    if (config == NULL)
        return failed(program);
    status = run(program, workers, config, argc, arguments);
    hr_config_free(config);
    return status;
}
