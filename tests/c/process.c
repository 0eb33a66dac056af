/* What the library does to the process around it: signals. */
#include "client.h"
#include "harness.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGE = 4 * 1024 * 1024 };

static char large_body[LARGE];

static void (*disposition(int number))(int)
{
    struct sigaction now;

    EXPECT(sigaction(number, NULL, &now) == 0);
    return now.sa_handler;
}

/* Asks for a body that no socket buffer holds, and resets the connection while it is sent. */
static void leave_in_the_middle(const hr_server *server)
{
    struct linger reset = {1, 0};
    int fd = connect_to(server, 0);
    char some[1];

    send_text(fd, "GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT(recv(fd, some, 1, 0) == 1);
    EXPECT(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0);
    close(fd);
}

static void a_client_that_leaves_never_raises_sigpipe(void)
{
    hr_server *server = listening_server();
    hr_response *response = hr_response_new(200);
    static reply reply;

    EXPECT(disposition(SIGPIPE) == SIG_DFL); /* so that one would end this program */
    EXPECT_RESULT(HR_OK, hr_response_body_static(response, large_body, LARGE));
    EXPECT_RESULT(HR_OK, hr_server_rule(server, NULL, "/large", response));
    hr_response_free(response);
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT(disposition(SIGPIPE) == SIG_DFL);
    for (int i = 0; i < 20; i++)
        leave_in_the_middle(server);
    EXPECT_NUMBER(200, get(server, "/", &reply));
    hr_server_free(server);
}

static void no_signal_is_touched_without_asking(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGPIPE, SIGCHLD};
    enum { COUNT = sizeof signals / sizeof signals[0] };
    void (*before[COUNT])(int);
    hr_server *server;

    /* Whoever started this may have some ignored, as nohup has. */
    for (size_t i = 0; i < COUNT; i++)
        before[i] = disposition(signals[i]);
    server = listening_server();
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    for (size_t i = 0; i < COUNT; i++)
        EXPECT(disposition(signals[i]) == before[i]);
    hr_server_free(server);
}

static void a_server_that_uses_signals_drains_at_sigterm(void)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_OK, hr_server_use_signals(server));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT(kill(getpid(), SIGTERM) == 0);
    EXPECT_RESULT(HR_OK, hr_server_wait(server, -1));
    EXPECT_NUMBER(HR_STATE_STOPPED, hr_server_state(server));
    hr_server_free(server);
}

static hr_server *told_by_signal;

static void on_signal(int number)
{
    (void)number;
    hr_server_notify(told_by_signal, HR_NOTICE_STOP);
}

static void a_signal_handler_of_the_program_may_notify(void)
{
    struct sigaction action;
    struct sigaction before;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    told_by_signal = listening_server();
    EXPECT_RESULT(HR_OK, hr_server_start(told_by_signal));
    EXPECT(sigaction(SIGUSR2, &action, &before) == 0);
    EXPECT(kill(getpid(), SIGUSR2) == 0);
    EXPECT_RESULT(HR_OK, hr_server_wait(told_by_signal, -1));
    EXPECT(sigaction(SIGUSR2, &before, NULL) == 0);
    hr_server_free(told_by_signal);
}

static const test_case cases[] = {
    TEST_CASE(no_signal_is_touched_without_asking),
    TEST_CASE(a_client_that_leaves_never_raises_sigpipe),
    TEST_CASE(a_server_that_uses_signals_drains_at_sigterm),
    TEST_CASE(a_signal_handler_of_the_program_may_notify),
};

TEST_SUITE(process);
