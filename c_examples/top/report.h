/* What the admin side of a server reports, and how it is asked. */
#ifndef TOP_REPORT_H
#define TOP_REPORT_H

#include <stddef.h>

/* The lines of /stats.txt: a name, its values, separated by spaces. */
typedef struct top_report {
    char *text;
} top_report;

/* Asks the admin side at `address` ("unix:/path", "/path", "127.0.0.1:9100", "[::1]:9100"). Returns
 * 0 and what is to be freed with top_report_free(), or -1 with what went wrong in `why`. */
int top_report_get(const char *address, top_report *report, char *why, size_t cap);
void top_report_free(top_report *report);

/* The value in column `column` (0 is the first behind the name) of the line `name`; 0 without. */
double top_number(const top_report *report, const char *name, unsigned column);

/* The text behind the name of the line `name`, of which there are several: `nth` counts from 0.
 * Writes at most `cap` octets, a NUL included; returns 0 if there is no such line. */
int top_text(const top_report *report, const char *name, unsigned nth, char *text, size_t cap);

/* The lines one by one, from the first at `text`: returns the next, or NULL, and writes the name and the
 * first value of this one. */
const char *top_next(const char *line, char *name, size_t cap, double *value);

#endif
