#include "client.h"
#include "harness.h"

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static hr_action echo(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_str body = hr_request_body(request);

    (void)user;
    EXPECT_RESULT(HR_OK, hr_respond_bytes(exchange, 201, "text/x-echo", body.data, body.len));
    return HR_DONE;
}

/* The file behind `user`. */
static hr_action file(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_response *head = hr_response_new(200);

    EXPECT_RESULT(HR_OK, hr_respond_file(exchange, request, head, open(user, O_RDONLY | O_CLOEXEC)));
    hr_response_free(head);
    return HR_DONE;
}

static hr_pace on_body(void *user, const void *data, size_t len)
{
    (void)user;
    (void)data;
    (void)len;
    return HR_GO_ON;
}

static void on_end(void *user)
{
    hr_deferred **deferred = user;
    hr_response *response = hr_response_new(204);

    EXPECT_RESULT(HR_OK, hr_deferred_respond(*deferred, response));
    hr_response_free(response);
}

/* Takes the body as it arrives; the one behind `user` answers. */
static hr_action take(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)request;
    EXPECT_RESULT(HR_OK, hr_exchange_receive(exchange, on_body, on_end, NULL, user, NULL, user));
    return HR_DONE;
}

static hr_server *recording(size_t size, size_t max_body)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_OK, hr_server_record(server, size, max_body));
    return server;
}

/* What is recorded, once that is `count`. */
static hr_records *recorded(const hr_server *server, size_t count)
{
    time_t end = time(NULL) + 20;
    hr_records *records = NULL;

    for (;;) {
        EXPECT_RESULT(HR_OK, hr_server_recorded(server, false, &records));
        if (hr_records_count(records) >= count || time(NULL) > end)
            break;
        hr_records_free(records);
        sched_yield();
    }
    EXPECT_NUMBER(count, hr_records_count(records));
    return records;
}

static void a_request_and_its_answer_are_there_and_outlive_the_server(void)
{
    static reply reply;
    hr_server *server = recording(10, 1000);
    hr_records *records;
    const hr_record *record;
    hr_str value;

    EXPECT_RESULT(HR_OK, hr_server_route(server, "POST", "/echo", echo, NULL, NULL));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(201, ask(server, "POST /echo?a=b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                   "Content-Length: 4\r\nX-One: 1\r\n\r\nsent", &reply));
    records = recorded(server, 1);
    hr_server_free(server);

    record = hr_records_at(records, 0);
    EXPECT_STR("POST", hr_record_method(record));
    EXPECT_STR("/echo?a=b", hr_record_target(record));
    EXPECT(hr_record_request_header(record, "x-ONE", &value));
    EXPECT_STR("1", value);
    EXPECT(!hr_record_request_header(record, "X-Two", &value));
    EXPECT_STR("sent", hr_record_request_body(record));
    EXPECT_NUMBER(201, hr_record_status(record));
    EXPECT(hr_record_answer_header(record, "content-type", &value));
    EXPECT_STR("text/x-echo", value);
    EXPECT(strncmp(hr_record_answer_head(record).data, "HTTP/1.1 201 Created\r\n", 22) == 0);
    EXPECT_STR("sent", hr_record_answer_body(record));
    EXPECT_STR("sent", hr_record_answer_body(record));
    EXPECT(hr_record_is_whole(record));
    EXPECT(hr_record_ended_us(record) / 1000000 + 60 > (uint64_t)time(NULL));
    EXPECT(hr_record_took_us(record) < 20000000);
    EXPECT(hr_records_at(records, 1) == NULL);
    hr_records_free(records);
}

static void a_file_and_a_body_that_arrives_are_recorded_too(void)
{
    static char path[] = "/etc/passwd";
    static reply reply;
    hr_deferred *deferred = NULL;
    hr_server *server = recording(10, 64 * 1024);
    hr_records *records;
    hr_str body;

    EXPECT_RESULT(HR_OK, hr_server_route(server, "GET", "/file", file, path, NULL));
    EXPECT_RESULT(HR_OK, hr_server_route_upload(server, "PUT", "/take", 100, take, &deferred, NULL));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(200, get(server, "/file", &reply));
    records = recorded(server, 1);
    body = hr_record_answer_body(hr_records_at(records, 0));
    EXPECT(hr_record_is_whole(hr_records_at(records, 0)));
    EXPECT_NUMBER(strlen(reply.body), body.len);
    EXPECT(body.len > 0 && memcmp(body.data, reply.body, body.len) == 0);
    hr_records_free(records);

    EXPECT_NUMBER(204, ask(server, "PUT /take HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                                   "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", &reply));
    records = recorded(server, 2);
    EXPECT_STR("abcde", hr_record_request_body(hr_records_at(records, 1)));
    EXPECT(hr_record_is_whole(hr_records_at(records, 1)));
    hr_records_free(records);
    hr_server_free(server);
    hr_deferred_free(deferred);
}

static void what_is_too_long_is_cut_and_forgotten_on_demand(void)
{
    static reply reply;
    hr_server *server = recording(2, 3);
    hr_records *records;

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(400, ask(server, "nonsense\r\n\r\n", &reply));
    get(server, "/a", &reply);
    get(server, "/b", &reply);
    records = recorded(server, 2);
    EXPECT_STR("/a", hr_record_target(hr_records_at(records, 0)));
    EXPECT_STR("/b", hr_record_target(hr_records_at(records, 1)));
    EXPECT(!hr_record_is_whole(hr_records_at(records, 1)));
    EXPECT_STR("", hr_record_answer_head(hr_records_at(records, 1)));
    hr_records_free(records);
    EXPECT_RESULT(HR_OK, hr_server_recorded(server, true, &records));
    EXPECT_NUMBER(2, hr_records_count(records));
    hr_records_free(records);
    EXPECT_NUMBER(400, ask(server, "nonsense\r\n\r\n", &reply));
    records = recorded(server, 1);
    EXPECT(hr_record_method(hr_records_at(records, 0)).data == NULL);
    EXPECT_STR("nonsense", hr_record_request_head(hr_records_at(records, 0)));
    hr_records_free(records);
    hr_server_free(server);
}

static void misuse_is_a_result(void)
{
    hr_server *server = listening_server();
    hr_records *records = NULL;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_record(server, 0, 1));
    EXPECT_TEXT("size: expected 1 to 1000000, got 0", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_record(NULL, 1, 1));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_recorded(server, false, NULL));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_record(server, 1, 1));
    EXPECT_RESULT(HR_OK, hr_server_recorded(server, false, &records));
    EXPECT_NUMBER(0, hr_records_count(records));
    hr_records_free(records);
    hr_server_free(server);

    hr_records_free(NULL);
    EXPECT_NUMBER(0, hr_records_count(NULL));
    EXPECT(hr_records_at(NULL, 0) == NULL);
    EXPECT(hr_record_method(NULL).data == NULL && hr_record_answer_body(NULL).data == NULL);
    EXPECT(!hr_record_answer_header(NULL, "a", NULL) && !hr_record_is_whole(NULL));
    EXPECT_NUMBER(0, hr_record_status(NULL));
    EXPECT_NUMBER(0, hr_record_ended_us(NULL) + hr_record_took_us(NULL));
}

static const test_case cases[] = {
    TEST_CASE(a_request_and_its_answer_are_there_and_outlive_the_server),
    TEST_CASE(a_file_and_a_body_that_arrives_are_recorded_too),
    TEST_CASE(what_is_too_long_is_cut_and_forgotten_on_demand),
    TEST_CASE(misuse_is_a_result),
};
TEST_SUITE(record);
