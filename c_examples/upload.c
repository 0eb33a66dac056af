/* An upload of any size in little memory: its octets are counted and summed up as they arrive.
 *
 *     build/examples/upload [ADDRESS] &
 *     curl -T FILE http://127.0.0.1:8080/upload
 */
#include <http_responder.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct upload {
    hr_deferred *deferred;
    uint64_t octets;
    uint32_t sum; /* FNV-1a */
} upload;

static hr_pace take(void *user, const void *data, size_t len)
{
    const unsigned char *octets = data;
    upload *upload = user;

    upload->octets += len;
    for (size_t at = 0; at < len; at++)
        upload->sum = (upload->sum ^ octets[at]) * 16777619u;
    return HR_GO_ON;
}

static void end(void *user)
{
    upload *upload = user;
    hr_response *response = hr_response_new(200);
    char text[64];
    int length = snprintf(text, sizeof text, "%" PRIu64 " octets, sum %08" PRIx32 "\n",
                          upload->octets, upload->sum);

    hr_response_header(response, "Content-Type", "text/plain");
    hr_response_body_copy(response, text, (size_t)length);
    hr_deferred_respond(upload->deferred, response);
    hr_response_free(response);
}

/* Called in the end, whatever came of it: also where the client has left. */
static void let_go(void *user)
{
    upload *upload = user;

    hr_deferred_free(upload->deferred);
    free(upload);
}

static hr_action begin(void *user, const hr_request *request, hr_exchange *exchange)
{
    upload *upload = malloc(sizeof *upload);

    (void)user;
    (void)request;
    if (upload == NULL)
        return HR_DECLINE;
    upload->deferred = NULL;
    upload->octets = 0;
    upload->sum = 2166136261u;
    hr_exchange_receive(exchange, take, end, NULL, upload, let_go, &upload->deferred);
    return HR_DONE;
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "127.0.0.1:8080";
    const uint64_t largest = UINT64_C(1) << 40;
    hr_server *server = NULL;
    int status = 1;

    if (hr_server_new(NULL, &server) == HR_OK
        && hr_server_listen(server, address, NULL) == HR_OK
        && hr_server_route_upload(server, "PUT", "/upload", largest, begin, NULL, NULL) == HR_OK
        && hr_server_use_signals(server) == HR_OK && hr_server_run(server) == HR_OK)
        status = 0;
    else
        fprintf(stderr, "upload: %s\n", hr_last_error());
    hr_server_free(server);
    return status;
}
