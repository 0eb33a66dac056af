#include "client.h"
#include "harness.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A file without a name that holds `octets`. */
static int file_of(const char *octets, size_t length)
{
    char name[] = "/tmp/hr_file_XXXXXX";
    int fd = mkstemp(name);

    unlink(name);
    EXPECT(write(fd, octets, length) == (ssize_t)length);
    return fd;
}

/* Gives each request a descriptor of its own for the file behind `user`. */
static hr_action give(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_response *head = hr_response_new(200);
    int fd = fcntl(*(const int *)user, F_DUPFD_CLOEXEC, 0);

    hr_response_header(head, "Content-Type", "text/plain");
    EXPECT_RESULT(HR_OK, hr_respond_file(exchange, request, head, fd));
    EXPECT_RESULT(HR_ERR_STATE, hr_respond_file(exchange, request, head, *(const int *)user));
    hr_response_free(head);
    return HR_DONE;
}

/* The value of a field of `reply`, up to the end of its line. */
static const char *field(const reply *reply, const char *name)
{
    static char value[128];
    const char *at = strstr(reply->text, name);

    value[0] = 0;
    if (at != NULL)
        sscanf(at + strlen(name), ": %127[^\r]", value);
    return value;
}

static int ask_with(const hr_server *server, const char *method, const char *lines, reply *reply)
{
    char request[512];

    snprintf(request, sizeof request, "%s /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s\r\n",
             method, lines);
    return ask(server, request, reply);
}

static void a_file_is_sent_whole_or_in_part(void)
{
    static reply reply;
    char line[256], tag[128];
    int fd = file_of("0123456789", 10);
    hr_server *server = serving("/file", give, &fd);

    EXPECT_NUMBER(200, ask_with(server, "GET", "", &reply));
    EXPECT_TEXT("0123456789", reply.body);
    EXPECT_TEXT("10", field(&reply, "Content-Length"));
    EXPECT_TEXT("bytes", field(&reply, "Accept-Ranges"));
    EXPECT(strstr(field(&reply, "Last-Modified"), " GMT") != NULL);
    snprintf(tag, sizeof tag, "%s", field(&reply, "ETag"));

    EXPECT_NUMBER(206, ask_with(server, "GET", "Range: bytes=2-4\r\n", &reply));
    EXPECT_TEXT("234", reply.body);
    EXPECT_TEXT("bytes 2-4/10", field(&reply, "Content-Range"));
    EXPECT_NUMBER(206, ask_with(server, "GET", "Range: bytes=-3\r\n", &reply));
    EXPECT_TEXT("789", reply.body);
    EXPECT_NUMBER(416, ask_with(server, "GET", "Range: bytes=10-\r\n", &reply));
    EXPECT_TEXT("bytes */10", field(&reply, "Content-Range"));
    EXPECT_TEXT("", reply.body);

    snprintf(line, sizeof line, "Range: bytes=0-0\r\nIf-Range: %s\r\n", tag);
    EXPECT_NUMBER(206, ask_with(server, "GET", line, &reply));
    EXPECT_NUMBER(200, ask_with(server, "GET", "Range: bytes=0-0\r\nIf-Range: \"old\"\r\n", &reply));
    snprintf(line, sizeof line, "If-None-Match: %s\r\n", tag);
    EXPECT_NUMBER(304, ask_with(server, "GET", line, &reply));
    EXPECT_TEXT("", field(&reply, "Content-Length"));

    EXPECT_NUMBER(200, ask_with(server, "HEAD", "", &reply));
    EXPECT_TEXT("10", field(&reply, "Content-Length"));
    EXPECT_TEXT("", reply.body);

    /* Another size is another file. */
    EXPECT(ftruncate(fd, 0) == 0);
    EXPECT_NUMBER(200, ask_with(server, "GET", line, &reply));
    EXPECT_TEXT("0", field(&reply, "Content-Length"));
    hr_server_free(server);
    close(fd);
}

static void a_large_file_arrives_whole_and_the_next_request_is_answered(void)
{
    enum { size = 20 * 1024 * 1024 };
    static char octets[size], received[size + 4096];
    size_t length = 0, bodies = 0;
    ssize_t got;
    int fd, client;
    hr_server *server;

    for (size_t at = 0; at < size; at++)
        octets[at] = (char)('a' + at % 23);
    fd = file_of(octets, size);
    server = serving("/file", give, &fd);
    client = connect_to(server, 0);
    send_text(client, "GET /file HTTP/1.1\r\nHost: a\r\n\r\n"
                      "HEAD /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    while ((got = recv(client, received + length, sizeof received - length, 0)) > 0)
        length += (size_t)got;
    close(client);
    for (const char *at = received; (at = strstr(at, "HTTP/1.1 200")) != NULL; at++)
        bodies++;
    EXPECT_NUMBER(2, bodies);
    EXPECT(strstr(received, "\r\n\r\n") != NULL
           && memcmp(strstr(received, "\r\n\r\n") + 4, octets, size) == 0);
    hr_server_free(server);
    close(fd);
}

static void a_file_that_becomes_shorter_cuts_the_connection_off(void)
{
    enum { size = 64 * 1024 * 1024 };
    static char octets[1024 * 1024];
    size_t length = 0;
    ssize_t got;
    int fd = file_of("", 0);
    int client;
    hr_server *server;

    EXPECT(ftruncate(fd, size) == 0);
    server = serving("/file", give, &fd);
    client = connect_to(server, 0);
    send_text(client, "GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT((got = recv(client, octets, 1000, 0)) > 0);
    length = (size_t)got;
    EXPECT(ftruncate(fd, 1) == 0);
    while ((got = recv(client, octets, sizeof octets, 0)) > 0)
        length += (size_t)got;
    EXPECT(length < size);
    close(client);
    hr_server_free(server);
    close(fd);
}

static hr_action give_badly(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_request *copy = hr_request_clone(request);
    hr_response *head = hr_response_new(200);
    hr_response *empty = hr_response_new(204);
    int fds[2];

    EXPECT(pipe(fds) == 0);
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_file(exchange, request, head, fds[0]));
    EXPECT_TEXT("file: expected a regular file", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_file(exchange, request, head, -1));
    EXPECT_TEXT("fd: expected an open descriptor, got -1", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_file(exchange, copy, head, *(int *)user));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_file(exchange, request, empty, *(int *)user));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_file(exchange, NULL, head, *(int *)user));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_respond_file(NULL, request, head, *(int *)user));
    EXPECT(fcntl(fds[0], F_GETFD) >= 0); /* still ours */
    close(fds[0]);
    close(fds[1]);
    hr_response_free(empty);
    hr_response_free(head);
    hr_request_free(copy);
    return HR_DECLINE;
}

static void misuse_is_a_result_and_the_descriptor_stays_the_callers(void)
{
    static reply reply;
    int fd = file_of("x", 1);
    hr_server *server = serving("/file", give_badly, &fd);

    EXPECT_NUMBER(200, get(server, "/file", &reply)); /* the default answer */
    EXPECT(fcntl(fd, F_GETFD) >= 0);
    hr_server_free(server);
    close(fd);
}

static const test_case cases[] = {
    TEST_CASE(a_file_is_sent_whole_or_in_part),
    TEST_CASE(a_large_file_arrives_whole_and_the_next_request_is_answered),
    TEST_CASE(a_file_that_becomes_shorter_cuts_the_connection_off),
    TEST_CASE(misuse_is_a_result_and_the_descriptor_stays_the_callers),
};

TEST_SUITE(file);
