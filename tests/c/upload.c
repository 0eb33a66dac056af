#include "client.h"
#include "harness.h"

#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A handler that takes bodies as they arrive, and what it has seen. */
typedef struct taking {
    hr_pace pace;
    char text[256];
    atomic_size_t length;
    atomic_int ends, aborts, frees;
    hr_deferred *_Atomic deferred;
    hr_request *_Atomic request;
} taking;

static hr_pace on_body(void *user, const void *data, size_t len)
{
    taking *taking = user;
    size_t at = atomic_load(&taking->length);

    if (at + len <= sizeof taking->text)
        memcpy(taking->text + at, data, len);
    atomic_store(&taking->length, at + len);
    return taking->pace;
}

static void on_end(void *user)
{
    taking *taking = user;
    hr_response *response = hr_response_new(200);

    EXPECT_RESULT(HR_OK, hr_response_body_copy(response, taking->text, atomic_load(&taking->length)));
    EXPECT_RESULT(HR_OK, hr_deferred_respond(atomic_load(&taking->deferred), response));
    hr_response_free(response);
    atomic_fetch_add(&taking->ends, 1);
}

static void on_abort(void *user)
{
    atomic_fetch_add(&((taking *)user)->aborts, 1);
}

static void on_free(void *user)
{
    atomic_fetch_add(&((taking *)user)->frees, 1);
}

static hr_action take(void *user, const hr_request *request, hr_exchange *exchange)
{
    taking *taking = user;
    hr_deferred *deferred = NULL;

    EXPECT_STR("", hr_request_body(request));
    atomic_store(&taking->request, hr_request_clone(request));
    EXPECT_RESULT(HR_OK, hr_exchange_receive(exchange, on_body, on_end, on_abort, taking, on_free,
                                             &deferred));
    EXPECT_RESULT(HR_ERR_STATE, hr_respond_bytes(exchange, 200, NULL, "", 0));
    atomic_store(&taking->deferred, deferred);
    return HR_DONE;
}

static hr_server *taking_server(taking *taking, uint64_t max_body)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_OK, hr_server_route_upload(server, "POST", "/take/{it}", max_body, take, taking,
                                                NULL));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    return server;
}

static void becomes(atomic_int *what, int value)
{
    time_t end = time(NULL) + 10;

    while (atomic_load(what) != value && time(NULL) < end)
        sched_yield();
    EXPECT_NUMBER(value, atomic_load(what));
}

static void let_go(taking *taking)
{
    hr_deferred_free(atomic_load(&taking->deferred));
    hr_request_free(atomic_load(&taking->request));
}

#define HEAD "POST /take/x?y=z HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-One: 1\r\n"

static void a_body_is_taken_and_the_request_kept(void)
{
    static reply reply;
    taking taking = {.pace = HR_GO_ON};
    hr_server *server = taking_server(&taking, 0);
    hr_request *request;
    hr_str value;

    EXPECT_NUMBER(200, ask(server, HEAD "Transfer-Encoding: chunked\r\n\r\n"
                                        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", &reply));
    EXPECT_TEXT("abcde", reply.body);
    hr_server_free(server);
    EXPECT_NUMBER(1, atomic_load(&taking.ends));
    EXPECT_NUMBER(0, atomic_load(&taking.aborts));
    EXPECT_NUMBER(1, atomic_load(&taking.frees));

    /* The copy outlives the handler, the connection and the server. */
    request = hr_request_clone(atomic_load(&taking.request));
    EXPECT_STR("POST", hr_request_method(request));
    EXPECT_STR("/take/x?y=z", hr_request_target(request));
    EXPECT_STR("/take/x", hr_request_path(request));
    EXPECT_STR("y=z", hr_request_query(request));
    EXPECT_STR("a", hr_request_host(request));
    EXPECT(hr_request_param(request, "it", &value));
    EXPECT_STR("x", value);
    EXPECT(hr_request_header(request, "x-ONE", &value));
    EXPECT_STR("1", value);
    EXPECT_NUMBER(4, hr_request_header_count(request));
    EXPECT(hr_request_header_at(request, 0, &value, NULL));
    EXPECT_STR("Host", value);
    EXPECT(!hr_request_header_at(request, 4, &value, NULL));
    EXPECT_TEXT("index: expected a number below 4, got 4", hr_last_error());
    EXPECT_NUMBER(HR_HTTP_1_1, hr_request_version(request));
    EXPECT(strncmp(hr_request_peer(request).data, "127.0.0.1:", 10) == 0);
    hr_request_free(request);
    EXPECT(hr_request_clone(NULL) == NULL);
    hr_request_free(NULL);
    let_go(&taking);
}

static void a_paused_body_goes_on_when_it_is_resumed(void)
{
    static reply reply;
    taking taking = {.pace = HR_PAUSE};
    hr_server *server = taking_server(&taking, 0);
    int fd = connect_to(server, 0);

    send_text(fd, HEAD "Content-Length: 3\r\n\r\nabc");
    while (atomic_load(&taking.length) != 3)
        sched_yield();
    EXPECT_NUMBER(0, atomic_load(&taking.ends));
    while (atomic_load(&taking.deferred) == NULL)
        sched_yield();
    EXPECT_RESULT(HR_OK, hr_deferred_resume(atomic_load(&taking.deferred)));
    read_reply(fd, &reply);
    EXPECT_TEXT("abc", reply.body);
    hr_server_free(server);
    let_go(&taking);
}

static void a_client_that_leaves_aborts_and_one_that_sends_too_much_is_refused(void)
{
    static reply reply;
    taking taking = {.pace = HR_GO_ON};
    hr_server *server = taking_server(&taking, 5);
    int fd = connect_to(server, 0);

    send_text(fd, HEAD "Content-Length: 5\r\n\r\nabc");
    while (atomic_load(&taking.length) != 3)
        sched_yield();
    close(fd);
    becomes(&taking.aborts, 1);
    becomes(&taking.frees, 1);
    EXPECT_NUMBER(0, atomic_load(&taking.ends));
    EXPECT_NUMBER(413, ask(server, HEAD "Content-Length: 6\r\n\r\n", &reply));
    hr_server_free(server);
    let_go(&taking);
}

static hr_action take_badly(void *user, const hr_request *request, hr_exchange *exchange)
{
    taking *taking = user;
    hr_deferred *deferred = NULL;

    (void)request;
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_exchange_receive(exchange, NULL, on_end, NULL, taking, on_free, &deferred));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_exchange_receive(exchange, on_body, NULL, NULL, taking, on_free, &deferred));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_exchange_receive(exchange, on_body, on_end, NULL, taking, on_free, NULL));
    EXPECT_NUMBER(3, atomic_load(&taking->frees));
    return HR_DECLINE;
}

static void misuse_is_a_result_and_no_crash(void)
{
    static reply reply;
    taking taking = {.pace = HR_GO_ON};
    hr_server *server = serving("/", take_badly, &taking);
    hr_deferred *deferred = NULL;

    EXPECT_NUMBER(200, get(server, "/", &reply));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_exchange_receive(NULL, on_body, on_end, NULL, NULL, NULL, &deferred));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_deferred_resume(NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_server_route_upload(server, NULL, "/", 0, NULL, &taking, on_free));
    EXPECT_NUMBER(4, atomic_load(&taking.frees));
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(a_body_is_taken_and_the_request_kept),
    TEST_CASE(a_paused_body_goes_on_when_it_is_resumed),
    TEST_CASE(a_client_that_leaves_aborts_and_one_that_sends_too_much_is_refused),
    TEST_CASE(misuse_is_a_result_and_no_crash),
};

TEST_SUITE(upload);
