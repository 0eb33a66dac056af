/* libmicrohttpd, one internal thread on epoll, one prepared answer:  microhttpd PORT FILE */
#include <microhttpd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct MHD_Response *answer;

static enum MHD_Result handle(void *user, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **state)
{
    static int seen;

    (void)user, (void)url, (void)method, (void)version, (void)upload, (void)upload_size;
    /* The first call is for the head alone: who answers there gives up the connection. */
    if (*state == NULL) {
        *state = &seen;
        return MHD_YES;
    }
    return MHD_queue_response(connection, MHD_HTTP_OK, answer);
}

int main(int argc, char **argv)
{
    static char body[4096];
    sigset_t ends;
    int signal_number;
    FILE *file;

    if (argc != 3 || (file = fopen(argv[2], "rb")) == NULL)
        return 2;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    answer = MHD_create_response_from_buffer(fread(body, 1, sizeof body, file), body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, "image/gif");
    if (MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TURBO, (unsigned short)atoi(argv[1]), NULL, NULL, handle,
                         NULL, MHD_OPTION_CONNECTION_LIMIT, 17000u, MHD_OPTION_CONNECTION_TIMEOUT, 3600u,
                         MHD_OPTION_END) == NULL)
        return 1;
    sigwait(&ends, &signal_number);
    return 0;
}
