#include "client.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

static void count(void *user)
{
    ++*(int *)user;
}

/* Answers GET /r with `response` and leaves the server to the caller. */
static hr_server *answering(const hr_response *response)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_OK, hr_server_rule(server, "GET", "/r", response));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    return server;
}

static void a_response_is_sent_as_it_was_built(void)
{
    hr_response *response = hr_response_new(201);
    hr_server *server;
    static reply reply;

    EXPECT_NUMBER(201, hr_response_status(response));
    EXPECT_RESULT(HR_OK, hr_response_header(response, "Content-Type", "text/plain"));
    EXPECT_RESULT(HR_OK, hr_response_header(response, "X-Twice", "1"));
    EXPECT_RESULT(HR_OK, hr_response_header(response, "X-Twice", "2"));
    EXPECT_RESULT(HR_OK, hr_response_body_copy(response, "dropped", 7));
    EXPECT_RESULT(HR_OK, hr_response_body_copy(response, "body", 4));
    server = answering(response);
    hr_response_free(response); /* the rule goes on using it */
    EXPECT_NUMBER(201, get(server, "/r", &reply));
    EXPECT_CONTAINS("Content-Type: text/plain\r\n", reply.text);
    EXPECT_CONTAINS("X-Twice: 1\r\n", reply.text);
    EXPECT_CONTAINS("X-Twice: 2\r\n", reply.text);
    EXPECT_CONTAINS("Content-Length: 4\r\n", reply.text);
    EXPECT_TEXT("body", reply.body);
    hr_server_free(server);
}

static void a_status_out_of_range_makes_no_response(void)
{
    EXPECT(hr_response_new(0) == NULL);
    EXPECT(hr_response_new(100) == NULL);
    EXPECT(hr_response_new(199) == NULL);
    EXPECT(hr_response_new(600) == NULL);
    EXPECT_CONTAINS("600", hr_last_error());
}

static void a_bad_field_is_told_at_once_and_not_kept(void)
{
    hr_response *response = hr_response_new(200);
    hr_server *server;
    static reply reply;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_header(response, "", "x"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_header(response, "a b", "x"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_header(response, "X-A", "b\r\nX-Evil: 1"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_header(response, "Content-Length", "4"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_response_header(response, "transfer-encoding", "chunked"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_header(response, "Date", "today"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_header(response, "Connection", "upgrade"));
    EXPECT_RESULT(HR_OK, hr_response_header(response, "Connection", "close"));
    server = answering(response);
    EXPECT_NUMBER(200, get(server, "/r", &reply));
    EXPECT(strstr(reply.text, "X-Evil") == NULL);
    hr_server_free(server);
    hr_response_free(response);
}

static void a_response_that_was_used_cannot_be_changed(void)
{
    hr_response *response = hr_response_new(200);
    hr_server *server = answering(response);
    int freed = 0;

    EXPECT_RESULT(HR_ERR_STATE, hr_response_header(response, "X-A", "b"));
    EXPECT_RESULT(HR_ERR_STATE, hr_response_body_copy(response, "x", 1));
    EXPECT_RESULT(HR_ERR_STATE, hr_response_body_static(response, "x", 1));
    EXPECT_RESULT(HR_ERR_STATE, hr_response_body_owned(response, "x", 1, count, &freed));
    EXPECT_NUMBER(1, freed);
    EXPECT_NUMBER(200, hr_response_status(response));
    EXPECT_RESULT(HR_OK, hr_server_rule(server, NULL, "/again", response));
    hr_server_free(server);
    hr_response_free(response);
}

static void a_body_that_is_given_away_is_freed_once(void)
{
    hr_response *response = hr_response_new(200);
    char *body = strdup("given");
    hr_server *server;
    int freed = 0;
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_response_body_owned(response, "first", 5, count, &freed));
    EXPECT_RESULT(HR_OK, hr_response_body_owned(response, body, 5, free, body));
    server = answering(response);
    EXPECT_NUMBER(200, get(server, "/r", &reply));
    EXPECT_TEXT("given", reply.body);
    hr_server_free(server);
    hr_response_free(response);
    EXPECT_NUMBER(1, freed);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_body_owned(NULL, "x", 1, count, &freed));
    EXPECT_NUMBER(2, freed);
}

static void a_static_body_is_sent(void)
{
    static const char body[] = "static";
    hr_response *response = hr_response_new(200);
    hr_server *server;
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_response_body_static(response, body, sizeof body - 1));
    server = answering(response);
    EXPECT_NUMBER(200, get(server, "/r", &reply));
    EXPECT_TEXT("static", reply.body);
    hr_server_free(server);
    hr_response_free(response);
}

static void a_body_where_none_may_be_is_told_at_the_first_use(void)
{
    hr_server *server = listening_server();
    hr_response *response = hr_response_new(204);

    EXPECT_RESULT(HR_OK, hr_response_body_copy(response, "x", 1));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_rule(server, NULL, "/r", response));
    /* It was not used: it can be mended. */
    EXPECT_RESULT(HR_OK, hr_response_body_copy(response, NULL, 0));
    EXPECT_RESULT(HR_OK, hr_server_rule(server, NULL, "/r", response));
    hr_response_free(response);
    hr_server_free(server);
}

static void null_is_a_result_and_no_crash(void)
{
    hr_response *response = hr_response_new(200);
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_header(NULL, "a", "b"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_header(response, NULL, "b"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_header(response, "a", NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_body_copy(NULL, "x", 1));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_body_copy(response, NULL, 1));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_body_static(response, NULL, 1));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_response_body_owned(response, NULL, 1, NULL, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_rule(server, NULL, "/", NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_rule(server, NULL, NULL, response));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_rule(server, NULL, "no slash", response));
    EXPECT_NUMBER(0, hr_response_status(NULL));
    hr_response_free(NULL);
    hr_response_free(response);
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(a_response_is_sent_as_it_was_built),
    TEST_CASE(a_status_out_of_range_makes_no_response),
    TEST_CASE(a_bad_field_is_told_at_once_and_not_kept),
    TEST_CASE(a_response_that_was_used_cannot_be_changed),
    TEST_CASE(a_body_that_is_given_away_is_freed_once),
    TEST_CASE(a_static_body_is_sent),
    TEST_CASE(a_body_where_none_may_be_is_told_at_the_first_use),
    TEST_CASE(null_is_a_result_and_no_crash),
};

TEST_SUITE(response);
