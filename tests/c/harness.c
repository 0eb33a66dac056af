#include "harness.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Handlers run expectations too, on worker threads. */
static atomic_int broken;

static int report(const char *file, int line)
{
    atomic_fetch_add(&broken, 1);
    printf("    %s:%d: ", file, line);
    return 0;
}

int expect_true(int condition, const char *what, const char *file, int line)
{
    if (condition)
        return 1;
    report(file, line);
    printf("%s does not hold\n", what);
    return 0;
}

int expect_result(hr_result expected, hr_result actual, const char *what, const char *file, int line)
{
    if (expected == actual)
        return 1;
    report(file, line);
    printf("%s: expected \"%s\", got \"%s\" (%s)\n", what, hr_strerror(expected),
           hr_strerror(actual), actual == HR_OK ? "" : hr_last_error());
    return 0;
}

int expect_text(const char *expected, const char *actual, const char *what, const char *file, int line)
{
    if (actual != NULL && strcmp(expected, actual) == 0)
        return 1;
    report(file, line);
    printf("%s: expected \"%s\", got \"%s\"\n", what, expected, actual == NULL ? "NULL" : actual);
    return 0;
}

int expect_contains(const char *part, const char *text, const char *what, const char *file, int line)
{
    if (text != NULL && strstr(text, part) != NULL)
        return 1;
    report(file, line);
    printf("%s: \"%s\" is not in \"%s\"\n", what, part, text == NULL ? "NULL" : text);
    return 0;
}

int expect_str(const char *expected, hr_str actual, const char *what, const char *file, int line)
{
    if (actual.data != NULL && strlen(expected) == actual.len
        && memcmp(expected, actual.data, actual.len) == 0)
        return 1;
    report(file, line);
    printf("%s: expected \"%s\", got \"%.*s\"\n", what, expected,
           actual.data == NULL ? 0 : (int)actual.len, actual.data == NULL ? "" : actual.data);
    return 0;
}

int expect_number(long long expected, long long actual, const char *what, const char *file, int line)
{
    if (expected == actual)
        return 1;
    report(file, line);
    printf("%s: expected %lld, got %lld\n", what, expected, actual);
    return 0;
}

static int wanted(const test_suite *suite, char *const *nouns)
{
    if (*nouns == NULL)
        return 1;
    while (*nouns != NULL && strcmp(*nouns, suite->noun) != 0)
        nouns++;
    return *nouns != NULL;
}

static int passes(const char *noun, const test_case *test)
{
    int before = atomic_load(&broken);
    int passed;

    /* The name comes first, so that a crash shows where it was. */
    printf("  %s: %s\n", noun, test->name);
    fflush(stdout);
    test->run();
    passed = atomic_load(&broken) == before;
    if (!passed)
        printf("  %s: %s FAILED\n", noun, test->name);
    return passed;
}

int run_suites(const test_suite *const *suites, size_t count, char *const *nouns)
{
    int passed = 0;
    int failed = 0;

    for (size_t i = 0; i < count; i++) {
        if (!wanted(suites[i], nouns))
            continue;
        for (size_t j = 0; j < suites[i]->count; j++) {
            if (passes(suites[i]->noun, &suites[i]->cases[j]))
                passed++;
            else
                failed++;
        }
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed;
}
