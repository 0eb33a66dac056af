/* Callbacks over HTTP/2: /echo says what a handler sees of its request, /upload takes a body as it arrives and says
   how many octets there were. Says where it listens, ends with a line on standard input. */
#include <http_responder.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct upload {
    hr_deferred *deferred;
    uint64_t octets;
    unsigned calls;
};

static void must(hr_result result, const char *what)
{
    if (result != HR_OK) {
        fprintf(stderr, "%s: %s\n", what, hr_last_error());
        exit(1);
    }
}

static hr_action echo(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_str body = hr_request_body(request), host = hr_request_host(request);
    char text[256];
    int length = snprintf(text, sizeof text, "%d %.*s %zu", hr_request_version(request) == HR_HTTP_2, (int)host.len, host.data,
                          body.len);
    (void)user;
    hr_respond_bytes(exchange, 200, "text/plain", text, (size_t)length);
    return HR_DONE;
}

static hr_pace take(void *user, const void *data, size_t length)
{
    struct upload *upload = user;
    (void)data;
    upload->octets += length;
    upload->calls++;
    return HR_GO_ON;
}

static void end(void *user)
{
    struct upload *upload = user;
    char text[64];
    int length = snprintf(text, sizeof text, "%" PRIu64 " %d", upload->octets, upload->calls > 1);
    hr_response *response = hr_response_new(200);
    hr_response_body_copy(response, text, (size_t)length);
    hr_deferred_respond(upload->deferred, response);
    hr_response_free(response);
}

static void let_go(void *user)
{
    struct upload *upload = user;
    hr_deferred_free(upload->deferred);
    free(upload);
}

static hr_action upload(void *user, const hr_request *request, hr_exchange *exchange)
{
    struct upload *upload = calloc(1, sizeof *upload);
    (void)user;
    (void)request;
    if (upload == NULL) {
        return HR_DECLINE;
    }
    must(hr_exchange_receive(exchange, take, end, NULL, upload, let_go, &upload->deferred), "receive");
    return HR_DONE;
}

int main(void)
{
    hr_server *server = NULL;
    char address[64];
    must(hr_server_new(NULL, &server), "new");
    must(hr_server_route(server, "POST", "/echo", echo, NULL, NULL), "route");
    must(hr_server_route_upload(server, "PUT", "/upload", 1u << 30, upload, NULL, NULL), "upload");
    must(hr_server_listen(server, "127.0.0.1:0", NULL), "listen");
    must(hr_server_start(server), "start");
    must(hr_server_address(server, 0, address, sizeof address, NULL), "address");
    printf("%s\n", address);
    fflush(stdout);
    getchar();
    hr_server_free(server);
    return 0;
}
