/* How the admin side of a server is asked. */
#ifndef ADMIN_ASK_H
#define ADMIN_ASK_H

#include <stddef.h>

/* Where the admin side is if nobody says. */
#define ADMIN_USUAL "unix:/run/http_responder/admin.sock"

/* Whether `address` is "unix:/path", "/path", "127.0.0.1:9100" or "[::1]:9100". */
int admin_is_address(const char *address);

/* Asks the admin side at `address`, one of the forms above, for `path` (at most 80 octets). Returns the
 * whole answer, head and body, which is to be freed, or NULL with what went wrong in `why`. Waits three
 * seconds at most for each step. */
char *admin_ask(const char *address, const char *path, char *why, size_t cap);

#endif
