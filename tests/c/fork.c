/* A program that forks. Apart from the other nouns: valgrind takes the stacks of the threads that
 * a child does not have for leaks, and ThreadSanitizer does not follow a fork. */
#include "client.h"
#include "harness.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* The status of the child, once it has ended. */
static int ended(pid_t child)
{
    int status = -1;

    EXPECT(waitpid(child, &status, 0) == child);
    return status;
}

static void a_server_that_was_built_before_a_fork_serves_in_the_child(void)
{
    hr_server *server = listening_server();
    static reply reply;
    pid_t child = fork();

    if (child == 0) {
        int good = hr_server_start(server) == HR_OK && get(server, "/", &reply) == 200;

        good = good && hr_server_stop(server) == HR_OK;
        hr_server_free(server);
        _exit(good ? 0 : 1);
    }
    EXPECT(child > 0);
    EXPECT_NUMBER(0, ended(child));
    /* The parent's own is as it was. */
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(200, get(server, "/", &reply));
    hr_server_free(server);
}

static void a_child_can_do_nothing_to_its_parents_running_server(void)
{
    hr_server *server = listening_server();
    static reply reply;
    pid_t child;

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    child = fork();
    if (child == 0) {
        int good;

        hr_server_notify(server, HR_NOTICE_STOP);
        good = hr_server_stop(server) == HR_ERR_STATE;
        hr_server_free(server);
        _exit(good ? 0 : 1);
    }
    EXPECT(child > 0);
    EXPECT_NUMBER(0, ended(child));
    EXPECT_NUMBER(200, get(server, "/", &reply));
    hr_server_free(server);
}

static void a_child_of_a_program_that_uses_signals_ends_by_them_as_any_other(void)
{
    hr_server *server = listening_server();
    static reply reply;
    int status;
    pid_t child;

    EXPECT_RESULT(HR_OK, hr_server_use_signals(server));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    child = fork();
    if (child == 0) {
        for (;;)
            pause();
    }
    EXPECT(child > 0);
    EXPECT(kill(child, SIGTERM) == 0);
    status = ended(child);
    EXPECT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    EXPECT_NUMBER(200, get(server, "/", &reply));
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(a_server_that_was_built_before_a_fork_serves_in_the_child),
    TEST_CASE(a_child_can_do_nothing_to_its_parents_running_server),
    TEST_CASE(a_child_of_a_program_that_uses_signals_ends_by_them_as_any_other),
};

TEST_SUITE(fork);
