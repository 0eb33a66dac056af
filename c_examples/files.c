/* Files of one folder, whole or in ranges, sent by the kernel.
 *
 *     build/examples/files [ADDRESS [FOLDER]] &
 *     curl -r 0-99 http://127.0.0.1:8080/files/README.md
 */
#include <http_responder.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A name without a path: a pattern's parameter is one segment, and dots alone lead elsewhere. */
static int open_in(int folder, hr_str name)
{
    char text[256];

    if (name.len == 0 || name.len >= sizeof text || name.data[0] == '.'
        || memchr(name.data, 0, name.len) != NULL || memchr(name.data, '%', name.len) != NULL)
        return -1;
    memcpy(text, name.data, name.len);
    text[name.len] = 0;
    return openat(folder, text, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static hr_action give(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_response *head = hr_response_new(200);
    hr_str name = {NULL, 0};
    int fd;

    hr_request_param(request, "name", &name);
    fd = open_in(*(const int *)user, name);
    hr_response_header(head, "Content-Type", "application/octet-stream");
    if (fd < 0) {
        hr_respond_bytes(exchange, 404, "text/plain", "no such file\n", 13);
    } else if (hr_respond_file(exchange, request, head, fd) != HR_OK) {
        close(fd); /* not taken: a folder, say */
        hr_respond_bytes(exchange, 403, "text/plain", "no file\n", 8);
    }
    hr_response_free(head);
    return HR_DONE;
}

int main(int argc, char **argv)
{
    const char *address = argc > 1 ? argv[1] : "127.0.0.1:8080";
    int folder = open(argc > 2 ? argv[2] : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    hr_server *server = NULL;
    int status = 1;

    if (folder < 0)
        perror("files: the folder");
    else if (hr_server_new(NULL, &server) == HR_OK
             && hr_server_listen(server, address, NULL) == HR_OK
             && hr_server_route(server, "GET", "/files/{name}", give, &folder, NULL) == HR_OK
             && hr_server_use_signals(server) == HR_OK && hr_server_run(server) == HR_OK)
        status = 0;
    else
        fprintf(stderr, "files: %s\n", hr_last_error());
    hr_server_free(server);
    return status;
}
