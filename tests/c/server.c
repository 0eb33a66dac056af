#include "client.h"
#include "harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int is_open(int fd)
{
    return fcntl(fd, F_GETFD) != -1;
}

/* A socket of our own that listens on 127.0.0.1. */
static int listening_socket(void)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT(bind(fd, (const struct sockaddr *)&address, sizeof address) == 0);
    EXPECT(listen(fd, 16) == 0);
    return fd;
}

static void a_server_moves_from_built_to_stopped(void)
{
    hr_server *server = listening_server();

    EXPECT_NUMBER(HR_STATE_BUILT, hr_server_state(server));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(HR_STATE_RUNNING, hr_server_state(server));
    EXPECT_RESULT(HR_OK, hr_server_stop(server));
    EXPECT_NUMBER(HR_STATE_STOPPED, hr_server_state(server));
    EXPECT_RESULT(HR_OK, hr_server_stop(server));
    hr_server_free(server);
}

static void it_answers_by_type_where_nothing_else_is_said(void)
{
    hr_server *server = listening_server();
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(200, get(server, "/pixel.gif", &reply));
    EXPECT_CONTAINS("image/gif", reply.text);
    hr_server_free(server);
}

static void null_stands_for_the_default_options(void)
{
    hr_server *server = NULL;

    EXPECT_RESULT(HR_OK, hr_server_new(NULL, &server));
    EXPECT(server != NULL);
    EXPECT(hr_server_workers(server) >= 1);
    hr_server_free(server);
}

static void null_is_a_result_and_no_crash(void)
{
    char text[8];
    size_t need;
    uint32_t listener;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_new(NULL, NULL));
    EXPECT_TEXT("server: must not be NULL", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_listen(NULL, "127.0.0.1:0", &listener));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_listen_fd(NULL, 0, &listener));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_address(NULL, 0, text, 8, &need));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_describe(NULL, text, 8, &need));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_start(NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_run(NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_wait(NULL, 0));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_drain(NULL, 0));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_stop(NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_use_signals(NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_rule(NULL, NULL, "/", NULL));
    EXPECT_NUMBER(0, hr_server_listeners(NULL));
    EXPECT_NUMBER(0, hr_server_workers(NULL));
    EXPECT_NUMBER(HR_STATE_STOPPED, hr_server_state(NULL));
    hr_server_notify(NULL, HR_NOTICE_STOP);
    hr_server_free(NULL);
}

static void options_that_contradict_each_other_make_no_server(void)
{
    hr_config *config = hr_config_new();
    hr_server *server = (hr_server *)config;

    EXPECT_RESULT(HR_OK, hr_config_set(config, "max_body", "64m"));
    EXPECT_RESULT(HR_OK, hr_config_set(config, "max_body_memory", "1m"));
    EXPECT_RESULT(HR_ERR_CONFIG, hr_server_new(config, &server));
    EXPECT(server == (hr_server *)config);
    hr_config_free(config);
}

static void a_listener_tells_the_port_that_the_kernel_picked(void)
{
    hr_server *server = listening_server();
    char address[64];
    uint32_t second = 4711;
    size_t need;

    EXPECT_RESULT(HR_OK, hr_server_listen(server, "[::1]:0", &second));
    EXPECT_NUMBER(1, second);
    EXPECT_NUMBER(2, hr_server_listeners(server));
    EXPECT_RESULT(HR_OK, hr_server_address(server, 0, address, sizeof address, &need));
    EXPECT_CONTAINS("127.0.0.1:", address);
    EXPECT(strcmp(address, "127.0.0.1:0") != 0);
    EXPECT_NUMBER(strlen(address), need);
    EXPECT_RESULT(HR_OK, hr_server_address(server, 1, address, sizeof address, NULL));
    EXPECT_CONTAINS("[::1]:", address);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_server_address(server, 2, address, sizeof address, NULL));
    hr_server_free(server);
}

static void an_address_that_cannot_be_listened_on_is_named(void)
{
    hr_server *first = listening_server();
    hr_server *second = listening_server();
    char address[64];
    uint32_t listener = 4711;

    hr_server_address(first, 0, address, sizeof address, NULL);
    EXPECT_RESULT(HR_ERR_BIND, hr_server_listen(second, address, &listener));
    EXPECT_CONTAINS(address, hr_last_error());
    EXPECT_NUMBER(4711, listener);
    EXPECT_RESULT(HR_ERR_BIND, hr_server_listen(second, "192.0.2.1:0", NULL));
    EXPECT_CONTAINS("192.0.2.1", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_listen(second, "nonsense", NULL));
    EXPECT_CONTAINS("nonsense", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_listen(second, NULL, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_listen(second, "\xff", NULL));
    EXPECT_NUMBER(1, hr_server_listeners(second));
    hr_server_free(first);
    hr_server_free(second);
}

static void a_socket_that_listens_already_is_taken_over(void)
{
    hr_server *server = NULL;
    uint32_t listener = 4711;
    int fd = listening_socket();
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_server_new(NULL, &server));
    EXPECT_RESULT(HR_OK, hr_server_listen_fd(server, fd, &listener));
    EXPECT(!is_open(fd));
    EXPECT_NUMBER(0, listener);
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(200, get(server, "/", &reply));
    hr_server_free(server);
}

static void a_descriptor_that_is_not_taken_over_stays_the_callers(void)
{
    hr_server *server = listening_server();
    int plain = socket(AF_INET, SOCK_STREAM, 0);
    char named[32];
    int pair[2];

    EXPECT(pipe(pair) == 0);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_listen_fd(server, plain, NULL));
    snprintf(named, sizeof named, "descriptor %d: ", plain);
    EXPECT_CONTAINS(named, hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_listen_fd(server, pair[0], NULL));
    snprintf(named, sizeof named, "descriptor %d: ", pair[0]);
    EXPECT_CONTAINS(named, hr_last_error());
    EXPECT(is_open(plain));
    EXPECT(is_open(pair[0]));
    close(plain);
    close(pair[0]);
    close(pair[1]);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_listen_fd(server, plain, NULL));
    EXPECT_CONTAINS("fd: ", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_listen_fd(server, -1, NULL));
    EXPECT_TEXT("fd: expected an open descriptor, got -1", hr_last_error());
    EXPECT_NUMBER(1, hr_server_listeners(server));
    hr_server_free(server);
}

static void what_does_not_fit_the_state_is_a_result(void)
{
    hr_server *server = listening_server();
    int fd = listening_socket();

    EXPECT_RESULT(HR_ERR_STATE, hr_server_wait(server, 0));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_drain(server, 0));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_start(server));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_run(server));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_listen(server, "127.0.0.1:0", NULL));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_listen_fd(server, fd, NULL));
    EXPECT(is_open(fd));
    close(fd);
    EXPECT_RESULT(HR_OK, hr_server_stop(server));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_start(server));
    hr_server_free(server);
}

static void a_server_that_was_never_started_can_be_stopped_and_freed(void)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_OK, hr_server_stop(server));
    EXPECT(hr_server_state(server) != HR_STATE_RUNNING);
    hr_server_free(server);
}

static void waiting_ends_at_its_time_or_with_the_server(void)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_RESULT(HR_ERR_TIMEOUT, hr_server_wait(server, 1));
    EXPECT_RESULT(HR_OK, hr_server_drain(server, 1000));
    EXPECT_RESULT(HR_OK, hr_server_wait(server, -1));
    EXPECT_NUMBER(HR_STATE_STOPPED, hr_server_state(server));
    hr_server_free(server);
}

static void a_notice_stops_the_server_and_an_unknown_one_does_not(void)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    hr_server_notify(server, (hr_notice)0);
    hr_server_notify(server, (hr_notice)4711);
    hr_server_notify(server, HR_NOTICE_RELOAD);
    EXPECT_RESULT(HR_ERR_TIMEOUT, hr_server_wait(server, 20));
    hr_server_notify(server, HR_NOTICE_STOP);
    EXPECT_RESULT(HR_OK, hr_server_wait(server, -1));
    hr_server_free(server);
}

static void *run(void *server)
{
    EXPECT_RESULT(HR_OK, hr_server_run(server));
    return NULL;
}

static void run_returns_when_another_thread_drains(void)
{
    hr_server *server = listening_server();
    pthread_t thread;
    static reply reply;

    EXPECT(pthread_create(&thread, NULL, run, server) == 0);
    /* The backlog of the listener holds the request until the server runs. */
    EXPECT_NUMBER(200, get(server, "/", &reply));
    EXPECT_RESULT(HR_OK, hr_server_drain(server, -1));
    pthread_join(thread, NULL);
    hr_server_free(server);
}

static void the_start_line_names_address_and_workers(void)
{
    hr_server *server = listening_server();
    char address[64];
    char line[256];

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    hr_server_address(server, 0, address, sizeof address, NULL);
    EXPECT_RESULT(HR_OK, hr_server_describe(server, line, sizeof line, NULL));
    EXPECT_CONTAINS(address, line);
    EXPECT(strchr(line, '\n') == NULL);
    hr_server_free(server);
}

static void two_servers_live_side_by_side_in_one_program(void)
{
    hr_server *first = listening_server();
    hr_server *second = listening_server();
    hr_response *response = hr_response_new(200);
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_response_body_copy(response, "second", 6));
    EXPECT_RESULT(HR_OK, hr_server_rule(second, NULL, "/who", response));
    hr_response_free(response);
    EXPECT_RESULT(HR_OK, hr_server_start(first));
    EXPECT_RESULT(HR_OK, hr_server_start(second));
    get(first, "/who", &reply);
    EXPECT(strcmp(reply.body, "second") != 0);
    hr_server_free(first);
    EXPECT_NUMBER(200, get(second, "/who", &reply));
    EXPECT_TEXT("second", reply.body);
    hr_server_free(second);
}

static const test_case cases[] = {
    TEST_CASE(a_server_moves_from_built_to_stopped),
    TEST_CASE(it_answers_by_type_where_nothing_else_is_said),
    TEST_CASE(null_stands_for_the_default_options),
    TEST_CASE(null_is_a_result_and_no_crash),
    TEST_CASE(options_that_contradict_each_other_make_no_server),
    TEST_CASE(a_listener_tells_the_port_that_the_kernel_picked),
    TEST_CASE(an_address_that_cannot_be_listened_on_is_named),
    TEST_CASE(a_socket_that_listens_already_is_taken_over),
    TEST_CASE(a_descriptor_that_is_not_taken_over_stays_the_callers),
    TEST_CASE(what_does_not_fit_the_state_is_a_result),
    TEST_CASE(a_server_that_was_never_started_can_be_stopped_and_freed),
    TEST_CASE(waiting_ends_at_its_time_or_with_the_server),
    TEST_CASE(a_notice_stops_the_server_and_an_unknown_one_does_not),
    TEST_CASE(run_returns_when_another_thread_drains),
    TEST_CASE(the_start_line_names_address_and_workers),
    TEST_CASE(two_servers_live_side_by_side_in_one_program),
};

TEST_SUITE(server);
