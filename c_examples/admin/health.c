/* http_responder_mt health: for what watches a server and has no other client, such as a container. */
#include "health.h"

#include "ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_WELL = 0, STATUS_NOT_WELL = 1, STATUS_USAGE = 2 };

static int help(const char *program)
{
    printf("Usage: %s health [ADDRESS]\n\n"
           "Asks a running server how it is, and prints what it says. The exit status is 0 if it runs, 1 if\n"
           "it starts, drains or does not answer, 2 for wrong usage.\n\n"
           "  ADDRESS  where its admin side listens: unix:/path, 127.0.0.1:9100 or [::1]:9100\n"
           "           (%s)\n",
           program, ADMIN_USUAL);
    return fflush(stdout) == 0 ? STATUS_WELL : STATUS_NOT_WELL;
}

static int ask(const char *program, const char *address)
{
    char why[160];
    char *answer = admin_ask(address, "/healthz", why, sizeof why);
    const char *body = answer != NULL ? strstr(answer, "\r\n\r\n") : NULL;
    int status = STATUS_NOT_WELL;

    if (answer == NULL) {
        fprintf(stderr, "%s health: %s: %s\n", program, address, why);
    } else if (body == NULL || strstr(body, "\"status\"") == NULL) {
        fprintf(stderr, "%s health: %s: this is not the admin side of an http_responder\n", program, address);
    } else {
        printf("%s%s", body + 4, answer[strlen(answer) - 1] == '\n' ? "" : "\n");
        if (strncmp(answer, "HTTP/1.1 200 ", 13) == 0 && fflush(stdout) == 0)
            status = STATUS_WELL;
    }
    free(answer);
    return status;
}

int http_responder_health(const char *program, int count, char **arguments)
{
    if (count > 0 && (strcmp(arguments[0], "--help") == 0 || strcmp(arguments[0], "-h") == 0))
        return help(program);
    if (count > 1 || (count == 1 && !admin_is_address(arguments[0]))) {
        fprintf(stderr,
                "%s health: expected one address such as unix:/path, 127.0.0.1:9100 or [::1]:9100, got "
                "\"%s\", try --help\n",
                program, arguments[count - 1]);
        return STATUS_USAGE;
    }
    return ask(program, count == 1 ? arguments[0] : ADMIN_USUAL);
}
