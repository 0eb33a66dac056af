/* A small test frame: tests are functions named as sentences; an expectation that does not hold is
 * printed and the test goes on, so that one run shows all there is. */
#ifndef HARNESS_H
#define HARNESS_H

#include <http_responder.h>

#include <stddef.h>

typedef struct test_case {
    const char *name;
    void (*run)(void);
} test_case;

typedef struct test_suite {
    const char *noun;
    const test_case *cases;
    size_t count;
} test_suite;

#define TEST_CASE(function) {#function, function}
#define TEST_SUITE(noun)                                                                           \
    const test_suite suite_##noun = {#noun, cases, sizeof cases / sizeof cases[0]}

#define EXPECT(condition) expect_true((condition), #condition, __FILE__, __LINE__)
#define EXPECT_RESULT(expected, call) expect_result((expected), (call), #call, __FILE__, __LINE__)
#define EXPECT_TEXT(expected, actual) expect_text((expected), (actual), #actual, __FILE__, __LINE__)
#define EXPECT_CONTAINS(part, text) expect_contains((part), (text), #text, __FILE__, __LINE__)
#define EXPECT_STR(expected, view) expect_str((expected), (view), #view, __FILE__, __LINE__)
#define EXPECT_NUMBER(expected, actual)                                                            \
    expect_number((long long)(expected), (long long)(actual), #actual, __FILE__, __LINE__)

/* Each returns whether it held. */
int expect_true(int condition, const char *what, const char *file, int line);
int expect_result(hr_result expected, hr_result actual, const char *what, const char *file, int line);
int expect_text(const char *expected, const char *actual, const char *what, const char *file, int line);
int expect_contains(const char *part, const char *text, const char *what, const char *file, int line);
int expect_str(const char *expected, hr_str actual, const char *what, const char *file, int line);
int expect_number(long long expected, long long actual, const char *what, const char *file, int line);

/* Runs the suites, or those whose noun is among `nouns`; prints "N passed, N failed" and returns
 * how many failed. */
int run_suites(const test_suite *const *suites, size_t count, char *const *nouns);

#endif
