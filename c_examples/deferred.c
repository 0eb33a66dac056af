/* An answer from another thread: the handler hands the request over and returns at once.
 *
 *     build/examples/deferred [ADDRESS] &
 *     curl http://127.0.0.1:8080/slow
 */
#include <http_responder.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Work that takes its time, which a handler must not. */
static void *work(void *argument)
{
    hr_deferred *deferred = argument;
    hr_response *response = hr_response_new(200);

    sleep(1);
    hr_response_header(response, "Content-Type", "text/plain");
    hr_response_body_static(response, "done\n", 5);
    if (hr_deferred_respond(deferred, response) == HR_ERR_GONE)
        fprintf(stderr, "deferred: the client did not wait\n");
    hr_response_free(response);
    hr_deferred_free(deferred); /* unanswered, it would send a 500 */
    return NULL;
}

static hr_action slow(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_deferred *deferred = NULL;
    pthread_t thread;

    (void)user;
    (void)request;
    if (hr_exchange_defer(exchange, &deferred) != HR_OK)
        return HR_DECLINE;
    if (pthread_create(&thread, NULL, work, deferred) == 0)
        pthread_detach(thread);
    else
        hr_deferred_free(deferred);
    return HR_DONE;
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "127.0.0.1:8080";
    hr_server *server = NULL;
    int status = 1;

    if (hr_server_new(NULL, &server) == HR_OK
        && hr_server_listen(server, address, NULL) == HR_OK
        && hr_server_route(server, NULL, "/slow", slow, NULL, NULL) == HR_OK
        && hr_server_use_signals(server) == HR_OK && hr_server_run(server) == HR_OK)
        status = 0;
    else
        fprintf(stderr, "deferred: %s\n", hr_last_error());
    hr_server_free(server);
    return status;
}
