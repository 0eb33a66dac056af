#include "harness.h"

#include <pthread.h>
#include <string.h>

static void every_result_has_a_description(void)
{
    static const hr_result results[] = {
        HR_OK,           HR_ERR_INVALID_ARGUMENT, HR_ERR_CONFIG,           HR_ERR_BIND,
        HR_ERR_STATE,    HR_ERR_GONE,             HR_ERR_IO,               HR_ERR_AGAIN,
        HR_ERR_TIMEOUT,  HR_ERR_BUFFER_TOO_SMALL, HR_ERR_NO_MEMORY,        HR_ERR_INTERNAL,
    };

    for (size_t i = 0; i < sizeof results / sizeof results[0]; i++) {
        EXPECT(strlen(hr_strerror(results[i])) > 0);
        EXPECT(strcmp(hr_strerror(results[i]), "unknown result code") != 0);
    }
    EXPECT_TEXT("success", hr_strerror(HR_OK));
    EXPECT_TEXT("invalid argument", hr_strerror(HR_ERR_INVALID_ARGUMENT));
}

static void the_numbers_of_results_never_change(void)
{
    EXPECT_NUMBER(0, HR_OK);
    EXPECT_NUMBER(1, HR_ERR_INVALID_ARGUMENT);
    EXPECT_NUMBER(2, HR_ERR_CONFIG);
    EXPECT_NUMBER(3, HR_ERR_BIND);
    EXPECT_NUMBER(4, HR_ERR_STATE);
    EXPECT_NUMBER(5, HR_ERR_GONE);
    EXPECT_NUMBER(6, HR_ERR_IO);
    EXPECT_NUMBER(7, HR_ERR_AGAIN);
    EXPECT_NUMBER(8, HR_ERR_TIMEOUT);
    EXPECT_NUMBER(9, HR_ERR_BUFFER_TOO_SMALL);
    EXPECT_NUMBER(10, HR_ERR_NO_MEMORY);
    EXPECT_NUMBER(99, HR_ERR_INTERNAL);
}

static void a_number_that_is_no_result_has_a_text_too(void)
{
    EXPECT_TEXT("unknown result code", hr_strerror((hr_result)4711));
    EXPECT_TEXT("unknown result code", hr_strerror((hr_result)-1));
}

static void a_call_that_works_leaves_the_last_error_as_it_is(void)
{
    hr_config *config = hr_config_new();

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_set(config, NULL, "1"));
    EXPECT_TEXT("name: must not be NULL", hr_last_error());
    EXPECT_RESULT(HR_OK, hr_config_set(config, "workers", "1"));
    EXPECT_TEXT("name: must not be NULL", hr_last_error());
    hr_config_free(config);
}

static void *on_another_thread(void *unused)
{
    (void)unused;
    EXPECT_TEXT("", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_config_set(NULL, "workers", "1"));
    EXPECT_TEXT("config: must not be NULL", hr_last_error());
    return NULL;
}

static void every_thread_has_its_own_last_error(void)
{
    pthread_t thread;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_server_start(NULL));
    if (EXPECT(pthread_create(&thread, NULL, on_another_thread, NULL) == 0))
        pthread_join(thread, NULL);
    EXPECT_TEXT("server: must not be NULL", hr_last_error());
}

static void the_library_and_the_header_are_of_one_version(void)
{
    EXPECT_NUMBER(HR_ABI_VERSION, hr_abi_version());
    EXPECT_TEXT(EXPECTED_VERSION, hr_version_string());
}

static const test_case cases[] = {
    TEST_CASE(every_result_has_a_description),
    TEST_CASE(the_numbers_of_results_never_change),
    TEST_CASE(a_number_that_is_no_result_has_a_text_too),
    TEST_CASE(a_call_that_works_leaves_the_last_error_as_it_is),
    TEST_CASE(every_thread_has_its_own_last_error),
    TEST_CASE(the_library_and_the_header_are_of_one_version),
};

TEST_SUITE(error);
