/* http_responder_mt health [ADDRESS] */
#ifndef ADMIN_HEALTH_H
#define ADMIN_HEALTH_H

/* Asks a running server how it is: `count` arguments, those behind "health". Returns the exit status: 0 it
 * runs, 1 it starts, drains or does not answer, 2 wrong usage. */
int http_responder_health(const char *program, int count, char **arguments);

#endif
