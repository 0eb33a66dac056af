/* What a handler must not do is logged: through the option log_level, and not for every request. */
#include "client.h"
#include "harness.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { REQUESTS = 30 };

static char log_text[16 * 1024];

static hr_action no_action_at_all(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    (void)exchange;
    return (hr_action)77;
}

static hr_action answer_and_decline(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    (void)request;
    EXPECT_RESULT(HR_OK, hr_respond_bytes(exchange, 200, "text/plain", "mine", 4));
    return HR_DECLINE;
}

static hr_action answer_and_return_any_number(void *user, const hr_request *request,
                                              hr_exchange *exchange)
{
    answer_and_decline(user, request, exchange);
    return (hr_action)77;
}

static hr_action defer_and_decline(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_response *response = user;
    hr_deferred *deferred = NULL;

    (void)request;
    EXPECT_RESULT(HR_OK, hr_exchange_defer(exchange, &deferred));
    EXPECT_RESULT(HR_OK, hr_deferred_respond(deferred, response));
    hr_deferred_free(deferred);
    return HR_DECLINE;
}

static int lines(const char *text)
{
    int count = 0;

    while ((text = strchr(text, '\n')) != NULL) {
        text++;
        count++;
    }
    return count;
}

/* Asks REQUESTS times with this log_level; log_text becomes what came to standard error. */
static void ask_and_listen(const char *log_level, hr_handler_fn handler, void *user, int status)
{
    hr_config *config = hr_config_new();
    hr_server *server = NULL;
    FILE *file = tmpfile();
    int ours = dup(STDERR_FILENO);
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_config_set(config, "log_level", log_level));
    EXPECT_RESULT(HR_OK, hr_config_set(config, "workers", "1"));
    EXPECT_RESULT(HR_OK, hr_config_set(config, "max_connections", "64"));
    EXPECT_RESULT(HR_OK, hr_server_new(config, &server));
    hr_config_free(config);
    EXPECT_RESULT(HR_OK, hr_server_listen(server, "127.0.0.1:0", NULL));
    EXPECT_RESULT(HR_OK, hr_server_route(server, NULL, "/fault", handler, user, NULL));
    EXPECT(file != NULL && dup2(fileno(file), STDERR_FILENO) >= 0);
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    for (int i = 0; i < REQUESTS; i++)
        EXPECT_NUMBER(status, get(server, "/fault", &reply));
    hr_server_free(server);
    EXPECT(dup2(ours, STDERR_FILENO) >= 0);
    close(ours);
    rewind(file);
    log_text[fread(log_text, 1, sizeof log_text - 1, file)] = '\0';
    fclose(file);
}

static void a_number_that_is_no_action_is_logged_but_not_each_time(void)
{
    ask_and_listen("warn", no_action_at_all, NULL, 500);
    EXPECT_CONTAINS("/fault", log_text);
    EXPECT(lines(log_text) < REQUESTS);
}

static void declining_after_the_answer_is_logged_but_not_each_time(void)
{
    ask_and_listen("warn", answer_and_decline, NULL, 200);
    EXPECT_CONTAINS("declined after it had answered or deferred, for /fault", log_text);
    EXPECT(lines(log_text) < REQUESTS);
}

static void declining_after_deferring_is_logged_and_the_deferred_answer_stands(void)
{
    hr_response *response = hr_response_new(202);

    ask_and_listen("warn", defer_and_decline, response, 202);
    EXPECT_CONTAINS("declined after it had answered or deferred, for /fault", log_text);
    hr_response_free(response);
}

static void a_number_that_is_no_action_stands_for_done(void)
{
    ask_and_listen("warn", answer_and_return_any_number, NULL, 200);
    EXPECT_TEXT("", log_text);
}

static void nothing_is_logged_where_the_log_is_off(void)
{
    ask_and_listen("off", no_action_at_all, NULL, 500);
    EXPECT_TEXT("", log_text);
    ask_and_listen("error", answer_and_decline, NULL, 200);
    EXPECT_TEXT("", log_text);
}

static const test_case cases[] = {
    TEST_CASE(a_number_that_is_no_action_is_logged_but_not_each_time),
    TEST_CASE(declining_after_the_answer_is_logged_but_not_each_time),
    TEST_CASE(declining_after_deferring_is_logged_and_the_deferred_answer_stands),
    TEST_CASE(a_number_that_is_no_action_stands_for_done),
    TEST_CASE(nothing_is_logged_where_the_log_is_off),
};

TEST_SUITE(faults);
