#include "client.h"
#include "harness.h"

#include <string.h>

static hr_action answer_twice(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_deferred *deferred = NULL;

    (void)request;
    EXPECT_RESULT(HR_OK, hr_respond(exchange, user));
    EXPECT_RESULT(HR_ERR_STATE, hr_respond(exchange, user));
    EXPECT_RESULT(HR_ERR_STATE, hr_respond_bytes(exchange, 200, "text/plain", "twice", 5));
    EXPECT_RESULT(HR_ERR_STATE, hr_exchange_defer(exchange, &deferred));
    EXPECT(deferred == NULL);
    return HR_DONE;
}

static void the_second_answer_is_a_state_error_and_the_first_stands(void)
{
    hr_response *response = hr_response_new(200);
    hr_server *server = serving("/", answer_twice, response);
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_response_body_copy(response, "once", 4));
    EXPECT_NUMBER(200, get(server, "/", &reply));
    EXPECT_TEXT("once", reply.body);
    hr_server_free(server);
    hr_response_free(response);
}

static hr_action answer_and_decline(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    EXPECT_RESULT(HR_OK, hr_respond_bytes(exchange, 200, "text/plain", "mine", 4));
    return HR_DECLINE;
}

static void an_answer_stands_even_if_the_handler_declines(void)
{
    hr_server *server = serving("/", answer_and_decline, NULL);
    static reply reply;

    EXPECT_NUMBER(200, get(server, "/", &reply));
    EXPECT_TEXT("mine", reply.body);
    hr_server_free(server);
}

static hr_action misuse(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond(exchange, NULL));
    EXPECT_TEXT("response: must not be NULL", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_exchange_defer(exchange, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_bytes(exchange, 200, "text/plain", NULL, 1));
    EXPECT_CONTAINS("data: ", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_bytes(exchange, 99, NULL, "", 0));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_bytes(exchange, 600, NULL, "", 0));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_bytes(exchange, 200, "a\r\nb: c", "", 0));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_bytes(exchange, 200, "\xff", "", 0));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_bytes(exchange, 200, "", "", 0));
    EXPECT_CONTAINS("type: ", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_bytes(exchange, 200, " ", "", 0));
    /* None of that was an answer. */
    EXPECT_RESULT(HR_OK, hr_respond_bytes(exchange, 404, NULL, NULL, 0));
    return HR_DONE;
}

static void misuse_is_a_result_and_the_request_stays_open(void)
{
    hr_server *server = serving("/", misuse, NULL);
    static reply reply;

    EXPECT_NUMBER(404, get(server, "/", &reply));
    EXPECT(strstr(reply.text, "Content-Type") == NULL);
    EXPECT_CONTAINS("Content-Length: 0\r\n", reply.text);
    EXPECT(strstr(reply.text, "b: c") == NULL);
    hr_server_free(server);
}

static hr_action answer_octets(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    EXPECT_RESULT(HR_OK, hr_respond_bytes(exchange, 201, "application/octet-stream", "a\0b", 3));
    return HR_DONE;
}

static void a_body_may_hold_any_octet(void)
{
    hr_server *server = serving("/", answer_octets, NULL);
    static reply reply;

    EXPECT_NUMBER(201, get(server, "/", &reply));
    EXPECT_CONTAINS("Content-Length: 3\r\n", reply.text);
    EXPECT(memcmp(reply.body, "a\0b", 4) == 0);
    hr_server_free(server);
}

static void null_for_the_exchange_is_a_result(void)
{
    hr_response *response = hr_response_new(200);
    hr_deferred *deferred = NULL;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond(NULL, response));
    EXPECT_TEXT("exchange: must not be NULL", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_bytes(NULL, 200, NULL, "", 0));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_exchange_defer(NULL, &deferred));
    hr_response_free(response);
}

static const test_case cases[] = {
    TEST_CASE(the_second_answer_is_a_state_error_and_the_first_stands),
    TEST_CASE(an_answer_stands_even_if_the_handler_declines),
    TEST_CASE(misuse_is_a_result_and_the_request_stays_open),
    TEST_CASE(a_body_may_hold_any_octet),
    TEST_CASE(null_for_the_exchange_is_a_result),
};

TEST_SUITE(exchange);
