#include "client.h"
#include "harness.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* Begins a stream of `length` octets for each request, and hands its writer to the test. */
typedef struct stage {
    hr_server *server;
    pthread_mutex_t lock;
    pthread_cond_t arrived;
    hr_writer *writer;
    int64_t length;
} stage;

static hr_action begin(void *user, const hr_request *request, hr_exchange *exchange)
{
    stage *stage = user;
    hr_response *head = hr_response_new(200);
    hr_deferred *deferred = NULL;
    hr_writer *writer = NULL;

    (void)request;
    EXPECT_RESULT(HR_OK, hr_response_header(head, "Content-Type", "text/plain"));
    EXPECT_RESULT(HR_OK, hr_exchange_defer(exchange, &deferred));
    EXPECT_RESULT(HR_OK, hr_deferred_stream(deferred, head, stage->length, &writer));
    EXPECT_RESULT(HR_ERR_STATE, hr_deferred_respond(deferred, head));
    hr_deferred_free(deferred);
    hr_response_free(head);
    pthread_mutex_lock(&stage->lock);
    stage->writer = writer;
    pthread_cond_signal(&stage->arrived);
    pthread_mutex_unlock(&stage->lock);
    return HR_DONE;
}

static void stage_open(stage *stage, int64_t length)
{
    pthread_mutex_init(&stage->lock, NULL);
    pthread_cond_init(&stage->arrived, NULL);
    stage->writer = NULL;
    stage->length = length;
    stage->server = serving("/stream", begin, stage);
}

static void stage_close(stage *stage)
{
    hr_server_free(stage->server);
    pthread_cond_destroy(&stage->arrived);
    pthread_mutex_destroy(&stage->lock);
}

static hr_writer *take(stage *stage)
{
    hr_writer *writer;

    pthread_mutex_lock(&stage->lock);
    while (stage->writer == NULL)
        pthread_cond_wait(&stage->arrived, &stage->lock);
    writer = stage->writer;
    stage->writer = NULL;
    pthread_mutex_unlock(&stage->lock);
    return writer;
}

static int ask_for_stream(stage *stage, const char *version)
{
    char text[128];
    int fd = connect_to(stage->server, 0);

    snprintf(text, sizeof text, "GET /stream HTTP/%s\r\nHost: a\r\nConnection: close\r\n\r\n",
             version);
    send_text(fd, text);
    return fd;
}

static void pieces_come_in_chunks_with_trailers_behind(void)
{
    static reply reply;
    stage stage;
    hr_writer *writer;
    int fd;

    stage_open(&stage, -1);
    fd = ask_for_stream(&stage, "1.1");
    writer = take(&stage);
    EXPECT(hr_writer_has_body(writer));
    EXPECT_RESULT(HR_OK, hr_writer_send(writer, "one", 3));
    EXPECT_RESULT(HR_OK, hr_writer_send(writer, NULL, 0));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_writer_send(writer, NULL, 1));
    EXPECT_RESULT(HR_OK, hr_writer_trailer(writer, "Digest", "x"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_writer_trailer(writer, "Content-Type", "a/b"));
    EXPECT_TEXT("trailer \"Content-Type\": expected a field that may stand behind the body",
                hr_last_error());
    EXPECT_RESULT(HR_OK, hr_writer_finish(writer));
    EXPECT_RESULT(HR_ERR_STATE, hr_writer_finish(writer));
    EXPECT_RESULT(HR_ERR_STATE, hr_writer_send(writer, "x", 1));
    hr_writer_free(writer);
    read_reply(fd, &reply);
    EXPECT_NUMBER(200, reply.status);
    EXPECT_CONTAINS("\r\nTransfer-Encoding: chunked\r\n", reply.text);
    EXPECT_TEXT("3\r\none\r\n0\r\nDigest: x\r\n\r\n", reply.body);
    stage_close(&stage);
}

static void a_length_is_kept_to(void)
{
    static reply reply;
    stage stage;
    hr_writer *writer;
    int fd;

    stage_open(&stage, 5);
    fd = ask_for_stream(&stage, "1.1");
    writer = take(&stage);
    EXPECT_RESULT(HR_ERR_STATE, hr_writer_send(writer, "123456", 6));
    EXPECT_RESULT(HR_ERR_STATE, hr_writer_trailer(writer, "Digest", "x"));
    EXPECT_RESULT(HR_OK, hr_writer_send(writer, "12345", 5));
    EXPECT_RESULT(HR_OK, hr_writer_finish(writer));
    hr_writer_free(writer);
    read_reply(fd, &reply);
    EXPECT_CONTAINS("\r\nContent-Length: 5\r\n", reply.text);
    EXPECT_TEXT("12345", reply.body);

    fd = ask_for_stream(&stage, "1.1");
    writer = take(&stage);
    EXPECT_RESULT(HR_OK, hr_writer_send(writer, "123", 3));
    EXPECT_RESULT(HR_ERR_STATE, hr_writer_finish(writer));
    EXPECT_TEXT("the stream ends 2 octets before the length that was announced", hr_last_error());
    hr_writer_free(writer);
    read_reply(fd, &reply);
    EXPECT_TEXT("123", reply.body);
    stage_close(&stage);
}

static void what_is_freed_unfinished_is_cut_off(void)
{
    static reply reply;
    stage stage;
    hr_writer *writer;
    int fd;

    stage_open(&stage, -1);
    fd = ask_for_stream(&stage, "1.1");
    writer = take(&stage);
    EXPECT_RESULT(HR_OK, hr_writer_send(writer, "half", 4));
    hr_writer_free(writer);
    read_reply(fd, &reply);
    EXPECT_TEXT("4\r\nhalf\r\n", reply.body);
    stage_close(&stage);
}

/* A producer without a thread: it goes on where it had to stop. */
typedef struct producer {
    size_t left;
    atomic_int finished;
    atomic_int freed;
} producer;

static void produce(void *user, hr_writer *writer)
{
    static const char piece[16 * 1024];
    producer *producer = user;

    while (producer->left > 0) {
        size_t count = producer->left < sizeof piece ? producer->left : sizeof piece;
        hr_result result = hr_writer_send(writer, piece, count);

        if (result == HR_ERR_AGAIN)
            return;
        if (!EXPECT_RESULT(HR_OK, result))
            break;
        producer->left -= count;
    }
    EXPECT_RESULT(HR_OK, hr_writer_finish(writer));
    hr_writer_free(writer);
    atomic_store(&producer->finished, 1);
}

static void note_free(void *user)
{
    atomic_fetch_add(&((producer *)user)->freed, 1);
}

static hr_action begin_producing(void *user, const hr_request *request, hr_exchange *exchange)
{
    producer *producer = user;
    hr_response *head = hr_response_new(200);
    hr_deferred *deferred = NULL;
    hr_writer *writer = NULL;

    (void)request;
    EXPECT_RESULT(HR_OK, hr_exchange_defer(exchange, &deferred));
    EXPECT_RESULT(HR_OK, hr_deferred_stream(deferred, head, (int64_t)producer->left, &writer));
    hr_deferred_free(deferred);
    hr_response_free(head);
    EXPECT_RESULT(HR_OK, hr_writer_on_ready(writer, produce, producer, note_free));
    produce(producer, writer);
    return HR_DONE;
}

static void a_producer_goes_on_when_it_is_called(void)
{
    enum { total = 24 * 1024 * 1024 };
    static char octets[256 * 1024];
    producer producer = {total, 0, 0};
    hr_server *server = serving("/stream", begin_producing, &producer);
    size_t received = 0;
    ssize_t got;
    int fd = connect_to(server, 0);

    send_text(fd, "GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    while ((got = recv(fd, octets, sizeof octets, 0)) > 0)
        received += (size_t)got;
    close(fd);
    EXPECT(received > total && received < total + 500);
    hr_server_free(server);
    EXPECT(atomic_load(&producer.finished));
    EXPECT_NUMBER(1, atomic_load(&producer.freed));
}

static void who_has_to_wait_may_do_so_and_hears_that_the_client_has_left(void)
{
    static const char piece[64 * 1024];
    struct linger reset = {1, 0};
    stage stage;
    hr_writer *writer;
    hr_result result;
    int fd;

    stage_open(&stage, -1);
    fd = ask_for_stream(&stage, "1.1");
    writer = take(&stage);
    do {
        while ((result = hr_writer_send(writer, piece, sizeof piece)) == HR_OK)
            ;
        EXPECT_RESULT(HR_ERR_AGAIN, result);
    } while ((result = hr_writer_wait(writer, 200)) == HR_OK);
    EXPECT_RESULT(HR_ERR_TIMEOUT, result);
    EXPECT(!hr_writer_is_gone(writer));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(fd);
    EXPECT_RESULT(HR_ERR_GONE, hr_writer_wait(writer, -1));
    EXPECT_RESULT(HR_ERR_GONE, hr_writer_send(writer, "x", 1));
    EXPECT_RESULT(HR_ERR_GONE, hr_writer_finish(writer));
    EXPECT(hr_writer_is_gone(writer));
    hr_writer_free(writer);
    stage_close(&stage);
}

static void a_server_is_freed_with_a_stream_still_open(void)
{
    stage stage;
    hr_writer *writer;
    int fd;

    stage_open(&stage, -1);
    fd = ask_for_stream(&stage, "1.1");
    writer = take(&stage);
    stage_close(&stage);
    EXPECT_RESULT(HR_ERR_GONE, hr_writer_send(writer, "x", 1));
    hr_writer_free(writer);
    close(fd);
}

static void misuse_is_a_result_and_no_crash(void)
{
    producer producer = {0, 0, 0};
    hr_response *head = hr_response_new(200);
    hr_writer *writer = NULL;

    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_deferred_stream(NULL, head, -1, &writer));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_writer_send(NULL, "x", 1));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_writer_on_ready(NULL, produce, &producer, note_free));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_writer_on_ready(NULL, NULL, &producer, note_free));
    EXPECT_NUMBER(2, atomic_load(&producer.freed));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_writer_wait(NULL, 0));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_writer_trailer(NULL, "a", "b"));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_writer_finish(NULL));
    EXPECT(hr_writer_is_gone(NULL) && !hr_writer_has_body(NULL));
    hr_writer_free(NULL);
    hr_response_free(head);
}

static hr_action begin_badly(void *user, const hr_request *request, hr_exchange *exchange)
{
    hr_response *head = hr_response_new(200);
    hr_response *full = hr_response_new(200);
    hr_deferred *deferred = NULL;
    hr_writer *writer = NULL;

    (void)user;
    (void)request;
    hr_response_body_copy(full, "x", 1);
    EXPECT_RESULT(HR_OK, hr_exchange_defer(exchange, &deferred));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_deferred_stream(deferred, full, -1, &writer));
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_deferred_stream(deferred, head, -2, &writer));
    EXPECT_TEXT("length: expected a number of octets, or -1, got -2", hr_last_error());
    EXPECT_RESULT(HR_ERR_INVALID_ARGUMENT, hr_deferred_stream(deferred, head, -1, NULL));
    EXPECT(writer == NULL);
    hr_deferred_free(deferred);
    hr_response_free(full);
    hr_response_free(head);
    return HR_DONE;
}

static void a_stream_that_could_not_begin_leaves_the_answer_open(void)
{
    static reply reply;
    hr_server *server = serving("/stream", begin_badly, NULL);

    EXPECT_NUMBER(500, get(server, "/stream", &reply));
    hr_server_free(server);
}

static const test_case cases[] = {
    TEST_CASE(pieces_come_in_chunks_with_trailers_behind),
    TEST_CASE(a_length_is_kept_to),
    TEST_CASE(what_is_freed_unfinished_is_cut_off),
    TEST_CASE(a_producer_goes_on_when_it_is_called),
    TEST_CASE(who_has_to_wait_may_do_so_and_hears_that_the_client_has_left),
    TEST_CASE(a_server_is_freed_with_a_stream_still_open),
    TEST_CASE(misuse_is_a_result_and_no_crash),
    TEST_CASE(a_stream_that_could_not_begin_leaves_the_answer_open),
};

TEST_SUITE(writer);
