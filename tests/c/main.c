/* c_tests [noun...]: every test of the C API, or those of some nouns. */
#include "harness.h"

extern const test_suite suite_error, suite_config, suite_server, suite_handler, suite_request,
    suite_exchange, suite_response, suite_deferred, suite_stats, suite_process, suite_faults,
    suite_fork, suite_rules, suite_admin, suite_writer, suite_upload,
    suite_file, suite_host, suite_clients, suite_record;

int main(int argc, char **argv)
{
    const test_suite *const suites[] = {
        &suite_error,    &suite_config,   &suite_server,   &suite_handler, &suite_request,
        &suite_exchange, &suite_response, &suite_deferred, &suite_stats,   &suite_process,
        &suite_faults,   &suite_fork,     &suite_rules,    &suite_admin,
        &suite_writer,   &suite_upload,   &suite_file,     &suite_host,
        &suite_clients,  &suite_record,
    };

    (void)argc;
    return run_suites(suites, sizeof suites / sizeof suites[0], argv + 1) == 0 ? 0 : 1;
}
