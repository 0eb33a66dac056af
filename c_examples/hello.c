/* A handler: GET /hello/{name} is greeted, everything else is answered by type.
 *
 *     build/examples/hello [ADDRESS] &
 *     curl http://127.0.0.1:8080/hello/world
 */
#include <http_responder.h>

#include <stdio.h>

static hr_action hello(void *user, const hr_request *request, hr_exchange *exchange)
{
    const char *greeting = user;
    char text[256];
    hr_str name = {NULL, 0};
    int length;

    hr_request_param(request, "name", &name);
    length = snprintf(text, sizeof text, "%s %.*s\n", greeting, (int)name.len, name.data);
    if (length < 0 || (size_t)length >= sizeof text)
        return HR_DECLINE; /* too long for us: the default answer will do */
    hr_respond_bytes(exchange, 200, "text/plain; charset=utf-8", text, (size_t)length);
    return HR_DONE;
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "127.0.0.1:8080";
    hr_server *server = NULL;
    int status = 1;

    if (hr_server_new(NULL, &server) == HR_OK
        && hr_server_listen(server, address, NULL) == HR_OK
        && hr_server_route(server, "GET", "/hello/{name}", hello, "hello", NULL) == HR_OK
        && hr_server_use_signals(server) == HR_OK && hr_server_run(server) == HR_OK)
        status = 0;
    else
        fprintf(stderr, "hello: %s\n", hr_last_error());
    hr_server_free(server);
    return status;
}
