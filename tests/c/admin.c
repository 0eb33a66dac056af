/* The admin side of a server. */
#include "harness.h"

#include <string.h>

static void the_admin_side_tells_its_address_while_there_is_one(void)
{
    hr_config *config = hr_config_new();
    hr_server *server = NULL;
    char address[64];
    size_t need = 0;

    EXPECT_RESULT(HR_OK, hr_config_set(config, "admin", "127.0.0.1:0"));
    EXPECT_RESULT(HR_OK, hr_server_new(config, &server));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_admin_address(server, address, sizeof address, NULL));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_RESULT(HR_OK, hr_server_admin_address(server, address, sizeof address, &need));
    EXPECT_CONTAINS("127.0.0.1:", address);
    EXPECT(strcmp(address, "127.0.0.1:0") != 0);
    EXPECT_NUMBER(strlen(address), need);
    hr_server_free(server);
    hr_config_free(config);
}

static void without_the_option_there_is_no_admin_side(void)
{
    hr_server *server = NULL;
    char address[8];

    EXPECT_RESULT(HR_OK, hr_server_new(NULL, &server));
    EXPECT_RESULT(HR_OK, hr_server_start(server));
    EXPECT_RESULT(HR_ERR_STATE, hr_server_admin_address(server, address, sizeof address, NULL));
    EXPECT_CONTAINS("there is no admin side", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT,
                  hr_server_admin_address(NULL, address, sizeof address, NULL));
    hr_server_free(server);
}

static void an_address_that_others_can_reach_is_refused(void)
{
    hr_config *config = hr_config_new();

    EXPECT_RESULT(HR_ERR_CONFIG, hr_config_set(config, "admin", "0.0.0.0:9100"));
    EXPECT_CONTAINS("admin: expected unix:/path, or a loopback address", hr_last_error());
    hr_config_free(config);
}

static const test_case cases[] = {
    TEST_CASE(the_admin_side_tells_its_address_while_there_is_one),
    TEST_CASE(without_the_option_there_is_no_admin_side),
    TEST_CASE(an_address_that_others_can_reach_is_refused),
};

TEST_SUITE(admin);
