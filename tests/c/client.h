/* A client that speaks raw octets, and servers to speak to. */
#ifndef CLIENT_H
#define CLIENT_H

#include <http_responder.h>

#include <stddef.h>

typedef struct reply {
    int status; /* 0: nothing that looks like an answer came */
    char text[64 * 1024]; /* head and body, NUL-terminated */
    size_t length;
    const char *body; /* within text */
} reply;

/* A server with one worker that listens on 127.0.0.1 and a port of the kernel's choice. */
hr_server *listening_server(void);

/* As listening_server(), with a route for any method, and started. */
hr_server *serving(const char *pattern, hr_handler_fn handler, void *user);

/* An IPv4 stream socket connected to the listener, with a deadline on reads; never fails. */
int connect_to(const hr_server *server, uint32_t listener);

/* Sends all of `text`. */
void send_text(int fd, const char *text);

/* Reads to the end of the stream, closes `fd`, and takes the answer apart. */
void read_reply(int fd, reply *into);

/* GET `path` on the first listener, with Connection: close. Returns the status. */
int get(const hr_server *server, const char *path, reply *into);

/* Sends the whole request `text` to the first listener, which must end the connection. */
int ask(const hr_server *server, const char *text, reply *into);

#endif
