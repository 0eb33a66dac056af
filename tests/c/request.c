#include "client.h"
#include "harness.h"

#include <string.h>

static hr_action answer(hr_exchange *exchange)
{
    EXPECT_RESULT(HR_OK, hr_respond_bytes(exchange, 200, "text/plain", "ok", 2));
    return HR_DONE;
}

static hr_action see_the_line(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    EXPECT_STR("PUT", hr_request_method(request));
    EXPECT_STR("/a/%41?x=%20y", hr_request_target(request));
    EXPECT_STR("/a/%41", hr_request_path(request));
    EXPECT_STR("x=%20y", hr_request_query(request));
    EXPECT_STR("example.org:80", hr_request_host(request));
    EXPECT_STR("some text", hr_request_body(request));
    EXPECT_NUMBER(HR_HTTP_1_1, hr_request_version(request));
    return answer(exchange);
}

static void a_handler_sees_the_request_as_it_was_sent(void)
{
    hr_server *server = serving("/a/{b}", see_the_line, NULL);
    static reply reply;

    EXPECT_NUMBER(200, ask(server, "PUT /a/%41?x=%20y HTTP/1.1\r\nHost: example.org:80\r\n"
                                   "Content-Length: 9\r\nConnection: close\r\n\r\nsome text",
                           &reply));
    hr_server_free(server);
}

static hr_action see_what_is_absent(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_str value = {"untouched", 9};

    (void)user;
    EXPECT(hr_request_query(request).data == NULL);
    EXPECT(hr_request_host(request).data == NULL);
    EXPECT_STR("", hr_request_body(request));
    EXPECT_NUMBER(HR_HTTP_1_0, hr_request_version(request));
    EXPECT(!hr_request_header(request, "X-None", &value));
    EXPECT(!hr_request_param(request, "none", &value));
    EXPECT_STR("untouched", value);
    return answer(exchange);
}

static void what_is_absent_is_told_from_what_is_empty(void)
{
    hr_server *server = serving("/", see_what_is_absent, NULL);
    static reply reply;

    EXPECT_NUMBER(200, ask(server, "GET / HTTP/1.0\r\n\r\n", &reply));
    hr_server_free(server);
}

static hr_action see_fields(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_str name;
    hr_str value;

    (void)user;
    EXPECT(hr_request_header(request, "x-a", &value));
    EXPECT_STR("1", value);
    EXPECT(hr_request_header(request, "X-A", NULL));
    EXPECT_NUMBER(4, hr_request_header_count(request));
    EXPECT(hr_request_header_at(request, 1, &name, &value));
    EXPECT_STR("X-A", name);
    EXPECT_STR("1", value);
    EXPECT(hr_request_header_at(request, 2, NULL, &value));
    EXPECT_STR("2", value);
    EXPECT(hr_request_header_at(request, 3, &name, NULL));
    EXPECT_STR("Connection", name);
    EXPECT(!hr_request_header_at(request, 4, &name, &value));
    return answer(exchange);
}

static void fields_are_found_by_name_and_in_their_order(void)
{
    hr_server *server = serving("/", see_fields, NULL);
    static reply reply;

    EXPECT_NUMBER(200, ask(server, "GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n"
                                   "Connection: close\r\n\r\n",
                           &reply));
    hr_server_free(server);
}

static hr_action see_params(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_str value;

    (void)user;
    EXPECT(hr_request_param(request, "user", &value));
    EXPECT_STR("kim", value);
    EXPECT(hr_request_param(request, "rest", &value));
    EXPECT_STR("b/c", value);
    EXPECT(hr_request_param(request, "rest", NULL));
    return answer(exchange);
}

static void parameters_are_what_the_pattern_took(void)
{
    hr_server *server = serving("/u/{user}/{*rest}", see_params, NULL);
    static reply reply;

    EXPECT_NUMBER(200, get(server, "/u/kim/b/c", &reply));
    hr_server_free(server);
}

static hr_action see_the_peer(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_str first = hr_request_peer(request);
    hr_str again = hr_request_peer(request);

    (void)user;
    EXPECT(first.len > 10 && memcmp(first.data, "127.0.0.1:", 10) == 0);
    EXPECT(first.data == again.data);
    return answer(exchange);
}

static void the_peer_is_the_clients_address(void)
{
    hr_server *server = serving("/", see_the_peer, NULL);
    static reply reply;

    EXPECT_NUMBER(200, get(server, "/", &reply));
    hr_server_free(server);
}

static hr_action pass_null(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_str value = {"untouched", 9};

    (void)user;
    EXPECT(!hr_request_header(request, NULL, &value));
    EXPECT(!hr_request_header(request, "\xff", &value));
    EXPECT(!hr_request_param(request, NULL, &value));
    EXPECT_STR("untouched", value);
    return answer(exchange);
}

static void null_is_absent_and_no_crash(void)
{
    hr_server *server = serving("/", pass_null, NULL);
    hr_str value = {"untouched", 9};
    static reply reply;

    EXPECT(hr_request_method(NULL).data == NULL);
    EXPECT(hr_request_target(NULL).data == NULL);
    EXPECT(hr_request_path(NULL).data == NULL);
    EXPECT(hr_request_query(NULL).data == NULL);
    EXPECT(hr_request_host(NULL).data == NULL);
    EXPECT(hr_request_body(NULL).data == NULL);
    EXPECT(hr_request_peer(NULL).data == NULL);
    EXPECT_TEXT("request: must not be NULL", hr_last_error());
    EXPECT_NUMBER(HR_HTTP_1_0, hr_request_version(NULL));
    EXPECT_NUMBER(0, hr_request_header_count(NULL));
    EXPECT(!hr_request_header(NULL, "a", &value));
    EXPECT(!hr_request_header_at(NULL, 0, &value, &value));
    EXPECT(!hr_request_param(NULL, "a", &value));
    EXPECT_STR("untouched", value);
    EXPECT_NUMBER(200, get(server, "/", &reply));
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(a_handler_sees_the_request_as_it_was_sent),
    TEST_CASE(what_is_absent_is_told_from_what_is_empty),
    TEST_CASE(fields_are_found_by_name_and_in_their_order),
    TEST_CASE(parameters_are_what_the_pattern_took),
    TEST_CASE(the_peer_is_the_clients_address),
    TEST_CASE(null_is_absent_and_no_crash),
};

TEST_SUITE(request);
