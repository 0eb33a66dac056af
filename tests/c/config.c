#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARGUMENTS(...) ((const char *const[]){"program", __VA_ARGS__})

static const char not_utf8[] = "w\xffrkers";

static void an_option_reads_back_in_canonical_form(void)
{
    hr_config *config = hr_config_new();
    char value[32];
    size_t need = 0;

    EXPECT_RESULT(HR_OK, hr_config_set(config, "max_body", "65536"));
    EXPECT_RESULT(HR_OK, hr_config_get(config, "max_body", value, sizeof value, &need));
    EXPECT_TEXT("64k", value);
    EXPECT_NUMBER(3, need);
    hr_config_free(config);
}

static void an_option_that_was_never_set_has_its_default(void)
{
    hr_config *config = hr_config_new();
    char value[32];

    EXPECT_RESULT(HR_OK, hr_config_get(config, "accept", value, sizeof value, NULL));
    EXPECT_TEXT("dispatch", value);
    EXPECT(!hr_config_is_set(config, "accept"));
    EXPECT_RESULT(HR_OK, hr_config_set(config, "accept", "dispatch"));
    EXPECT(hr_config_is_set(config, "accept"));
    hr_config_free(config);
}

static void a_bad_value_is_named_and_changes_nothing(void)
{
    hr_config *config = hr_config_new();
    char value[32];

    EXPECT_RESULT(HR_OK, hr_config_set(config, "keep_alive_timeout", "10s"));
    EXPECT_RESULT(HR_ERR_CONFIG, hr_config_set(config, "keep_alive_timeout", "ten"));
    EXPECT_CONTAINS("keep_alive_timeout: expected a duration", hr_last_error());
    EXPECT_CONTAINS("got \"ten\"", hr_last_error());
    EXPECT_RESULT(HR_OK, hr_config_get(config, "keep_alive_timeout", value, sizeof value, NULL));
    EXPECT_TEXT("10s", value);
    hr_config_free(config);
}

static void options_that_contradict_each_other_are_found_before_there_is_a_server(void)
{
    hr_config *config = hr_config_new();

    EXPECT_RESULT(HR_OK, hr_config_check(config));
    EXPECT_RESULT(HR_OK, hr_config_set(config, "max_head", "1k"));
    EXPECT_RESULT(HR_ERR_CONFIG, hr_config_check(config));
    EXPECT_CONTAINS("max_target: expected less than max_head (1k)", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_check(NULL));
    hr_config_free(config);
}

static void an_unknown_option_is_named(void)
{
    hr_config *config = hr_config_new();
    char value[32];

    EXPECT_RESULT(HR_ERR_CONFIG, hr_config_set(config, "wrokers", "1"));
    EXPECT_CONTAINS("wrokers", hr_last_error());
    EXPECT_RESULT(HR_ERR_CONFIG, hr_config_get(config, "wrokers", value, sizeof value, NULL));
    EXPECT(!hr_config_is_set(config, "wrokers"));
    hr_config_free(config);
}

static void null_and_other_misuse_is_named(void)
{
    hr_config *config = hr_config_new();
    char value[32];
    size_t need;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_set(NULL, "workers", "1"));
    EXPECT_TEXT("config: must not be NULL", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_set(config, NULL, "1"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_set(config, "workers", NULL));
    EXPECT_TEXT("value: must not be NULL", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_set(config, not_utf8, "1"));
    EXPECT_TEXT("name: must be UTF-8", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_get(NULL, "workers", value, 32, &need));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_get(config, NULL, value, 32, &need));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_get(config, "workers", NULL, 32, &need));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_get(config, "workers", NULL, 0, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_load_file(NULL, "x"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_load_file(config, NULL));
    EXPECT(!hr_config_is_set(NULL, "workers"));
    EXPECT(!hr_config_is_set(config, NULL));
    hr_config_free(config);
    hr_config_free(NULL);
}

static void a_buffer_gets_what_fits_and_the_size_is_told(void)
{
    hr_config *config = hr_config_new();
    char value[9] = "########";
    size_t need = 0;

    EXPECT_RESULT(HR_OK, hr_config_get(config, "accept", NULL, 0, &need));
    EXPECT_NUMBER(8, need);
    EXPECT_RESULT(HR_ERR_BUFFER_TOO_SMALL, hr_config_get(config, "accept", value, 4, &need));
    EXPECT_TEXT("dis", value);
    EXPECT_NUMBER('#', value[4]);
    EXPECT_NUMBER(8, need);
    EXPECT_RESULT(HR_ERR_BUFFER_TOO_SMALL, hr_config_get(config, "accept", value, 8, NULL));
    EXPECT_TEXT("dispatc", value);
    EXPECT_RESULT(HR_OK, hr_config_get(config, "accept", value, 9, NULL));
    EXPECT_TEXT("dispatch", value);
    hr_config_free(config);
}

static void a_command_line_is_taken_as_main_gets_it(void)
{
    hr_config *config = hr_config_new();
    char value[32];
    int next = 0;

    EXPECT_RESULT(HR_OK, hr_config_parse_args(
                             config, 7, ARGUMENTS("8080", "127.0.0.1", "-w", "3", "--", "rest"),
                             &next));
    EXPECT_NUMBER(6, next);
    EXPECT_RESULT(HR_OK, hr_config_get(config, "workers", value, sizeof value, NULL));
    EXPECT_TEXT("3", value);
    EXPECT_RESULT(HR_OK, hr_config_get(config, "port", value, sizeof value, NULL));
    EXPECT_TEXT("8080", value);
    EXPECT(hr_config_is_set(config, "address"));
    hr_config_free(config);
}

static void a_command_line_that_fails_changes_nothing(void)
{
    hr_config *config = hr_config_new();
    int next = 4711;

    EXPECT_RESULT(HR_ERR_CONFIG,
                  hr_config_parse_args(config, 4, ARGUMENTS("-w", "3", "--nosuch"), &next));
    EXPECT_CONTAINS("nosuch", hr_last_error());
    EXPECT_NUMBER(4711, next);
    EXPECT(!hr_config_is_set(config, "workers"));
    hr_config_free(config);
}

static void an_argument_left_over_is_an_error_where_nobody_asks_for_it(void)
{
    hr_config *config = hr_config_new();

    EXPECT_RESULT(HR_ERR_CONFIG, hr_config_parse_args(config, 7, ARGUMENTS("-w", "3", "80", "::1",
                                                                          "--", "rest"), NULL));
    EXPECT_TEXT("unexpected argument \"rest\"", hr_last_error());
    EXPECT_RESULT(HR_ERR_CONFIG, hr_config_parse_args(
                                     config, 6, ARGUMENTS("-w", "3", "80", "::1", "rest"), NULL));
    EXPECT_TEXT("unexpected argument \"rest\"", hr_last_error());
    EXPECT(!hr_config_is_set(config, "workers"));
    EXPECT_RESULT(HR_OK, hr_config_parse_args(config, 3, ARGUMENTS("-w", "3"), NULL));
    EXPECT_RESULT(HR_OK, hr_config_parse_args(config, 4, ARGUMENTS("--", "80", "::1"), NULL));
    EXPECT_RESULT(HR_ERR_CONFIG,
                  hr_config_parse_args(config, 5, ARGUMENTS("80", "::1", "--port", "81"), NULL));
    EXPECT_CONTAINS("port: said twice", hr_last_error());
    hr_config_free(config);
}

static void a_command_line_that_is_none_is_named(void)
{
    hr_config *config = hr_config_new();
    int next;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_parse_args(config, -1, ARGUMENTS("x"), &next));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_parse_args(config, 2, NULL, &next));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_parse_args(NULL, 2, ARGUMENTS("x"), &next));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_parse_args(config, 2, ARGUMENTS(NULL), &next));
    EXPECT_TEXT("argv[1]: must not be NULL", hr_last_error());
    EXPECT_RESULT(HR_OK, hr_config_parse_args(config, 0, NULL, &next));
    EXPECT_NUMBER(0, next);
    EXPECT_RESULT(HR_OK, hr_config_parse_args(config, 1, ARGUMENTS(NULL), &next));
    EXPECT_NUMBER(1, next);
    hr_config_free(config);
}

static void a_file_sets_options_and_its_faults_are_named(void)
{
    hr_config *config = hr_config_new();
    char path[] = "/tmp/http_responder_test_XXXXXX";
    int fd = mkstemp(path);
    char value[32];

    EXPECT(write(fd, "workers = 3\n", 12) == 12);
    EXPECT_RESULT(HR_OK, hr_config_load_file(config, path));
    EXPECT_RESULT(HR_OK, hr_config_get(config, "workers", value, sizeof value, NULL));
    EXPECT_TEXT("3", value);
    EXPECT(write(fd, "max_body = \"lots\"\n", 18) == 18);
    EXPECT_RESULT(HR_ERR_CONFIG, hr_config_load_file(config, path));
    EXPECT_CONTAINS(path, hr_last_error());
    EXPECT_CONTAINS("max_body", hr_last_error());
    close(fd);
    unlink(path);
    EXPECT(hr_config_load_file(config, path) != HR_OK);
    EXPECT_CONTAINS(path, hr_last_error());
    hr_config_free(config);
}

static void help_and_version_are_seen_before_parsing(void)
{
    EXPECT_NUMBER(HR_ASKS_NOTHING, hr_config_asks(3, ARGUMENTS("8080", "127.0.0.1")));
    EXPECT_NUMBER(HR_ASKS_HELP, hr_config_asks(2, ARGUMENTS("--help")));
    EXPECT_NUMBER(HR_ASKS_HELP, hr_config_asks(3, ARGUMENTS("8080", "-h")));
    EXPECT_NUMBER(HR_ASKS_VERSION, hr_config_asks(2, ARGUMENTS("-V")));
    EXPECT_NUMBER(HR_ASKS_VERSION, hr_config_asks(2, ARGUMENTS("--version")));
    EXPECT_NUMBER(HR_ASKS_NOTHING, hr_config_asks(0, NULL));
    EXPECT_NUMBER(HR_ASKS_NOTHING, hr_config_asks(2, NULL));
}

static void a_command_line_of_pixelserv_becomes_options(void)
{
    const char *arguments[] = {"program", "192.0.2.1", "-p", "81", "-f"};
    const char *wrong[] = {"program", "-p", "http"};
    hr_config *config = hr_config_new();
    bool foreground = false;
    char text[4096];

    EXPECT_RESULT(HR_OK, hr_config_notes(config, text, sizeof text, NULL));
    EXPECT_TEXT("", text);
    EXPECT_RESULT(HR_OK, hr_config_parse_pixelserv(config, 5, arguments, &foreground));
    EXPECT(foreground);
    EXPECT_RESULT(HR_OK, hr_config_get(config, "port", text, sizeof text, NULL));
    EXPECT_TEXT("81", text);
    EXPECT_RESULT(HR_OK, hr_config_notes(config, text, sizeof text, NULL));
    EXPECT_CONTAINS("-k 443: https is not served, there are no ca.crt and ca.key in ", text);
    EXPECT_RESULT(HR_OK, hr_config_parse_pixelserv(config, 1, arguments, NULL));
    EXPECT_RESULT(HR_ERR_CONFIG, hr_config_parse_pixelserv(config, 3, wrong, &foreground));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_parse_pixelserv(NULL, 1, arguments, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_parse_pixelserv(config, 1, NULL, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_notes(NULL, text, sizeof text, NULL));
    EXPECT_RESULT(HR_OK, hr_config_pixelserv_usage("my_server", text, sizeof text, NULL));
    EXPECT(strstr(text, "usage: my_server --pixelserv") != NULL);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_pixelserv_usage(NULL, text, sizeof text, NULL));
    hr_config_free(config);
}

static void the_usage_names_the_program_and_its_options(void)
{
    char text[16 * 1024];
    char line[256];

    EXPECT_RESULT(HR_OK, hr_config_usage("my_server", text, sizeof text, NULL));
    EXPECT_CONTAINS("my_server", text);
    EXPECT_CONTAINS("--keep-alive-timeout", text);
    EXPECT_RESULT(HR_OK, hr_config_usage_line("my_server", line, sizeof line, NULL));
    EXPECT_CONTAINS("my_server", line);
    EXPECT(strchr(line, '\n') == NULL);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_usage(NULL, text, sizeof text, NULL));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_usage_line(NULL, line, sizeof line, NULL));
    EXPECT_RESULT(HR_ERR_BUFFER_TOO_SMALL, hr_config_usage("my_server", line, 10, NULL));
}

static void a_server_keeps_its_own_copy_of_the_options(void)
{
    hr_config *config = hr_config_new();
    hr_server *server = NULL;

    EXPECT_RESULT(HR_OK, hr_config_set(config, "workers", "3"));
    EXPECT_RESULT(HR_OK, hr_server_new(config, &server));
    EXPECT_RESULT(HR_OK, hr_config_set(config, "workers", "1"));
    hr_config_free(config);
    EXPECT_NUMBER(3, hr_server_workers(server));
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(an_option_reads_back_in_canonical_form),
    TEST_CASE(an_option_that_was_never_set_has_its_default),
    TEST_CASE(a_bad_value_is_named_and_changes_nothing),
    TEST_CASE(options_that_contradict_each_other_are_found_before_there_is_a_server),
    TEST_CASE(an_unknown_option_is_named),
    TEST_CASE(null_and_other_misuse_is_named),
    TEST_CASE(a_buffer_gets_what_fits_and_the_size_is_told),
    TEST_CASE(a_command_line_is_taken_as_main_gets_it),
    TEST_CASE(a_command_line_that_fails_changes_nothing),
    TEST_CASE(an_argument_left_over_is_an_error_where_nobody_asks_for_it),
    TEST_CASE(a_command_line_that_is_none_is_named),
    TEST_CASE(a_file_sets_options_and_its_faults_are_named),
    TEST_CASE(help_and_version_are_seen_before_parsing),
    TEST_CASE(the_usage_names_the_program_and_its_options),
    TEST_CASE(a_command_line_of_pixelserv_becomes_options),
    TEST_CASE(a_server_keeps_its_own_copy_of_the_options),
};

TEST_SUITE(config);
