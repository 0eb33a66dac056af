#include "client.h"
#include "harness.h"

#include <stdatomic.h>
#include <string.h>

static void count(void *user)
{
    atomic_fetch_add((atomic_int *)user, 1);
}

static hr_action greet(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)request;
    EXPECT_RESULT(HR_OK, hr_respond_bytes(exchange, 200, "text/plain", user, strlen(user)));
    return HR_DONE;
}

static hr_action decline(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)request;
    (void)exchange;
    atomic_fetch_add((atomic_int *)user, 1);
    return HR_DECLINE;
}

static hr_action say_nothing(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    (void)exchange;
    return HR_DONE;
}

static hr_action no_action_at_all(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    (void)exchange;
    return (hr_action)4711;
}

static hr_action stop_my_server(void *user, const hr_request *request, hr_exchange *exchange)
{
    EXPECT_RESULT(HR_ERR_STATE, hr_server_stop(*(hr_server **)user));
    return greet("bye", request, exchange);
}

static hr_action free_my_server(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_server_free(*(hr_server **)user);
    return greet("bye", request, exchange);
}

static void a_handler_gets_its_pointer_and_answers(void)
{
    hr_server *server = serving("/greet", greet, "hello");
    static reply reply;

    EXPECT_NUMBER(200, get(server, "/greet", &reply));
    EXPECT_TEXT("hello", reply.body);
    hr_server_free(server);
}

static void the_finalizer_runs_once_when_the_server_is_freed(void)
{
    hr_server *server = listening_server();
    atomic_int freed = 0;
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_server_route(server, "GET", "/a", decline, &freed, count));
    EXPECT_RESULT(HR_OK, hr_server_route(server, NULL, "/b", decline, &freed, count));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    get(server, "/a", &reply);
    atomic_store(&freed, 0);
    EXPECT_RESULT(HR_OK, hr_server_stop(server));
    hr_server_free(server);
    EXPECT_NUMBER(2, atomic_load(&freed));
}

static void the_finalizer_runs_once_when_the_route_is_refused(void)
{
    hr_server *server = listening_server();
    atomic_int freed = 0;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_route(NULL, NULL, "/", greet, &freed, count));
    EXPECT_NUMBER(1, atomic_load(&freed));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_server_route(server, NULL, NULL, greet, &freed, count));
    EXPECT_NUMBER(2, atomic_load(&freed));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_route(server, NULL, "/", NULL, &freed, count));
    EXPECT_TEXT("handler: must not be NULL", hr_last_error());
    EXPECT_NUMBER(3, atomic_load(&freed));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_server_route(server, NULL, "no slash", greet, &freed, count));
    EXPECT_CONTAINS("no slash", hr_last_error());
    EXPECT_NUMBER(4, atomic_load(&freed));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_server_route(server, "G E T", "/", greet, &freed, count));
    EXPECT_NUMBER(5, atomic_load(&freed));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_fallback(server, NULL, &freed, count));
    EXPECT_NUMBER(6, atomic_load(&freed));
    hr_server_free(server);
    EXPECT_NUMBER(6, atomic_load(&freed));
}

static void a_route_without_a_finalizer_is_fine(void)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_OK, hr_server_route(server, NULL, "/", greet, "hello", NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_route(server, NULL, "x", greet, NULL, NULL));
    hr_server_free(server);
}

static void a_declined_request_goes_to_the_next_route(void)
{
    hr_server *server = listening_server();
    atomic_int declined = 0;
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_server_route(server, NULL, "/a", decline, &declined, NULL));
    EXPECT_RESULT(HR_OK, hr_server_route(server, NULL, "/{any}", greet, "second", NULL));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(200, get(server, "/a", &reply));
    EXPECT_TEXT("second", reply.body);
    EXPECT_NUMBER(1, atomic_load(&declined));
    hr_server_free(server);
}

static void the_fallback_gets_what_no_route_takes(void)
{
    hr_server *server = serving("/a", greet, "route");
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_server_fallback(server, greet, "fallback", NULL));
    get(server, "/a", &reply);
    EXPECT_TEXT("route", reply.body);
    get(server, "/b", &reply);
    EXPECT_TEXT("fallback", reply.body);
    hr_server_free(server);
}

static void a_fallback_that_is_replaced_is_finalized_once(void)
{
    hr_server *server = listening_server();
    atomic_int freed = 0;

    EXPECT_RESULT(HR_OK, hr_server_fallback(server, greet, &freed, count));
    EXPECT_RESULT(HR_OK, hr_server_fallback(server, greet, "new", NULL));
    hr_server_free(server);
    EXPECT_NUMBER(1, atomic_load(&freed));
}

static void a_route_can_be_added_while_running(void)
{
    hr_server *server = serving("/a", greet, "old");
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_server_route(server, NULL, "/b", greet, "new", NULL));
    EXPECT_NUMBER(200, get(server, "/b", &reply));
    EXPECT_TEXT("new", reply.body);
    hr_server_free(server);
}

static void a_handler_that_says_nothing_is_a_500_and_is_counted(void)
{
    hr_server *server = serving("/silent", say_nothing, NULL);
    hr_stats stats;
    static reply reply;

    stats.struct_size = sizeof stats;
    EXPECT_NUMBER(500, get(server, "/silent", &reply));
    EXPECT_RESULT(HR_OK, hr_server_stats(server, &stats));
    EXPECT_NUMBER(1, stats.handler_silences);
    hr_server_free(server);
}

static void a_number_that_is_no_action_is_a_500(void)
{
    hr_server *server = serving("/odd", no_action_at_all, NULL);
    static reply reply;

    EXPECT_NUMBER(500, get(server, "/odd", &reply));
    hr_server_free(server);
}

/* It would have to wait for itself: the server is told to stop, and the test frees it. */
static void stopped_from_within(hr_handler_fn handler)
{
    hr_server *server = NULL;
    static reply reply;

    server = serving("/stop", handler, &server);
    get(server, "/stop", &reply);
    EXPECT_RESULT(HR_OK, hr_server_wait(server, -1));
    EXPECT_NUMBER(HR_STATE_STOPPED, hr_server_state(server));
    hr_server_free(server);
}

static void a_handler_that_stops_its_server_does_not_wait_for_itself(void)
{
    stopped_from_within(stop_my_server);
}

static void a_handler_that_frees_its_server_does_not_pull_it_from_under_itself(void)
{
    stopped_from_within(free_my_server);
}

static hr_action notify(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_server_notify(*(hr_server **)user, HR_NOTICE_DRAIN);
    return greet("bye", request, exchange);
}

static void a_handler_can_have_its_server_drained(void)
{
    hr_server *server = NULL;
    static reply reply;

    server = serving("/bye", notify, &server);
    EXPECT_NUMBER(200, get(server, "/bye", &reply));
    EXPECT_RESULT(HR_OK, hr_server_wait(server, -1));
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(a_handler_gets_its_pointer_and_answers),
    TEST_CASE(the_finalizer_runs_once_when_the_server_is_freed),
    TEST_CASE(the_finalizer_runs_once_when_the_route_is_refused),
    TEST_CASE(a_route_without_a_finalizer_is_fine),
    TEST_CASE(a_declined_request_goes_to_the_next_route),
    TEST_CASE(the_fallback_gets_what_no_route_takes),
    TEST_CASE(a_fallback_that_is_replaced_is_finalized_once),
    TEST_CASE(a_route_can_be_added_while_running),
    TEST_CASE(a_handler_that_says_nothing_is_a_500_and_is_counted),
    TEST_CASE(a_number_that_is_no_action_is_a_500),
    TEST_CASE(a_handler_that_stops_its_server_does_not_wait_for_itself),
    TEST_CASE(a_handler_that_frees_its_server_does_not_pull_it_from_under_itself),
    TEST_CASE(a_handler_can_have_its_server_drained),
};

TEST_SUITE(handler);
