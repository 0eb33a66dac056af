/* Server-sent events: one thread tells the time to everybody who listens.
 *
 *     build/examples/events [ADDRESS] &
 *     curl -N http://127.0.0.1:8080/events
 */
#include <http_responder.h>

#include <pthread.h>
#include <stdio.h>
#include <time.h>

enum { LISTENERS = 1000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static hr_writer *listeners[LISTENERS];
static int count;

static hr_action listen_in(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_deferred *deferred = NULL;
    hr_writer *writer = NULL;

    (void)request;
    if (hr_exchange_defer(exchange, &deferred) == HR_OK
        && hr_deferred_stream(deferred, user, -1, &writer) == HR_OK) {
        pthread_mutex_lock(&lock);
        if (count < LISTENERS) {
            listeners[count++] = writer;
            writer = NULL;
        }
        pthread_mutex_unlock(&lock);
    }
    hr_writer_free(writer); /* there was no room: the stream is cut off */
    hr_deferred_free(deferred);
    return HR_DONE;
}

static void tell_all(const char *event, size_t length)
{
    pthread_mutex_lock(&lock);
    for (int at = 0; at < count;) {
        /* Who has left goes, and who does not read. */
        if (hr_writer_send(listeners[at], event, length) == HR_OK) {
            at++;
        } else {
            hr_writer_free(listeners[at]);
            listeners[at] = listeners[--count];
        }
    }
    pthread_mutex_unlock(&lock);
}

static void *tell_the_time(void *server)
{
    char event[64];

    while (hr_server_wait(server, 200) == HR_ERR_TIMEOUT
           && hr_server_state(server) == HR_STATE_RUNNING) {
        int length = snprintf(event, sizeof event, "event: time\ndata: %ld\n\n", (long)time(NULL));

        tell_all(event, (size_t)length);
    }
    pthread_mutex_lock(&lock);
    while (count > 0) {
        hr_writer_finish(listeners[--count]);
        hr_writer_free(listeners[count]);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "127.0.0.1:8080";
    hr_response *head = hr_response_new(200);
    hr_server *server = NULL;
    pthread_t thread;
    int status = 1;

    hr_response_header(head, "Content-Type", "text/event-stream");
    hr_response_header(head, "Cache-Control", "no-store");
    if (hr_server_new(NULL, &server) == HR_OK
        && hr_server_listen(server, address, NULL) == HR_OK
        && hr_server_route(server, "GET", "/events", listen_in, head, NULL) == HR_OK
        && hr_server_use_signals(server) == HR_OK && hr_server_start(server) == HR_OK
        && pthread_create(&thread, NULL, tell_the_time, server) == 0) {
        pthread_join(thread, NULL);
        status = hr_server_wait(server, -1) == HR_OK ? 0 : 1;
    } else {
        fprintf(stderr, "events: %s\n", hr_last_error());
    }
    hr_server_free(server);
    hr_response_free(head);
    return status;
}
