#include "client.h"
#include "harness.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

static pthread_t caller;

static hr_action answer(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_response *head = hr_response_new(200);
    hr_str body = hr_request_body(request);

    (void)user;
    EXPECT(pthread_equal(caller, pthread_self()));
    EXPECT_RESULT(HR_ERR_STATE, hr_respond_file(exchange, request, head, 0));
    EXPECT_RESULT(HR_OK, hr_respond_bytes(exchange, 200, "text/plain", body.data, body.len));
    EXPECT_RESULT(HR_ERR_STATE, hr_respond_bytes(exchange, 200, NULL, "", 0));
    hr_response_free(head);
    return HR_DONE;
}

static hr_action decline(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    (void)exchange;
    return HR_DECLINE;
}

static hr_action say_nothing(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    (void)exchange;
    return HR_DONE;
}

static hr_server *hosted(int *fd)
{
    hr_server *server = listening_server();

    caller = pthread_self();
    EXPECT_RESULT(HR_ERR_STATE, hr_server_step(server, 0, NULL));
    EXPECT_RESULT(HR_OK, hr_server_use_loop(server, fd));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_use_loop(server, fd));
    EXPECT_RESULT(HR_OK, hr_server_route(server, "POST", "/echo", answer, NULL, NULL));
    EXPECT_RESULT(HR_OK, hr_server_route(server, NULL, "/decline", decline, NULL, NULL));
    EXPECT_RESULT(HR_OK, hr_server_route(server, NULL, "/silent", say_nothing, NULL, NULL));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    return server;
}

static int readable(int fd, int timeout)
{
    struct pollfd poll_it = {fd, POLLIN, 0};

    return poll(&poll_it, 1, timeout);
}

static int ask_for(const hr_server *server, const char *line)
{
    int fd = connect_to(server, 0);

    send_text(fd, line);
    send_text(fd, " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi");
    return fd;
}

static void handlers_run_on_the_thread_that_steps(void)
{
    static reply reply;
    int fd, first, second;
    uint32_t handled = 0;
    hr_server *server = hosted(&fd);

    EXPECT_NUMBER(0, readable(fd, 0));
    EXPECT_RESULT(HR_ERR_TIMEOUT, hr_server_step(server, 0, &handled));
    EXPECT_RESULT(HR_ERR_TIMEOUT, hr_server_step(server, 20, &handled));
    EXPECT_NUMBER(200, get(server, "/pixel.gif", &reply)); /* the workers' own */
    first = ask_for(server, "POST /echo");
    EXPECT_NUMBER(1, readable(fd, 30000));
    EXPECT_RESULT(HR_OK, hr_server_step(server, 0, &handled));
    EXPECT_NUMBER(1, handled);
    EXPECT_NUMBER(0, readable(fd, 0));
    read_reply(first, &reply);
    EXPECT_NUMBER(200, reply.status);
    EXPECT_TEXT("hi", reply.body);

    first = ask_for(server, "GET /decline");
    EXPECT_RESULT(HR_OK, hr_server_step(server, -1, NULL));
    second = ask_for(server, "GET /silent");
    EXPECT_RESULT(HR_OK, hr_server_step(server, 30000, NULL));
    read_reply(first, &reply);
    EXPECT_NUMBER(404, reply.status);
    read_reply(second, &reply);
    EXPECT_NUMBER(500, reply.status);
    hr_server_free(server);
}

static void a_server_is_freed_with_requests_still_waiting(void)
{
    static reply reply;
    int fd, client;
    hr_server *server = hosted(&fd);

    client = ask_for(server, "POST /echo");
    EXPECT_NUMBER(1, readable(fd, 30000));
    hr_server_free(server);
    read_reply(client, &reply);
    EXPECT_NUMBER(0, reply.status);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_use_loop(NULL, &fd));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_step(NULL, 0, NULL));
}

static const test_case cases[] = {
    TEST_CASE(handlers_run_on_the_thread_that_steps),
    TEST_CASE(a_server_is_freed_with_requests_still_waiting),
};

TEST_SUITE(host);
