#include "client.h"
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

/* A rules file with this text. */
static void write_rules(const char *text)
{
    FILE *file;

    snprintf(path, sizeof path, "/tmp/hr_c_rules_%ld.toml", (long)getpid());
    file = fopen(path, "w");
    EXPECT(file != NULL);
    EXPECT(fputs(text, file) >= 0);
    EXPECT(fclose(file) == 0);
}

static void rules_of_a_file_answer_and_are_read_again(void)
{
    hr_server *server = listening_server();
    static reply reply;

    write_rules("[[rule]]\npath = \"/r\"\nstatus = 410\n");
    EXPECT_RESULT(HR_OK, hr_server_load_rules(server, path));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_NUMBER(410, get(server, "/r", &reply));
    write_rules("[[rule]]\nbody = \"new\"\n");
    EXPECT_RESULT(HR_OK, hr_server_reload(server));
    EXPECT_NUMBER(200, get(server, "/r", &reply));
    EXPECT_TEXT("new", reply.body);
    hr_server_free(server);
    unlink(path);
}

static void every_mistake_is_a_line_of_the_last_error(void)
{
    hr_server *server = listening_server();
    size_t rules = 77;

    write_rules("[[rule]]\nbody = 1\n[[rule]]\nhots = \"a\"\nbody = \"\"\n");
    EXPECT_RESULT(HR_ERR_CONFIG, hr_server_load_rules(server, path));
    EXPECT_CONTAINS(":2:8: rule 1, body: expected a text, got 1\n", hr_last_error());
    EXPECT_CONTAINS(":4:1: rule 2, key: unknown \"hots\", did you mean host?", hr_last_error());
    EXPECT_RESULT(HR_ERR_CONFIG, hr_rules_check(path, &rules));
    EXPECT_NUMBER(77, rules);
    write_rules("[[rule]]\nnull = \"gif\"\n[[rule]]\nreset = true\n");
    EXPECT_RESULT(HR_OK, hr_rules_check(path, &rules));
    EXPECT_NUMBER(2, rules);
    EXPECT_RESULT(HR_OK, hr_rules_check(path, NULL));
    unlink(path);
    EXPECT_RESULT(HR_ERR_IO, hr_server_load_rules(server, path));
    EXPECT_CONTAINS(path, hr_last_error());
    hr_server_free(server);
}

static void a_rule_that_can_never_match_is_told_and_no_mistake(void)
{
    char told[512];
    size_t rules = 0;
    size_t need = 0;

    write_rules("[[rule]]\nbody = \"all\"\n[[rule]]\npath = \"/never\"\nstatus = 404\n");
    EXPECT_RESULT(HR_OK, hr_rules_review(path, &rules, told, sizeof told, NULL));
    EXPECT_NUMBER(2, rules);
    EXPECT_CONTAINS(":3: rule 2 can never match: rule 1, line 1, takes every request that it would", told);
    EXPECT_RESULT(HR_OK, hr_rules_review(path, NULL, NULL, 0, &need));
    EXPECT_NUMBER(strlen(told), need);
    EXPECT_RESULT(HR_ERR_BUFFER_TOO_SMALL, hr_rules_review(path, NULL, told, 9, NULL));
    EXPECT_NUMBER(8, strlen(told));
    write_rules("[[rule]]\nbody = 1\n");
    EXPECT_RESULT(HR_ERR_CONFIG, hr_rules_review(path, &rules, told, sizeof told, NULL));
    unlink(path);
    EXPECT_RESULT(HR_ERR_IO, hr_rules_review(path, &rules, told, sizeof told, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_rules_review(NULL, &rules, told, sizeof told, NULL));
}

static void null_is_a_result_and_no_crash(void)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_load_rules(NULL, "x"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_load_rules(server, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_reload(NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_rules_check(NULL, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_use_systemd(NULL, NULL));
    hr_server_free(server);
}

static void nothing_to_read_again_is_no_error(void)
{
    hr_server *server = listening_server();

    EXPECT_RESULT(HR_OK, hr_server_reload(server));
    hr_server_free(server);
}

static void without_systemd_there_is_nothing_to_take_over(void)
{
    hr_server *server = listening_server();
    uint32_t sockets = 77;

    EXPECT_RESULT(HR_OK, hr_server_use_systemd(server, &sockets));
    EXPECT_NUMBER(0, sockets);
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_use_systemd(server, &sockets));
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(rules_of_a_file_answer_and_are_read_again),
    TEST_CASE(every_mistake_is_a_line_of_the_last_error),
    TEST_CASE(a_rule_that_can_never_match_is_told_and_no_mistake),
    TEST_CASE(null_is_a_result_and_no_crash),
    TEST_CASE(nothing_to_read_again_is_no_error),
    TEST_CASE(without_systemd_there_is_nothing_to_take_over),
};

TEST_SUITE(rules);
