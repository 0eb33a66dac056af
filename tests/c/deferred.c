#include "client.h"
#include "harness.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Hands deferred answers from the handler to the test. */
typedef struct handover {
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    hr_deferred *waiting;
} handover;

static void handover_init(handover *handover)
{
    pthread_mutex_init(&handover->lock, NULL);
    pthread_cond_init(&handover->arrived, NULL);
    handover->waiting = NULL;
}

static void handover_destroy(handover *handover)
{
    pthread_cond_destroy(&handover->arrived);
    pthread_mutex_destroy(&handover->lock);
}

static hr_action put_off(void *user, const hr_request *request, hr_exchange *exchange)
{
    handover *handover = user;
    hr_deferred *deferred = NULL;

    (void)request;
    EXPECT_RESULT(HR_OK, hr_exchange_defer(exchange, &deferred));
    EXPECT_RESULT(HR_ERR_STATE, hr_respond_bytes(exchange, 200, NULL, "", 0));
    pthread_mutex_lock(&handover->lock);
    handover->waiting = deferred;
    pthread_cond_signal(&handover->arrived);
    pthread_mutex_unlock(&handover->lock);
    return HR_DONE;
}

static hr_deferred *take(handover *handover)
{
    hr_deferred *deferred;

    pthread_mutex_lock(&handover->lock);
    while (handover->waiting == NULL)
        pthread_cond_wait(&handover->arrived, &handover->lock);
    deferred = handover->waiting;
    handover->waiting = NULL;
    pthread_mutex_unlock(&handover->lock);
    return deferred;
}

static const char request_text[] = "GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/* Whether the server finds out, within ten seconds, that the client has left. */
static int becomes_gone(const hr_deferred *deferred)
{
    time_t end = time(NULL) + 10;

    while (!hr_deferred_is_gone(deferred) && time(NULL) < end)
        sched_yield();
    return hr_deferred_is_gone(deferred);
}

static void *answer(void *deferred)
{
    hr_response *response = hr_response_new(200);

    EXPECT_RESULT(HR_OK, hr_response_body_copy(response, "later", 5));
    EXPECT_RESULT(HR_OK, hr_deferred_respond(deferred, response));
    EXPECT_RESULT(HR_ERR_STATE, hr_deferred_respond(deferred, response));
    hr_response_free(response);
    hr_deferred_free(deferred);
    return NULL;
}

static void another_thread_gives_the_answer(void)
{
    handover handover;
    hr_server *server;
    pthread_t thread;
    int fd;
    static reply reply;

    handover_init(&handover);
    server = serving("/slow", put_off, &handover);
    fd = connect_to(server, 0);
    send_text(fd, request_text);
    EXPECT(pthread_create(&thread, NULL, answer, take(&handover)) == 0);
    read_reply(fd, &reply);
    EXPECT_NUMBER(200, reply.status);
    EXPECT_TEXT("later", reply.body);
    pthread_join(thread, NULL);
    hr_server_free(server);
    handover_destroy(&handover);
}

static void others_are_answered_while_one_waits(void)
{
    handover handover;
    hr_server *server;
    hr_deferred *deferred;
    int fd;
    static reply reply;

    handover_init(&handover);
    server = serving("/slow", put_off, &handover);
    fd = connect_to(server, 0);
    send_text(fd, request_text);
    deferred = take(&handover);
    EXPECT_NUMBER(200, get(server, "/pixel.gif", &reply));
    answer(deferred);
    read_reply(fd, &reply);
    EXPECT_TEXT("later", reply.body);
    hr_server_free(server);
    handover_destroy(&handover);
}

static void freed_without_an_answer_it_is_a_500(void)
{
    handover handover;
    hr_server *server;
    int fd;
    static reply reply;

    handover_init(&handover);
    server = serving("/slow", put_off, &handover);
    fd = connect_to(server, 0);
    send_text(fd, request_text);
    hr_deferred_free(take(&handover));
    read_reply(fd, &reply);
    EXPECT_NUMBER(500, reply.status);
    hr_server_free(server);
    handover_destroy(&handover);
}

static void an_answer_after_the_client_left_is_gone(void)
{
    struct linger reset = {1, 0};
    handover handover;
    hr_response *response = hr_response_new(200);
    hr_server *server;
    hr_deferred *deferred;
    int fd;

    handover_init(&handover);
    server = serving("/slow", put_off, &handover);
    fd = connect_to(server, 0);
    send_text(fd, request_text);
    deferred = take(&handover);
    EXPECT(!hr_deferred_is_gone(deferred));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    EXPECT(becomes_gone(deferred));
    EXPECT_RESULT(HR_ERR_GONE, hr_deferred_respond(deferred, response));
    hr_deferred_free(deferred);
    hr_response_free(response);
    hr_server_free(server);
    handover_destroy(&handover);
}

static void a_server_is_freed_with_an_answer_still_out(void)
{
    handover handover;
    hr_response *response = hr_response_new(200);
    hr_server *server;
    hr_deferred *deferred;
    int fd;
    static reply reply;

    handover_init(&handover);
    server = serving("/slow", put_off, &handover);
    fd = connect_to(server, 0);
    send_text(fd, request_text);
    deferred = take(&handover);
    hr_server_free(server);
    EXPECT(hr_deferred_is_gone(deferred));
    EXPECT_RESULT(HR_ERR_GONE, hr_deferred_respond(deferred, response));
    hr_deferred_free(deferred);
    read_reply(fd, &reply);
    EXPECT_NUMBER(0, reply.status);
    hr_response_free(response);
    handover_destroy(&handover);
}

static void null_is_a_result_and_no_crash(void)
{
    hr_response *response = hr_response_new(200);

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_deferred_respond(NULL, response));
    EXPECT_TEXT("deferred: must not be NULL", hr_last_error());
    EXPECT(hr_deferred_is_gone(NULL));
    hr_deferred_free(NULL);
    hr_response_free(response);
}

static const test_case cases[] = {
    TEST_CASE(another_thread_gives_the_answer),
    TEST_CASE(others_are_answered_while_one_waits),
    TEST_CASE(freed_without_an_answer_it_is_a_500),
    TEST_CASE(an_answer_after_the_client_left_is_gone),
    TEST_CASE(a_server_is_freed_with_an_answer_still_out),
    TEST_CASE(null_is_a_result_and_no_crash),
};

TEST_SUITE(deferred);
