/* Reads what the admin side of a server says. */
#include "report.h"

#include "../admin/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int top_report_get(const char *address, top_report *report, char *why, size_t cap)
{
    char *body = NULL;
    char *all = admin_ask(address, "/stats.txt", why, cap);

    report->text = NULL;
    if (all == NULL)
        return -1;
    if (strncmp(all, "HTTP/1.1 200 ", 13) != 0 || (body = strstr(all, "\r\n\r\n")) == NULL
        || strstr(body, "\nuptime_ms ") == NULL) {
        snprintf(why, cap, "this is not the admin side of an http_responder");
        free(all);
        return -1;
    }
    memmove(all, body + 4, strlen(body + 4) + 1);
    report->text = all;
    return 0;
}

void top_report_free(top_report *report)
{
    free(report->text);
    report->text = NULL;
}

/* What stands behind `name` and the spaces after it, in the `nth` such line. */
static const char *values_of(const top_report *report, const char *name, unsigned nth)
{
    size_t length = strlen(name);

    for (const char *line = report->text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == ' ' && nth-- == 0)
            return line + length + strspn(line + length, " ");
    }
    return NULL;
}

double top_number(const top_report *report, const char *name, unsigned column)
{
    const char *values = values_of(report, name, 0);

    while (values != NULL && column-- > 0) {
        values += strcspn(values, " \n");
        values += strspn(values, " ");
        if (*values == '\n')
            return 0;
    }
    return values != NULL ? strtod(values, NULL) : 0;
}

int top_text(const top_report *report, const char *name, unsigned nth, char *text, size_t cap)
{
    const char *values = values_of(report, name, nth);

    if (values == NULL)
        return 0;
    snprintf(text, cap, "%.*s", (int)strcspn(values, "\n"), values);
    return 1;
}

const char *top_next(const char *line, char *name, size_t cap, double *value)
{
    size_t length = strcspn(line, " \n");
    const char *end = strchr(line, '\n');

    snprintf(name, cap, "%.*s", (int)length, line);
    *value = line[length] == ' ' ? strtod(line + length, NULL) : 0;
    return end != NULL && end[1] != '\0' ? end + 1 : NULL;
}
