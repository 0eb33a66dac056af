/* `http_responder_mt top`: a running server, live in a terminal. */
#ifndef TOP_H
#define TOP_H

/* Shows the server whose admin side listens where the first of `arguments` says, until somebody has
 * enough. Returns the exit status: 0 it was shown, 1 there is nothing to show, 2 wrong usage. */
int http_responder_top(const char *program, int count, char **arguments);

#endif
