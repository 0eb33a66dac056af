#include "client.h"
#include "harness.h"

#include <stdlib.h>
#include <string.h>

/* A server with one worker that has answered one request. */
static hr_server *after_one_request(void)
{
    hr_server *server = listening_server();
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(200, get(server, "/", &reply));
    return server;
}

static void a_request_is_counted(void)
{
    hr_server *server = after_one_request();
    hr_stats stats;

    memset(&stats, 0xff, sizeof stats);
    stats.struct_size = sizeof stats;
    EXPECT_RESULT(HR_OK, hr_server_stats(server, &stats));
    EXPECT_NUMBER(1, stats.connections_handled);
    EXPECT_NUMBER(1, stats.requests_handled);
    EXPECT(stats.bytes_sent > 0);
    EXPECT_NUMBER(64, stats.pool_capacity);
    EXPECT_NUMBER(0, stats.deferred_gone);
    EXPECT_NUMBER(0, stats.clients_untracked);
    EXPECT_NUMBER(sizeof stats, stats.struct_size);
    hr_server_free(server);
}

static void the_only_worker_has_the_sum(void)
{
    hr_server *server = after_one_request();
    hr_stats worker;

    worker.struct_size = sizeof worker;
    EXPECT_NUMBER(1, hr_server_workers(server));
    EXPECT_RESULT(HR_OK, hr_server_worker_stats(server, 0, &worker));
    EXPECT_NUMBER(1, worker.requests_handled);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_worker_stats(server, 1, &worker));
    hr_server_free(server);
}

static void a_caller_with_a_smaller_struct_gets_what_it_knows(void)
{
    hr_server *server = after_one_request();
    hr_stats stats;

    memset(&stats, 0xff, sizeof stats);
    stats.struct_size = offsetof(hr_stats, bytes_sent);
    EXPECT_RESULT(HR_OK, hr_server_stats(server, &stats));
    EXPECT_NUMBER(1, stats.requests_handled);
    EXPECT(stats.bytes_sent == UINT64_MAX);
    hr_server_free(server);
}

static void what_a_caller_with_a_larger_struct_knows_beyond_is_zero(void)
{
    struct {
        hr_stats known;
        uint64_t more[3];
    } stats;
    hr_server *server = after_one_request();

    memset(&stats, 0xff, sizeof stats);
    stats.known.struct_size = offsetof(__typeof__(stats), more[2]);
    EXPECT_RESULT(HR_OK, hr_server_stats(server, &stats.known));
    EXPECT_NUMBER(1, stats.known.requests_handled);
    EXPECT(stats.more[0] == 0 && stats.more[1] == 0);
    EXPECT(stats.more[2] == UINT64_MAX);
    hr_server_free(server);
}

static void a_struct_size_that_was_not_set_is_a_result(void)
{
    hr_server *server = listening_server();
    hr_stats stats;

    memset(&stats, 0, sizeof stats);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_stats(server, &stats));
    EXPECT_TEXT("struct_size: expected sizeof(hr_stats), got 0", hr_last_error());
    stats.struct_size = sizeof stats - 4;
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_stats(server, &stats));
    EXPECT_CONTAINS("struct_size: ", hr_last_error());
    /* What an uninitialized struct may well hold; believed, it would be 4 GiB of zeros. */
    stats.struct_size = UINT32_MAX - 7;
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_stats(server, &stats));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_worker_stats(server, 0, &stats));
    EXPECT_CONTAINS("struct_size: ", hr_last_error());
    EXPECT_NUMBER(UINT32_MAX - 7, stats.struct_size);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_stats(server, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_stats(NULL, &stats));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_worker_stats(NULL, 0, &stats));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_worker_stats(server, 0, NULL));
    hr_server_free(server);
}

static void they_can_be_asked_for_before_and_after_running(void)
{
    hr_server *server = listening_server();
    hr_stats stats;

    stats.struct_size = sizeof stats;
    EXPECT_RESULT(HR_OK, hr_server_stats(server, &stats));
    EXPECT_NUMBER(0, stats.requests_handled);
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_RESULT(HR_OK, hr_server_stop(server));
    EXPECT_RESULT(HR_OK, hr_server_stats(server, &stats));
    EXPECT_NUMBER(0, stats.connections_open);
    hr_server_free(server);
}

static void every_format_names_every_statistic(void)
{
    static const hr_format formats[] = {HR_FORMAT_TEXT, HR_FORMAT_JSON, HR_FORMAT_PROMETHEUS};
    hr_server *server = after_one_request();

    for (size_t i = 0; i < 3; i++) {
        size_t need = 0;
        char *text;

        EXPECT_RESULT(HR_OK, hr_server_stats_text(server, formats[i], NULL, 0, &need));
        text = malloc(need + 257);
        EXPECT_RESULT(HR_OK, hr_server_stats_text(server, formats[i], text, need + 257, NULL));
        EXPECT_CONTAINS("connections_handled", text);
        EXPECT_CONTAINS("deferred_gone", text);
        free(text);
    }
    hr_server_free(server);
}

static void misuse_of_the_text_is_a_result(void)
{
    hr_server *server = listening_server();
    char text[16];
    size_t need = 0;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_server_stats_text(server, (hr_format)4711, text, sizeof text, &need));
    EXPECT_CONTAINS("4711", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_server_stats_text(NULL, HR_FORMAT_TEXT, text, sizeof text, &need));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_server_stats_text(server, HR_FORMAT_TEXT, NULL, 16, &need));
    EXPECT_RESULT(HR_ERR_BUFFER_TOO_SMALL,
                  hr_server_stats_text(server, HR_FORMAT_TEXT, text, sizeof text, &need));
    EXPECT_NUMBER(sizeof text - 1, strlen(text));
    EXPECT(need > sizeof text);
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(a_request_is_counted),
    TEST_CASE(the_only_worker_has_the_sum),
    TEST_CASE(a_caller_with_a_smaller_struct_gets_what_it_knows),
    TEST_CASE(what_a_caller_with_a_larger_struct_knows_beyond_is_zero),
    TEST_CASE(a_struct_size_that_was_not_set_is_a_result),
    TEST_CASE(they_can_be_asked_for_before_and_after_running),
    TEST_CASE(every_format_names_every_statistic),
    TEST_CASE(misuse_of_the_text_is_a_result),
};

TEST_SUITE(stats);
