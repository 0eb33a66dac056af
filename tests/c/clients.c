/* Limits of a client, and whose connection it is when a proxy says so. */
#include "client.h"
#include "harness.h"

#include <string.h>
#include <unistd.h>

static const char REQUEST[] = "GET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

static hr_action say_who(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_str peer = hr_request_peer(request);

    (void)user;
    EXPECT_RESULT(HR_OK, hr_respond_bytes(exchange, 200, "text/plain", peer.data, peer.len));
    return HR_DONE;
}

/* A server with one worker and these options, which listens and is not started. */
static hr_server *server_with(const char *const options[][2], size_t count)
{
    hr_config *config = hr_config_new();
    hr_server *server = NULL;

    EXPECT_RESULT(HR_OK, hr_config_set(config, "workers", "1"));
    EXPECT_RESULT(HR_OK, hr_config_set(config, "log_level", "off"));
    for (size_t i = 0; i < count; i++)
        EXPECT_RESULT(HR_OK, hr_config_set(config, options[i][0], options[i][1]));
    EXPECT_RESULT(HR_OK, hr_server_new(config, &server));
    hr_config_free(config);
    EXPECT_RESULT(HR_OK, hr_server_listen(server, "127.0.0.1:0", NULL));
    EXPECT_RESULT(HR_OK, hr_server_route(server, NULL, "/who", say_who, NULL, NULL));
    return server;
}

static hr_stats stats_of(const hr_server *server)
{
    hr_stats stats = {.struct_size = sizeof stats};

    EXPECT_RESULT(HR_OK, hr_server_stats(server, &stats));
    return stats;
}

static void a_second_connection_of_a_client_gets_429(void)
{
    const char *const options[][2] = {{"max_connections_per_client", "1"}, {"limit_loopback", "on"}};
    hr_server *server = server_with(options, 2);
    static reply reply;
    int first;

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    first = connect_to(server, 0);
    while (stats_of(server).connections_open == 0)
        usleep(1000);
    read_reply(connect_to(server, 0), &reply);
    EXPECT_NUMBER(429, reply.status);
    send_text(first, REQUEST);
    read_reply(first, &reply);
    EXPECT_NUMBER(200, reply.status);
    EXPECT_NUMBER(1, stats_of(server).refused_client_connections);
    hr_server_free(server);
}

static void requests_over_the_rate_get_429_and_the_connection_stays(void)
{
    const char *const options[][2] = {{"rate_per_client", "1"}, {"limit_loopback", "on"}};
    hr_server *server = server_with(options, 2);
    static reply reply;

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    ask(server,
        "GET /who HTTP/1.1\r\nHost: a\r\n\r\nGET /who HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        &reply);
    EXPECT_NUMBER(200, reply.status);
    EXPECT_CONTAINS("HTTP/1.1 429 ", reply.text);
    EXPECT_CONTAINS("Retry-After: 1", reply.text);
    EXPECT_NUMBER(1, stats_of(server).refused_client_rate);
    hr_server_free(server);
}

static void a_proxy_says_whose_connection_it_is(void)
{
    const char *const options[][2] = {{"proxy_protocol", "all"}};
    hr_server *server = server_with(options, 1);
    static reply reply;
    int fd;

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    fd = connect_to(server, 0);
    send_text(fd, "PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n");
    send_text(fd, REQUEST);
    read_reply(fd, &reply);
    EXPECT_NUMBER(200, reply.status);
    EXPECT_TEXT("192.0.2.7:4711", reply.body);

    EXPECT_NUMBER(0, ask(server, REQUEST, &reply));
    EXPECT_NUMBER(1, stats_of(server).refused_proxy_header);
    hr_server_free(server);
}

static void who_is_not_trusted_may_not_speak_for_others(void)
{
    const char *const options[][2] = {{"proxy_protocol", "all"}, {"proxy_trusted", "192.0.2.0/24"}};
    hr_server *server = server_with(options, 2);
    char octet;
    int fd;

    EXPECT_RESULT(HR_OK, hr_server_start(server));
    fd = connect_to(server, 0);
    EXPECT(read(fd, &octet, 1) <= 0);
    close(fd);
    EXPECT_NUMBER(1, stats_of(server).refused_proxy_source);
    hr_server_free(server);
}

static void a_listener_that_is_not_there_is_told_at_the_start(void)
{
    const char *const options[][2] = {{"proxy_protocol", "127.0.0.1:9"}};
    hr_server *server = server_with(options, 1);

    EXPECT_RESULT(HR_ERR_CONFIG, hr_server_start(server));
    EXPECT_CONTAINS("proxy_protocol: expected addresses of listeners (127.0.0.1:", hr_last_error());
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(a_second_connection_of_a_client_gets_429),
    TEST_CASE(requests_over_the_rate_get_429_and_the_connection_stays),
    TEST_CASE(a_proxy_says_whose_connection_it_is),
    TEST_CASE(who_is_not_trusted_may_not_speak_for_others),
    TEST_CASE(a_listener_that_is_not_there_is_told_at_the_start),
};

TEST_SUITE(clients);
