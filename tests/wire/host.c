/* The C face of the wire tests: a program that embeds the library.
 *
 *     wire_host PORT PATH [OPTION VALUE]...
 *
 * listens on 127.0.0.1:PORT (0 picks one) and on the Unix socket PATH, prints one line
 * `listening on ADDRESS, ADDRESS`, and answers
 *
 *     /echo/{name}    the method, a space, and the body
 *     /field/{name}   the value of the request field {name}; 404 where there is none
 *     /only-get       a prepared answer, to GET (and so HEAD) only
 *
 * and everything else by type. SIGTERM drains it.
 */
#include <http_responder.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(hr_result result, const char *what)
{
    if (result != HR_OK) {
        fprintf(stderr, "wire_host: %s: %s\n", what, hr_last_error());
        exit(1);
    }
}

static hr_action echo(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_str method = hr_request_method(request);
    hr_str body = hr_request_body(request);
    size_t length = method.len + 1 + body.len;
    char *text = malloc(length);

    (void)user;
    if (text == NULL)
        return HR_DECLINE;
    memcpy(text, method.data, method.len);
    text[method.len] = ' ';
    if (body.len > 0)
        memcpy(text + method.len + 1, body.data, body.len);
    check(hr_respond_bytes(exchange, 200, "text/plain", text, length), "echo");
    free(text);
    return HR_DONE;
}

static hr_action field(void *user, const hr_request *request, hr_exchange *exchange)
{
    static const char prefix[] = "/field/";
    hr_str path = hr_request_path(request);
    hr_str value;
    char name[64] = "";

    (void)user;
    if (path.len - (sizeof prefix - 1) < sizeof name)
        memcpy(name, path.data + sizeof prefix - 1, path.len - (sizeof prefix - 1));
    if (hr_request_header(request, name, &value))
        check(hr_respond_bytes(exchange, 200, "text/plain", value.data, value.len), "field");
    else
        check(hr_respond_bytes(exchange, 404, "text/plain", "", 0), "field");
    return HR_DONE;
}

static void print_address(const hr_server *server, uint32_t listener, const char *before)
{
    char address[256];
    size_t need;

    check(hr_server_address(server, listener, address, sizeof address, &need), "address");
    printf("%s%s", before, address);
}

static hr_config *configure(int argc, char **argv)
{
    hr_config *config = hr_config_new();

    check(hr_config_set(config, "workers", "1"), "workers");
    check(hr_config_set(config, "max_connections", "1000"), "max_connections");
    check(hr_config_set(config, "default_answers", "on"), "default_answers");
    for (int i = 3; i + 1 < argc; i += 2)
        check(hr_config_set(config, argv[i], argv[i + 1]), argv[i]);
    return config;
}

static void add_routes(hr_server *server)
{
    hr_response *fixed = hr_response_new(200);

    check(hr_response_header(fixed, "Content-Type", "text/plain"), "header");
    check(hr_response_body_copy(fixed, "fixed", 5), "body");
    check(hr_server_rule(server, "GET", "/only-get", fixed), "rule");
    hr_response_free(fixed);
    check(hr_server_route(server, NULL, "/echo/{name}", echo, NULL, NULL), "route");
    check(hr_server_route(server, NULL, "/field/{name}", field, NULL, NULL), "route");
}

int main(int argc, char **argv)
{
    char address[256];
    uint32_t tcp, local;
    hr_config *config;
    hr_server *server;

    if (argc < 3) {
        fprintf(stderr, "usage: wire_host PORT PATH [OPTION VALUE]...\n");
        return 2;
    }
    config = configure(argc, argv);
    check(hr_server_new(config, &server), "server");
    hr_config_free(config);
    snprintf(address, sizeof address, "127.0.0.1:%s", argv[1]);
    check(hr_server_listen(server, address, &tcp), "listen");
    snprintf(address, sizeof address, "unix:%s", argv[2]);
    check(hr_server_listen(server, address, &local), "listen");
    add_routes(server);
    check(hr_server_use_signals(server), "signals");
    check(hr_server_start(server), "start");
    print_address(server, tcp, "listening on ");
    print_address(server, local, ", ");
    puts("");
    fflush(stdout);
    check(hr_server_wait(server, -1), "wait");
    hr_server_free(server);
    return 0;
}
