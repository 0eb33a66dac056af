/* Two servers in one program: the public one answers anything, the private one says how it is.
 *
 *     build/examples/embed [PUBLIC PRIVATE] &
 *     curl http://127.0.0.1:8080/pixel.gif
 *     curl http://127.0.0.1:8081/health
 */
#include <http_responder.h>

#include <stdio.h>

static hr_server *serve(const char *address, const char *default_answers)
{
    hr_config *config = hr_config_new();
    hr_server *server = NULL;

    if (hr_config_set(config, "workers", "1") == HR_OK
        && hr_config_set(config, "default_answers", default_answers) == HR_OK
        && hr_server_new(config, &server) == HR_OK
        && hr_server_listen(server, address, NULL) != HR_OK) {
        hr_server_free(server);
        server = NULL;
    }
    hr_config_free(config);
    return server;
}

/* A rule is answered by the workers from memory; no code of ours runs. */
static hr_result add_health(hr_server *server)
{
    hr_response *response = hr_response_new(200);
    hr_result result = hr_response_header(response, "Content-Type", "text/plain");

    if (result == HR_OK)
        result = hr_response_body_static(response, "healthy\n", 8);
    if (result == HR_OK)
        result = hr_server_rule(server, "GET", "/health", response);
    hr_response_free(response);
    return result;
}

int main(int argc, char **argv)
{
    hr_server *public_server = serve(argc > 2 ? argv[1] : "127.0.0.1:8080", "on");
    hr_server *private_server = serve(argc > 2 ? argv[2] : "127.0.0.1:8081", "off");
    int status = 1;

    if (public_server != NULL && private_server != NULL && add_health(private_server) == HR_OK
        && hr_server_use_signals(public_server) == HR_OK
        && hr_server_start(private_server) == HR_OK && hr_server_run(public_server) == HR_OK)
        status = 0;
    else
        fprintf(stderr, "embed: %s\n", hr_last_error());
    hr_server_free(public_server);
    hr_server_free(private_server);
    return status;
}
