/* One prepared response, by a rule or by a callback:  callback PORT rule|callback */
#include <http_responder.h>

#include <stdio.h>
#include <string.h>

static hr_response *answer;

static hr_action handle(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user, (void)request;
    return hr_respond(exchange, answer) == HR_OK ? HR_DONE : HR_DECLINE;
}

static hr_result add_answer(hr_server *server, const char *how)
{
    if (strcmp(how, "rule") == 0)
        return hr_server_rule(server, "GET", "/x.gif", answer);
    return hr_server_route(server, "GET", "/x.gif", handle, NULL, NULL);
}

int main(int argc, char **argv)
{
    hr_config *config = hr_config_new();
    hr_server *server = NULL;
    char address[32];
    int status = 1;

    if (argc != 3)
        return 2;
    snprintf(address, sizeof address, "127.0.0.1:%s", argv[1]);
    answer = hr_response_new(200);
    if (hr_response_header(answer, "Content-Type", "image/gif") == HR_OK
        && hr_response_body_copy(answer, "0123456789012345678901234567890123456789012", 43) == HR_OK
        && hr_config_set(config, "workers", "1") == HR_OK && hr_config_set(config, "max_connections", "1000") == HR_OK
        && hr_server_new(config, &server) == HR_OK && hr_server_listen(server, address, NULL) == HR_OK
        && add_answer(server, argv[2]) == HR_OK && hr_server_use_signals(server) == HR_OK
        && hr_server_run(server) == HR_OK)
        status = 0;
    else
        fprintf(stderr, "callback: %s\n", hr_last_error());
    hr_server_free(server);
    hr_response_free(answer);
    hr_config_free(config);
    return status;
}
