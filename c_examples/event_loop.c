/* Inside a program that has its own event loop: handlers run there, so they need no locks.
 *
 *     build/examples/event_loop [ADDRESS] &
 *     curl http://127.0.0.1:8080/count
 *
 * Type lines to change the greeting; here they are the program's other business.
 */
#include <http_responder.h>

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Only this thread touches it. */
static struct {
    char greeting[64];
    unsigned count;
} state = {"hello", 0};

static hr_action count(void *user, const hr_request *request, hr_exchange *exchange)
{
    char text[128];
    int length = snprintf(text, sizeof text, "%s %u\n", state.greeting, ++state.count);

    (void)user;
    (void)request;
    hr_respond_bytes(exchange, 200, "text/plain", text, (size_t)length);
    return HR_DONE;
}

/* False at the end of the input. */
static int read_greeting(void)
{
    ssize_t got = read(STDIN_FILENO, state.greeting, sizeof state.greeting - 1);

    if (got <= 0)
        return 0;
    state.greeting[got] = 0;
    state.greeting[strcspn(state.greeting, "\n")] = 0;
    return 1;
}

static void loop(hr_server *server, int requests)
{
    struct pollfd sources[] = {{requests, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};

    while (hr_server_state(server) == HR_STATE_RUNNING) {
        if (poll(sources, 2, 200) < 0)
            continue; /* a signal */
        if (sources[0].revents & POLLIN)
            hr_server_step(server, 0, NULL);
        if (sources[1].revents != 0 && !read_greeting())
            sources[1].fd = -1;
    }
    /* What came before the drain still wants its answer. */
    while (hr_server_state(server) != HR_STATE_STOPPED)
        hr_server_step(server, 50, NULL);
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "127.0.0.1:8080";
    hr_server *server = NULL;
    int requests = -1;
    int status = 1;

    if (hr_server_new(NULL, &server) == HR_OK
        && hr_server_listen(server, address, NULL) == HR_OK
        && hr_server_use_loop(server, &requests) == HR_OK
        && hr_server_route(server, "GET", "/count", count, NULL, NULL) == HR_OK
        && hr_server_use_signals(server) == HR_OK && hr_server_start(server) == HR_OK) {
        loop(server, requests);
        status = 0;
    } else {
        fprintf(stderr, "event_loop: %s\n", hr_last_error());
    }
    hr_server_free(server);
    return status;
}
