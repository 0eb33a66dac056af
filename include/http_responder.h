/*
 * http_responder.h - an HTTP/1.x server inside your program, answered by its own threads
 *
 * LINK    cc program.c $(pkg-config --cflags --libs http_responder)
 *         cc -static program.c $(pkg-config --static --cflags --libs http_responder)
 *
 * EXAMPLE
 *
 *     #include <http_responder.h>
 *     #include <stdio.h>
 *
 *     static hr_action hello(void *user, const hr_request *request, hr_exchange *exchange)
 *     {
 *         hr_str name = {NULL, 0};
 *         (void)user;
 *         hr_request_param(request, "name", &name);
 *         hr_respond_bytes(exchange, 200, "text/plain", name.data, name.len);
 *         return HR_DONE;
 *     }
 *
 *     int main(void)
 *     {
 *         hr_server *server = NULL;
 *         if (hr_server_new(NULL, &server) == HR_OK
 *             && hr_server_listen(server, "127.0.0.1:8080", NULL) == HR_OK
 *             && hr_server_route(server, "GET", "/hello/{name}", hello, NULL, NULL) == HR_OK
 *             && hr_server_use_signals(server) == HR_OK && hr_server_run(server) == HR_OK) {
 *             hr_server_free(server);
 *             return 0;
 *         }
 *         fprintf(stderr, "hello: %s\n", hr_last_error());
 *         hr_server_free(server);
 *         return 1;
 *     }
 *
 * OWNERSHIP
 *     What a _new function or an out-parameter gave you, you free once with its _free; NULL is fine;
 *     everything that you pass in is copied unless the name says otherwise (_static, _owned).
 *     What a const char * or an hr_str result points to is not yours: its function says how long it
 *     lives.
 *
 * THREADS
 *     A const T * may be used by several threads at once, a T * by one at a time, unless the type
 *     says more: servers, deferred answers and writers may be used from any thread, by several at
 *     once.
 *
 * FORK
 *     A server that was made but not started may be started in a child of fork(), after daemon()
 *     say: the process that starts it owns it. Once started it may be used and freed in that
 *     process only. A child inherits the listening sockets: they stay open, and their ports taken,
 *     until it ends or executes another program (they are close-on-exec).
 *
 * CALLBACKS
 *     A callback comes with a pointer of yours, passed to it as it is, and a finalizer for that
 *     pointer, which may be NULL. The finalizer is called exactly once, when nobody will call the
 *     callback any more, and also where the function that took them fails. Callbacks run on
 *     worker threads, several at once; they must not throw a C++ exception nor leave by longjmp().
 *
 *     The finalizer runs on the thread that gives up the last use: the one that frees the server, or
 *     the one whose call fails. For a fallback that is replaced while the server runs, that is
 *     whichever comes last, most often a worker: there the finalizer must not block either.
 *
 *     hr_server_stop(), hr_server_free() and hr_server_wait(-1) wait for the handlers that are
 *     running, for ever if one never returns. Where that may happen call hr_server_notify() with
 *     HR_NOTICE_STOP, then hr_server_wait() with a time, and do not free the server if that passes.
 *     Handlers of two servers must not stop or free each other's: each would wait for the other.
 *     They may notify.
 *
 * ANSWERS THAT TAKE TIME
 *     A handler must not block. hr_exchange_defer() takes the right to answer with you, to any thread;
 *     hr_request_clone() the request. Then hr_deferred_respond() answers at once, or
 *     hr_deferred_stream() piece by piece: hr_writer_send() copies and returns, until
 *     stream_high_water octets wait for the client. Then it is HR_ERR_AGAIN, until
 *     hr_writer_on_ready() or hr_writer_wait() say that stream_low_water is reached. So a slow client
 *     costs a bounded amount of memory; one that reads nothing is closed after write_timeout.
 *     A stream that is freed unfinished is cut off: the client sees that it is not whole.
 *
 * BODIES
 *     A handler of hr_server_route() gets its request when the body is whole, at most max_body
 *     octets of it. One of hr_server_route_upload() gets it at the end of the head, and
 *     hr_exchange_receive() has the body come as it arrives, pausing as it likes.
 *
 * EVENT LOOPS
 *     The server's threads are its own; a program with a loop needs to do nothing for them. If its
 *     handlers shall run in that loop, on your thread, hr_server_use_loop() gives a descriptor to
 *     poll, and hr_server_step() runs them.
 *
 * ERRORS
 *     Functions return an hr_result, and write their out-parameters only on HR_OK; hr_last_error()
 *     is this thread's detail text, hr_strerror() a short name for the number. Where a function
 *     returns something else, its comment says what stands for an error. Misuse that can be seen is
 *     HR_ERR_INVALID_ARGUMENT, naming the argument, or HR_ERR_STATE; names and values that are not
 *     UTF-8, paths too, are HR_ERR_INVALID_ARGUMENT. What cannot be seen is undefined, as ever in C: a pointer
 *     that was freed, a text without its NUL. A bug of the library itself is HR_ERR_INTERNAL.
 *
 * TEXTS
 *     Functions with buf, cap and need write at most cap octets into buf, a NUL included, and the
 *     length that it takes without the NUL into *need, which may be NULL. If that was not all, the
 *     result is HR_ERR_BUFFER_TOO_SMALL: buf then holds the beginning, with a NUL, and *need is
 *     right. A buf of NULL with a cap of 0 asks for the length only and is no error.
 *
 * SIGNALS
 *     No signal of your program is touched unless you call hr_server_use_signals(). A client that
 *     leaves never raises SIGPIPE.
 */

#ifndef HTTP_RESPONDER_H
#define HTTP_RESPONDER_H

/* Made by `make header` from bindings/c/src: change it there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The number of the ABI that this header describes, the one in the soname. Compare it with
// hr_abi_version() where the library is loaded at run time.
#define HR_ABI_VERSION 0

// What a call came to. The numbers are part of the ABI and are never reused; new ones may be
// added, so treat an unknown number as a failure.
enum hr_result
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : int32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It worked.
    HR_OK = 0,
    // An argument is NULL, out of its range or malformed; hr_last_error() names it.
    HR_ERR_INVALID_ARGUMENT = 1,
    // An option or a configuration file is wrong.
    HR_ERR_CONFIG = 2,
    // An address cannot be listened on.
    HR_ERR_BIND = 3,
    // The call does not fit the state of the object: started twice, answered twice.
    HR_ERR_STATE = 4,
    // The client has left: there is no connection to answer on.
    HR_ERR_GONE = 5,
    // The operating system refused something else.
    HR_ERR_IO = 6,
    // Not now: try again later.
    HR_ERR_AGAIN = 7,
    // The time allowed has passed.
    HR_ERR_TIMEOUT = 8,
    // Your buffer is too small; *need says what it takes.
    HR_ERR_BUFFER_TOO_SMALL = 9,
    // No memory. Reserved: where the library itself gets none, the process is aborted.
    HR_ERR_NO_MEMORY = 10,
    // A bug in this library, caught at its boundary. Please report it.
    HR_ERR_INTERNAL = 99,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hr_result hr_result;
#else
typedef int32_t hr_result;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a command line asks for in place of a server.
enum hr_asks
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // A server.
    HR_ASKS_NOTHING = 0,
    // -h or --help: print hr_config_usage().
    HR_ASKS_HELP = 1,
    // -V or --version: print hr_version_string().
    HR_ASKS_VERSION = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hr_asks hr_asks;
#else
typedef uint32_t hr_asks;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Where a server is in its life; it only moves forward.
enum hr_state
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Made: listeners may be added; nothing is answered.
    HR_STATE_BUILT = 0,
    // Answering.
    HR_STATE_RUNNING = 1,
    // Listeners closed; requests in progress are being finished.
    HR_STATE_DRAINING = 2,
    // Stopped, for good.
    HR_STATE_STOPPED = 3,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hr_state hr_state;
#else
typedef uint32_t hr_state;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// The version of a request.
enum hr_version
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // HTTP/1.0
    HR_HTTP_1_0 = 10,
    // HTTP/1.1
    HR_HTTP_1_1 = 11,
    // HTTP/2
    HR_HTTP_2 = 20,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hr_version hr_version;
#else
typedef uint32_t hr_version;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a handler did with a request.
enum hr_action
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // It answered, or deferred the answer.
    HR_DONE = 0,
    // Not mine: the next route that matches gets the request. Return it before answering or
    // deferring: afterwards it is a fault that is logged, and the answer stands.
    HR_DECLINE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hr_action hr_action;
#else
typedef uint32_t hr_action;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Whether a body that is taken as it arrives goes on.
enum hr_pace
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // More is wanted at once.
    HR_GO_ON = 0,
    // Nothing more before hr_deferred_resume(): the client has to wait, and no deadline runs.
    HR_PAUSE = 1,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hr_pace hr_pace;
#else
typedef uint32_t hr_pace;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// Something that hr_server_notify() tells a server.
enum hr_notice
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // Close everything at once.
    HR_NOTICE_STOP = 1,
    // Finish what is in progress, then stop.
    HR_NOTICE_DRAIN = 2,
    // Read files again.
    HR_NOTICE_RELOAD = 3,
    // Write the statistics to standard error.
    HR_NOTICE_DUMP_STATS = 4,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hr_notice hr_notice;
#else
typedef uint32_t hr_notice;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// How statistics are written as text.
enum hr_format
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // A table for people: name, sum, each worker.
    HR_FORMAT_TEXT = 0,
    // A JSON object.
    HR_FORMAT_JSON = 1,
    // Prometheus text exposition format 0.0.4.
    HR_FORMAT_PROMETHEUS = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hr_format hr_format;
#else
typedef uint32_t hr_format;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// What a client gets that asks for a name.
enum hr_choice
#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L
  : uint32_t
#endif // defined(__cplusplus) || __STDC_VERSION__ >= 202311L
 {
    // What it would get without being asked about: the certificate that fits, or one that is made.
    HR_CHOOSE_USUAL = 0,
    // The certificate that the function has given.
    HR_CHOOSE_CERTIFICATE = 1,
    // None: the handshake ends with an alert.
    HR_CHOOSE_NONE = 2,
};
#ifndef __cplusplus
#if __STDC_VERSION__ >= 202311L
typedef enum hr_choice hr_choice;
#else
typedef uint32_t hr_choice;
#endif // __STDC_VERSION__ >= 202311L
#endif // __cplusplus

// A certificate with its chain and its key. Any thread may use it, several at once.
typedef struct hr_certificate hr_certificate;

// Options by name, each with its default until something else is said. docs/options.md lists
// them. One thread at a time may use it.
typedef struct hr_config hr_config;

// The right to answer one request, once. Any thread may use it, and it may outlive its server.
typedef struct hr_deferred hr_deferred;

// Takes the answer to one request; valid until the handler returns. The handler's thread only.
typedef struct hr_exchange hr_exchange;

// A request with its answer, as they went over the wire. It belongs to the hr_records that it is of,
// and so does every hr_str that it gives.
typedef struct hr_record hr_record;

// What a server had recorded when it was asked: requests with their answers, in the order of the
// answers. It is yours, and stays as it is. Any thread may read it, several at once.
typedef struct hr_records hr_records;

// A whole request, valid until the handler returns, and so is every hr_str that it gives: copy
// what you want to keep, or all of it with hr_request_clone(). It may be read from several threads.
typedef struct hr_request hr_request;

// A response. It can be changed until it is first used by hr_respond(), hr_server_rule() or
// hr_deferred_respond(); from then on it is the same for ever, and any number of threads may use
// it at once.
typedef struct hr_response hr_response;

// A server. All functions but hr_server_free() may be called from any thread, several at once.
typedef struct hr_server hr_server;

// Writes the body of one answer piece by piece. Any thread may use it, several at once, and it may
// outlive its server.
typedef struct hr_writer hr_writer;

// Answers one request. Called on worker threads, several at once, so `user` must bear that, and
// it must not block for long: it holds up the other connections of its worker. `request` and
// `exchange` are valid until it returns. It must not throw a C++ exception nor longjmp out.
//
// If it returns HR_DONE without having answered or deferred, the client gets a 500, which is counted
// as handler_silences and logged, a line a second at most. A number that is no hr_action is taken
// for HR_DONE.
typedef hr_action (*hr_handler_fn)(void *user, const hr_request *request, hr_exchange *exchange);

// A finalizer as C writes it.
typedef void (*hr_free_fn)(void *user);

// A view of octets that belong to somebody else: never free it. It is not NUL-terminated and may
// hold any octet; print it with printf("%.*s", (int)s.len, s.data). What is absent has a data of
// NULL; what is there and empty has not.
typedef struct {
    // The first octet, or NULL.
    const char *data;
    // How many octets.
    size_t len;
} hr_str;

// Says which certificate a client is shown that asks for `name` (SNI): a valid host name in small
// letters, absent where it asks for none. Called on worker threads at each handshake, several at
// once, so `user` must bear that, and it must not block: it holds up the other connections of its
// worker. `name` is valid until it returns. *certificate, where it gives one, stays yours and must not
// be freed before the function has been replaced or the server freed.
//
// A number that is no hr_choice, and HR_CHOOSE_CERTIFICATE without a certificate, are taken for
// HR_CHOOSE_NONE.
typedef hr_choice (*hr_choose_fn)(void *user, hr_str name, const hr_certificate **certificate);

// Takes the next `len` octets of a body, at least one and at most 64 KiB, valid until it returns. A
// number that is no hr_pace is taken for HR_GO_ON.
typedef hr_pace (*hr_body_fn)(void *user, const void *data, size_t len);

// Hears that a body is whole, or that the rest will never come.
typedef void (*hr_body_end_fn)(void *user);

// Called by a worker: there is room again, or the client has left. It must not block, throw or
// longjmp out; it may call every function of its writer but hr_writer_wait(), hr_writer_free() too.
typedef void (*hr_ready_fn)(void *user, hr_writer *writer);

// Statistics at one moment, of one worker or of all. Counters only grow; those marked "gauge" are
// present values. docs/stats.md says the same.
//
// Set `struct_size` to sizeof(hr_stats) before you ask for statistics: the struct grows at its end
// in later versions, and only as much as you have room for is written. A size that cannot be one
// is refused: not a multiple of 8, smaller than the part before the first statistic, or larger
// than 4096.
typedef struct {
    // How large your struct is, in octets: sizeof(hr_stats). You set it; it stays as it is.
    uint32_t struct_size;
    // Nothing yet.
    uint32_t reserved;
    // Connections accepted and taken into a pool.
    uint64_t connections_handled;
    // Requests answered, refused ones not included.
    uint64_t requests_handled;
    // Octets sent to clients.
    uint64_t bytes_sent;
    // Octets received from clients.
    uint64_t bytes_received;
    // Connections in a pool. (gauge)
    uint64_t connections_open;
    // Connections on which a head or body is arriving. (gauge)
    uint64_t connections_reading;
    // Connections whose request waits for its answer: a handler's, or one that a rule delays. (gauge)
    uint64_t connections_processing;
    // Connections with queued octets that the socket did not take. (gauge)
    uint64_t connections_writing;
    // Connections between two requests. (gauge)
    uint64_t connections_keepalive;
    // Connections lingering so that the client can read the last answer. (gauge)
    uint64_t connections_closing;
    // Connections that the pool can hold. (gauge)
    uint64_t pool_capacity;
    // Buffers lent to connections with pending octets. (gauge)
    uint64_t buffers_lent;
    // Octets of request bodies held for handlers. (gauge)
    uint64_t body_memory;
    // Interim responses sent (100 Continue).
    uint64_t responses_1xx;
    // Responses with a status of 200 to 299.
    uint64_t responses_2xx;
    // Responses with a status of 300 to 399.
    uint64_t responses_3xx;
    // Responses with a status of 400 to 499.
    uint64_t responses_4xx;
    // Responses with a status of 500 to 599.
    uint64_t responses_5xx;
    // Requests refused for a malformed request line.
    uint64_t refused_request_line;
    // Requests refused for a version that is not served or malformed.
    uint64_t refused_version;
    // Requests refused for a target longer than max_target.
    uint64_t refused_target_too_long;
    // Requests refused for a head over max_head or max_fields.
    uint64_t refused_head_too_large;
    // Requests refused for a malformed field line.
    uint64_t refused_field;
    // Requests refused for a bare CR or LF.
    uint64_t refused_line_end;
    // Requests refused for a missing, repeated or invalid Host.
    uint64_t refused_host;
    // Requests refused for a malformed or contradictory Content-Length or Transfer-Encoding.
    uint64_t refused_framing;
    // Requests refused for an unknown transfer coding.
    uint64_t refused_transfer_coding;
    // Requests refused for malformed chunked coding.
    uint64_t refused_chunk;
    // Requests refused for a body over max_body.
    uint64_t refused_body_too_large;
    // Requests answered 501 for an unknown method.
    uint64_t refused_method;
    // Requests answered 405 for a method that is not served there.
    uint64_t refused_method_not_allowed;
    // Requests refused for an expectation other than 100-continue.
    uint64_t refused_expectation;
    // Connections that spoke TLS or HTTP/2 on a plain port.
    uint64_t refused_protocol;
    // Requests refused because no memory was left for their body.
    uint64_t refused_memory;
    // Connections answered 503 because every connection of the pool was busy.
    uint64_t refused_full;
    // Connections answered 429 because their client had max_connections_per_client open.
    uint64_t refused_client_connections;
    // Requests answered 429 because their client made more than rate_per_client a second.
    uint64_t refused_client_rate;
    // Connections to a listener of proxy_protocol closed because they came from outside of proxy_trusted.
    uint64_t refused_proxy_source;
    // Connections closed for a missing or malformed PROXY header.
    uint64_t refused_proxy_header;
    // Connections whose request head did not arrive in time.
    uint64_t timeouts_head;
    // Connections whose request body stalled.
    uint64_t timeouts_body;
    // Connections whose client did not take its answer in time.
    uint64_t timeouts_write;
    // Connections closed after keep_alive_timeout without a request.
    uint64_t timeouts_keepalive;
    // Connections whose client did not close in time after the last answer.
    uint64_t timeouts_linger;
    // Connections closed because draining took longer than drain_timeout.
    uint64_t timeouts_drain;
    // Connections that the client ended in the middle of a request.
    uint64_t disconnects_early;
    // Connections that the client reset.
    uint64_t disconnects_reset;
    // Idle connections closed early in favour of new ones.
    uint64_t connections_evicted;
    // Connections answered 503 or dropped for want of a descriptor.
    uint64_t connections_shed;
    // Connections closed after max_requests requests.
    uint64_t connections_max_requests;
    // Failures of accept other than an empty queue.
    uint64_t accept_errors;
    // Times that accepting paused for want of descriptors or memory.
    uint64_t accept_pauses;
    // Times that a worker was found stalled and skipped.
    uint64_t workers_stalled;
    // Workers started afresh after a panic.
    uint64_t worker_restarts;
    // Handlers that panicked.
    uint64_t handler_panics;
    // Handlers that neither answered nor deferred nor declined.
    uint64_t handler_silences;
    // Answers given after the handler returned.
    uint64_t deferred_answers;
    // Deferred answers whose client had left.
    uint64_t deferred_gone;
    // Connections on which TLS is being agreed on. (gauge)
    uint64_t connections_handshake;
    // Connections that spoke plain HTTP on a port for TLS.
    uint64_t refused_not_tls;
    // Connections whose TLS handshake did not come to its end in time.
    uint64_t timeouts_handshake;
    // TLS handshakes that came to their end, resumed ones not included.
    uint64_t tls_handshakes;
    // TLS handshakes that took up an earlier session.
    uint64_t tls_resumptions;
    // TLS connections that ended before their handshake did, or that broke the protocol.
    uint64_t tls_failures;
    // TLS alerts unknown_ca received: the client does not trust the CA.
    uint64_t tls_alerts_unknown_ca;
    // TLS alerts bad_certificate received.
    uint64_t tls_alerts_bad_certificate;
    // TLS alerts certificate_unknown received: most browsers that do not trust the CA.
    uint64_t tls_alerts_certificate_unknown;
    // Other TLS alerts received, close_notify not included.
    uint64_t tls_alerts_other;
    // TLS alerts sent, close_notify not included.
    uint64_t tls_alerts_sent;
    // Certificates made on the fly.
    uint64_t tls_certificates_made;
    // TLS handshakes refused because there is no certificate for the name.
    uint64_t tls_names_refused;
    // Requests that a rule of the rules file took.
    uint64_t rules_matched;
    // Answers that a rule delayed.
    uint64_t answers_delayed;
    // Answers that a rule spoilt, cut off or withheld.
    uint64_t faults_played;
    // Answers whose body was streamed.
    uint64_t streams_begun;
    // Streams that their writer cut off before they were whole.
    uint64_t streams_cut;
    // Lines of the access log handed to the system.
    uint64_t access_log_written;
    // Lines of the access log dropped because they were not taken in time, or at all.
    uint64_t access_log_dropped;
    // Clients forgotten though they were not quiet, for want of room in client_table.
    uint64_t clients_forgotten;
    // Connections taken in without the limits of a client, for want of room in client_table.
    uint64_t clients_untracked;
    // Connections that spoke HTTP/2.
    uint64_t http2_connections;
    // HTTP/2 streams that the client reset before they were answered.
    uint64_t http2_streams_reset;
    // HTTP/2 connections ended because the client broke the protocol.
    uint64_t http2_errors;
    // HTTP/2 connections ended with ENHANCE_YOUR_CALM: too many frames without a request.
    uint64_t http2_floods;
    // TLS handshakes in which early data was taken.
    uint64_t tls_early_data;
    // Requests answered 425 because they came in early data and their method is not safe.
    uint64_t refused_too_early;
} hr_stats;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/* The library */

// The number of the ABI that the library has; see HR_ABI_VERSION.
uint32_t hr_abi_version(void);

// The version of the library: "0.1.0". Constant, never freed.
const char *hr_version_string(void);

/* Errors */

// What a result code means, in a few words, without a final full stop: "invalid argument".
//
// The text is constant and never freed. A number that is no result code gives
// "unknown result code"; never NULL. Any thread.
const char *hr_strerror(hr_result result);

// The text of the last call of this thread that failed, in one line: which argument or option,
// what was expected, what was there. "" if none has failed; never NULL.
//
// A call that works leaves it as it is, so look at result codes first. The text belongs to the
// library; it is valid until the next call of this thread that fails, or until the thread ends.
const char *hr_last_error(void);

/* Options */

// New options, every one with its default. Free them with hr_config_free(); a server keeps a copy.
// NULL only on an internal error.
hr_config *hr_config_new(void);

// Frees `config`. NULL is fine.
void hr_config_free(hr_config *config);

// Sets the option `name` to `value`, both UTF-8 text as on the command line:
// hr_config_set(config, "keep_alive_timeout", "10s").
//
// HR_ERR_CONFIG for an unknown name or a bad value, and then nothing is changed; hr_last_error()
// says what was expected.
hr_result hr_config_set(hr_config *config, const char *name, const char *value);

// Writes the value of the option `name` into `buf`: what was set, in canonical form, or the
// default. `buf`, `cap` and `need` as everywhere, see "Texts" at the top.
//
// HR_ERR_CONFIG for an unknown name.
hr_result hr_config_get(const hr_config *config,
                        const char *name,
                        char *buf,
                        size_t cap,
                        size_t *need);

// Whether the option `name` was said at all, be it with the value of its default. False for an
// unknown name and for NULL.
bool hr_config_is_set(const hr_config *config, const char *name);

// Sets every option that the TOML file at `path` names.
//
// HR_ERR_CONFIG naming file, line and option, HR_ERR_IO if it cannot be read; nothing is changed
// then.
hr_result hr_config_load_file(hr_config *config, const char *path);

// Whether the options fit each other, which hr_server_new() asks first: HR_ERR_CONFIG naming two
// that contradict each other. Reads no file.
hr_result hr_config_check(const hr_config *config);

// Takes options from a command line: PORT, ADDR, --name value, --name=value, -w N. Give it the
// `argc` and `argv` of main(): argv[0] is skipped.
//
// *next becomes the index of the first argument that was not taken: the one after "--", or
// `argc`. Where `next` is NULL all have to be taken, and those after "--" are PORT and ADDR.
//
// HR_ERR_CONFIG naming the argument, also where PORT or ADDR is said as an option too; HR_ERR_IO
// if the file of --config cannot be read. Nothing is changed then.
hr_result hr_config_parse_args(hr_config *config, int argc, const char *const *argv, int *next);

// Takes a command line of pixelserv-tls: its flags and the one address, with its defaults for what
// is not said. Options of this library are taken where they begin with "--". argv[0] is skipped.
//
// *foreground becomes whether -f was said: pixelserv-tls goes to the background without it, which is
// left to the program. hr_config_notes() has what was asked for and is not done. NULL is fine for
// `foreground`.
//
// HR_ERR_CONFIG naming the flag; HR_ERR_IO if the file of --config cannot be read. Nothing is changed
// then.
hr_result hr_config_parse_pixelserv(hr_config *config,
                                    int argc,
                                    const char *const *argv,
                                    bool *foreground);

// Writes what a command line asked for and is not done into `buf`, one sentence a line; empty where
// all of it is done. `buf`, `cap` and `need` as everywhere, see "Texts" at the top.
hr_result hr_config_notes(const hr_config *config, char *buf, size_t cap, size_t *need);

// Writes the text for --pixelserv --help into `buf`: the flags and what they do here.
hr_result hr_config_pixelserv_usage(const char *program, char *buf, size_t cap, size_t *need);

// Whether a command line, the `argc` and `argv` of main(), asks for help or the version. Look
// before hr_config_parse_args(), which does not know these arguments.
hr_asks hr_config_asks(int argc, const char *const *argv);

// Writes the text for --help into `buf`: how to call `program`, and every option with its default.
hr_result hr_config_usage(const char *program, char *buf, size_t cap, size_t *need);

// Writes one line that says how to call `program` into `buf`, without a line end.
hr_result hr_config_usage_line(const char *program, char *buf, size_t cap, size_t *need);

/* Servers */

// Makes a server with the options of `config`, which is copied; NULL stands for the defaults.
// Free *server with hr_server_free().
//
// HR_ERR_CONFIG where options contradict each other.
hr_result hr_server_new(const hr_config *config, hr_server **server);

// Stops the server, waits for its threads to end, calls every user_free and frees it. NULL is
// fine, and so are deferred answers that are still out: they are told HR_ERR_GONE.
//
// It waits for the handlers that are running, for ever if one never returns: see "CALLBACKS" at the
// top. Nobody may use the server while or after it is freed. From one of its own handlers, which would
// have to wait for itself, and in a child of fork(), it only tells the server to stop and says on
// standard error that it was not freed.
void hr_server_free(hr_server *server);

// Listens on `address`: "127.0.0.1:8080", "[::1]:0", "unix:/run/x"; port 0 lets the kernel pick
// one. *listener, which may be NULL, becomes the listener's number: 0, 1, ... Nothing is accepted
// before hr_server_start().
//
// HR_ERR_INVALID_ARGUMENT for a malformed address, HR_ERR_BIND for one that cannot be listened on,
// naming it and the reason, HR_ERR_STATE once started.
hr_result hr_server_listen(hr_server *server, const char *address, uint32_t *listener);

// As hr_server_listen(), for connections that speak TLS; with `auto_detect` also for those that do not,
// as the first octet of each says. The certificates are those of the options "ca_dir" and
// "certificates" that the server was made with.
//
// As hr_server_listen(), and HR_ERR_CONFIG where the options name neither.
hr_result hr_server_listen_tls(hr_server *server,
                               const char *address,
                               bool auto_detect,
                               uint32_t *listener);

// Takes over `fd`, a stream socket that is bound and listening. On HR_OK it belongs to the server,
// which closes it; else it is still yours.
//
// HR_ERR_INVALID_ARGUMENT if it is no listening stream socket, HR_ERR_STATE once started.
hr_result hr_server_listen_fd(hr_server *server, int fd, uint32_t *listener);

// Writes the address of a listener into `buf`, with the port that the kernel picked, in the form
// that hr_server_listen() takes.
//
// HR_ERR_INVALID_ARGUMENT for a number that was never given out.
hr_result hr_server_address(const hr_server *server,
                            uint32_t listener,
                            char *buf,
                            size_t cap,
                            size_t *need);

// How many listeners there are; 0 for NULL.
uint32_t hr_server_listeners(const hr_server *server);

// How many workers there are; 0 for NULL.
uint32_t hr_server_workers(const hr_server *server);

// Writes one line into `buf`, without a line end: what listens where, with how many workers and
// what capacity. Programs print it when they start.
hr_result hr_server_describe(const hr_server *server, char *buf, size_t cap, size_t *need);

// Sends requests with this method (NULL is any) and a path that matches `pattern` to `handler`.
// Patterns: "/a/b", "/a/{name}" for one segment, "/a/{*rest}" for all that follows. Routes and
// rules are tried in the order in which they were added. Also while running: the next request
// sees it.
//
// `user` is passed to `handler`. `user_free`, which may be NULL, is called with it exactly once:
// when the server is freed and no worker can call `handler` any more, or before this returns if
// this fails, whatever the reason.
//
// HR_ERR_INVALID_ARGUMENT for a malformed method or pattern.
hr_result hr_server_route(hr_server *server,
                          const char *method,
                          const char *pattern,
                          hr_handler_fn handler,
                          void *user,
                          hr_free_fn user_free);

// Answers requests with this method (NULL is any) and a path that matches `pattern` with
// `response`, without calling anything: the fastest way. The server keeps what it needs: you may
// free `response` at once, but no longer change it.
//
// HR_ERR_INVALID_ARGUMENT for a malformed method, pattern or response.
hr_result hr_server_rule(hr_server *server,
                         const char *method,
                         const char *pattern,
                         const hr_response *response);

// Works as a service of systemd: takes over the sockets that it has opened (LISTEN_FDS), of which
// `sockets` (may be NULL) gets the number, and tells it when the server is ready, reloads and stops,
// how much there is to do and, if it wants to know, that every worker still moves. Without systemd
// it does nothing. Call it once, before your process has threads: it removes the variables from the
// environment.
//
// HR_ERR_INVALID_ARGUMENT for a descriptor that is no listening stream socket; HR_ERR_STATE once
// started.
hr_result hr_server_use_systemd(hr_server *server,
                                uint32_t *sockets);

// Reads rules from the TOML file at `path`, or from every *.toml of the folder, and puts them in the
// place of those loaded before; also while running. They are asked after the routes and the rules of
// hr_server_rule(), before the fallback. hr_server_reload() reads them again.
//
// HR_ERR_CONFIG with every mistake, one a line: file, line, column, key and what was expected;
// HR_ERR_IO if it cannot be opened; all stays as it was then.
hr_result hr_server_load_rules(hr_server *server,
                               const char *path);

// Reads everything again that was read from files: options, rules; what SIGHUP does. Requests in
// progress get the old answer, the next ones the new.
//
// HR_ERR_CONFIG or HR_ERR_IO naming what is wrong; all stays as it was then.
hr_result hr_server_reload(const hr_server *server);

// Reads the rules file, or the folder of them, at `path` as hr_server_load_rules() would, without a
// server; `rules` (may be NULL) gets how many there are.
//
// HR_ERR_CONFIG with every mistake, one a line; HR_ERR_IO if it cannot be opened.
hr_result hr_rules_check(const char *path, size_t *rules);

// As hr_rules_check(), and writes into `buf`, one a line, what is no mistake and yet most likely not
// meant: rules that can never match because an earlier one takes every request that they would. It
// is empty where there is nothing to say, and has some lines where there is much. `buf`, `cap` and
// `need` as everywhere, see "Texts" at the top.
hr_result hr_rules_review(const char *path,
                          size_t *rules,
                          char *buf,
                          size_t cap,
                          size_t *need);

// Sends requests that no route and no rule takes to `handler`, in place of the default answers.
// A second fallback replaces the first, also while running.
//
// `user` and `user_free` as in hr_server_route(), but the user_free of a fallback that was replaced
// is called as soon as no worker can call that one any more: before this returns if the server is
// not running, else on the thread that gives it up last, most often a worker. It must not block.
hr_result hr_server_fallback(hr_server *server,
                             hr_handler_fn handler,
                             void *user,
                             hr_free_fn user_free);

// Starts the workers, begins to accept and returns at once. Without a listener, or where the
// option `port` was set, it listens on the options `address` and `port` first, and on each of
// `listen`.
//
// After fork() or daemon() it may be called if it was not before: the process that starts a server
// owns it.
//
// HR_ERR_STATE if started before; HR_ERR_BIND for an address of the options, and then it may be
// called again; HR_ERR_IO where the system lacks descriptors or threads, and then the server is
// HR_STATE_STOPPED: free it and make another.
hr_result hr_server_start(hr_server *server);

// Starts, and waits until the server has stopped: hr_server_start() and hr_server_wait(-1).
hr_result hr_server_run(hr_server *server);

// Waits until the server has stopped, at most `timeout_ms` milliseconds; for ever if that is
// negative. Not for handlers: they would wait for themselves.
//
// HR_ERR_TIMEOUT, HR_ERR_STATE if it was never started.
hr_result hr_server_wait(const hr_server *server, int64_t timeout_ms);

// Begins to drain and returns at once: listeners are closed, idle connections too, requests in
// progress are finished for at most `grace_ms` milliseconds (negative: the option
// `drain_timeout`); then the server stops.
//
// HR_ERR_STATE if it was never started.
hr_result hr_server_drain(const hr_server *server, int64_t grace_ms);

// Closes everything at once and waits for the threads to end, for ever if a handler never returns:
// hr_server_notify() and then hr_server_wait() with a time is the way to bound that. A server that was never started is
// stopped for good; one that has stopped stays so.
//
// HR_ERR_STATE from one of the server's own handlers: it is told to stop then, as by
// hr_server_notify(), but not waited for. Handlers of two servers must not stop each other's.
hr_result hr_server_stop(const hr_server *server);

// Tells the server something and returns at once. Any thread, handlers too, and async-signal-safe:
// the one function that a signal handler may call. NULL and unknown numbers are ignored.
void hr_server_notify(const hr_server *server, hr_notice notice);

// Makes the server act on the signals of this process until it is freed: SIGTERM and SIGINT drain,
// a second one stops; SIGUSR1 writes the statistics to standard error; SIGHUP reloads. Without
// this call no signal disposition is touched.
//
// HR_ERR_IO.
hr_result hr_server_use_signals(hr_server *server);

// Where the server is in its life; HR_STATE_STOPPED for NULL.
hr_state hr_server_state(const hr_server *server);

// Writes into `buf` where the admin side of a started server listens, with the port that the kernel
// picked: what the option "admin" says, "unix:/path" or "127.0.0.1:9100". It serves a page, metrics
// and what the server can be told; it starts and ends with the server.
//
// HR_ERR_STATE where there is none: the option is empty, or the server was not started.
hr_result hr_server_admin_address(const hr_server *server, char *buf, size_t cap, size_t *need);

// Does what a program does that is called with "ca" and what follows: makes, shows, hands out or
// renews a certificate authority. Give it the words behind "ca", without a program's name:
// {"init", "--dir", "/etc/http_responder/ca"}; {"--help"} says what there is.
//
// Writes to standard output what was asked for, to standard error what went wrong, and returns the
// exit status: 0 done, 1 it could not be done, 2 wrong usage. Any thread; the key is written to its
// file, which only its owner can read, and nowhere else.
int hr_ca_main(int count, const char *const *words);

// Reads a certificate and its chain from `length` octets of PEM, with its key in `key_length` octets at
// `key`, or in the same text where `key` is NULL: PKCS#8, PKCS#1 or SEC1, not encrypted. Both are
// copied; wipe your copy of the key. Free *certificate with hr_certificate_free().
//
// HR_ERR_CONFIG for what is malformed, has expired, names nobody (subjectAltName) or does not fit
// together, saying which.
hr_result hr_certificate_from_pem(const char *pem,
                                  size_t length,
                                  const char *key,
                                  size_t key_length,
                                  hr_certificate **certificate);

// Frees a certificate; servers to which it was added keep what they need. NULL is fine.
void hr_certificate_free(hr_certificate *certificate);

// Shows `certificate` to whoever asks for one of its names, before those of files and those that are
// made; it takes the place of one with the same name that was added before. Also while running.
//
// HR_ERR_STATE once started without any certificate.
hr_result hr_server_add_certificate(hr_server *server,
                                    const hr_certificate *certificate);

// Makes certificates on the fly with a CA in memory, certificate and key in PEM, as the option "ca_dir"
// does with one in a folder. Both are copied; wipe your copy of the key.
//
// HR_ERR_CONFIG for what is no CA, has expired, or does not fit together; HR_ERR_STATE where "ca_dir"
// names another one, or once started without any certificate.
hr_result hr_server_use_ca(hr_server *server,
                           const char *pem,
                           size_t length,
                           const char *key,
                           size_t key_length);

// Asks clients for certificates that one of the CAs in `length` octets of PEM has signed, as the option
// "client_ca" does; `required` turns those away that have none. hr_request_peer_certificate() says who
// they are. Before the server starts.
//
// HR_ERR_CONFIG for what are no CAs; HR_ERR_STATE once started.
hr_result hr_server_trust_clients(hr_server *server,
                                  const char *pem,
                                  size_t length,
                                  bool required);

// Asks `choose` at each handshake which certificate the client is shown, from the next one on, in the
// place of a function that was given before; NULL asks nobody any more.
//
// `user` is passed to `choose`. `user_free`, which may be NULL, is called with it exactly once: when
// nobody can call `choose` any more, on the thread that gives it up last, or before this returns if it
// fails. It must not block.
//
// HR_ERR_STATE once started without any certificate.
hr_result hr_server_choose_certificates(hr_server *server,
                                        hr_choose_fn choose,
                                        void *user,
                                        hr_free_fn user_free);

/* Handlers in your own event loop */

// Has the handlers that are added from now on run in your own event loop: workers receive and
// answer, but leave the call of the handler to hr_server_step(). *fd, which may be NULL, becomes
// readable as long as requests wait for that: poll it together with your own descriptors, never
// read or close it; it is open until the server is freed.
//
// Such handlers are given copies of the requests. HR_DECLINE is a 404 there, because the other
// routes were asked before; hr_respond() and the like may give HR_ERR_GONE; hr_respond_file() and
// hr_exchange_receive() give HR_ERR_STATE. Handlers of hr_server_route_upload() and the callbacks of
// bodies and writers are called by workers as ever.
//
// HR_ERR_STATE if it was called before, or the server has been started; HR_ERR_IO where descriptors
// are lacking.
hr_result hr_server_use_loop(hr_server *server,
                             int *fd);

// Runs the handlers of all requests that wait, on this thread; if none waits, of the first that come
// within `timeout_ms` milliseconds: 0 does not wait, -1 waits for ever. *handled, which may be NULL,
// becomes their number. Several threads may call it; one handler runs on one of them.
//
// HR_ERR_TIMEOUT if none has come, HR_ERR_STATE without hr_server_use_loop().
hr_result hr_server_step(hr_server *server,
                         int64_t timeout_ms,
                         uint32_t *handled);

/* Requests, in a handler */

// A copy of `request`, its body included, that is yours: any thread may use it, and you free it
// with hr_request_free(). NULL for NULL.
hr_request *hr_request_clone(const hr_request *request);

// Frees a copy that hr_request_clone() made; never a request that a handler was given. NULL is fine.
void hr_request_free(hr_request *request);

// The method as sent: "GET".
hr_str hr_request_method(const hr_request *request);

// The request target as sent: "/a/b?c=d".
hr_str hr_request_target(const hr_request *request);

// The path, not percent-decoded: "/a/b".
hr_str hr_request_path(const hr_request *request);

// The query without its "?", not decoded: "c=d". Absent where there is no "?".
hr_str hr_request_query(const hr_request *request);

// The host asked for, with its port if one was sent. Absent where an HTTP/1.0 client sent none.
hr_str hr_request_host(const hr_request *request);

// The body, whole and decoded; empty if there is none.
hr_str hr_request_body(const hr_request *request);

// The client's address: "127.0.0.1:4711", "[::1]:4711", "unix:". Absent if the client has left.
// The socket is asked at the first call.
hr_str hr_request_peer(const hr_request *request);

// Whether the request came over TLS; false for NULL.
bool hr_request_is_tls(const hr_request *request);

// The certificate that the client has shown over TLS, in DER, found good by the CAs of the option
// "client_ca" or hr_server_trust_clients(). Absent where it has shown none.
hr_str hr_request_peer_certificate(const hr_request *request);

// Who that certificate is for: its subject, as text such as "CN=alice, O=Example". Absent where the
// client has shown none.
hr_str hr_request_peer_subject(const hr_request *request);

// The version of the request; HR_HTTP_1_0 for NULL.
hr_version hr_request_version(const hr_request *request);

// Whether the request has a field `name`, compared without case; *value, which may be NULL,
// becomes its first value.
bool hr_request_header(const hr_request *request, const char *name, hr_str *value);

// How many field lines the request has.
size_t hr_request_header_count(const hr_request *request);

// Name and value of the field line `index`, in the order in which they came: 0 to
// hr_request_header_count() - 1. `name` and `value` may be NULL. False beyond the last one.
bool hr_request_header_at(const hr_request *request, size_t index, hr_str *name, hr_str *value);

// Whether the route's pattern has a parameter `name`; *value, which may be NULL, becomes what it
// took from the path, not percent-decoded: of "/hello/{name}" and "/hello/x" it is "x".
bool hr_request_param(const hr_request *request, const char *name, hr_str *value);

/* Answers, in a handler */

// Answers with `response`, which may be used again, also by other threads, but no longer changed.
//
// HR_ERR_STATE if the request was answered or deferred already, HR_ERR_INVALID_ARGUMENT for a
// malformed response.
hr_result hr_respond(hr_exchange *exchange, const hr_response *response);

// Answers with a response made on the spot: `status` 200 to 599, the Content-Type `type` (NULL
// sends none), and a body of `len` octets at `data`, which are copied.
//
// HR_ERR_STATE if the request was answered or deferred already, HR_ERR_INVALID_ARGUMENT for a bad
// status, or a bad or empty type.
hr_result hr_respond_bytes(hr_exchange *exchange,
                           uint16_t status,
                           const char *type,
                           const void *data,
                           size_t len);

// Puts off the answer: return HR_DONE, and any thread may answer later through *deferred, which
// you free with hr_deferred_free(). `request` is gone by then: copy what you need of it.
//
// HR_ERR_STATE if the request was answered or deferred already.
hr_result hr_exchange_defer(hr_exchange *exchange, hr_deferred **deferred);

// Answers with the status and the fields of `head`, which has no body, and the content of the
// regular file `fd`, as far as `request` asks for it: If-None-Match gets 304, one Range of octets 206
// or 416, also with If-Range (RFC 9110 sections 13 and 14), HEAD no body. ETag and Last-Modified
// are made of the file's time and size unless `head` has them. On HR_OK `fd` belongs to the
// library, which closes it; else it is still yours.
//
// The kernel sends it, any size in the same memory. What is not in its cache is read from the disk
// meanwhile, which holds up the worker.
//
// HR_ERR_STATE if the request was answered or deferred already, or in hr_server_step();
// HR_ERR_INVALID_ARGUMENT for a descriptor that is no regular file, a head with a body or with
// status 204, 205 or 304, or a request that is a copy; HR_ERR_IO if the file cannot be looked at.
hr_result hr_respond_file(hr_exchange *exchange,
                          const hr_request *request,
                          const hr_response *head,
                          int fd);

/* Responses */

// A new response with `status`, 200 to 599, and no body. Free it with hr_response_free(), also
// after it was used. NULL for a status out of range; hr_last_error() says so.
hr_response *hr_response_new(uint16_t status);

// Frees `response`. NULL is fine; who uses it already, a rule say, goes on using it.
void hr_response_free(hr_response *response);

// Adds a field line; names that repeat make lines that repeat.
//
// HR_ERR_INVALID_ARGUMENT if the name is no token, the value has CR or LF, or the field is one
// that the server sets itself (Content-Length, Transfer-Encoding, Date, and Connection other than
// "close"); HR_ERR_STATE if the response was used.
hr_result hr_response_header(hr_response *response, const char *name, const char *value);

// Sets the body to a copy of the `len` octets at `data`; an earlier body is dropped.
//
// HR_ERR_STATE if the response was used.
hr_result hr_response_body_copy(hr_response *response, const void *data, size_t len);

// Sets the body to the `len` octets at `data`, which stay where and as they are until the program
// ends: the library may use them in place.
//
// HR_ERR_STATE if the response was used.
hr_result hr_response_body_static(hr_response *response, const void *data, size_t len);

// Sets the body to the `len` octets at `data`, which are the library's from now on: it calls
// `free_fn`, which may be NULL, with `free_user` exactly once, when it needs them no more. That may
// be before this returns, and is so if this fails.
//
// HR_ERR_STATE if the response was used.
hr_result hr_response_body_owned(hr_response *response,
                                 const void *data,
                                 size_t len,
                                 hr_free_fn free_fn,
                                 void *free_user);

// The status of `response`; 0 for NULL.
uint16_t hr_response_status(const hr_response *response);

/* Deferred answers */

// Answers with `response`, which may be used again but no longer changed. It returns at once: the
// worker sends the answer. Free `deferred` afterwards, whatever came of it.
//
// HR_ERR_GONE if the client has left or the server has stopped, HR_ERR_STATE if the answer was
// given already, HR_ERR_INVALID_ARGUMENT for a malformed response.
hr_result hr_deferred_respond(hr_deferred *deferred, const hr_response *response);

// Whether the client has left, so that an answer would reach nobody; true for NULL.
bool hr_deferred_is_gone(const hr_deferred *deferred);

// Frees `deferred`. NULL is fine. If no answer was given the client gets a 500.
void hr_deferred_free(hr_deferred *deferred);

/* Bodies taken as they arrive */

// Sends requests as hr_server_route() does, but as soon as their heads are there: `handler` may
// answer (the connection ends with that, for the body is not read), decline, or take the body as it
// arrives with hr_exchange_receive(). A body of more than `max_body` octets is refused with 413; 0
// stands for the option max_body.
//
// HR_ERR_INVALID_ARGUMENT for a malformed method or pattern.
hr_result hr_server_route_upload(hr_server *server,
                                 const char *method,
                                 const char *pattern,
                                 uint64_t max_body,
                                 hr_handler_fn handler,
                                 void *user,
                                 hr_free_fn user_free);

// Puts off the answer as hr_exchange_defer() does, and has the body go to `on_body` piece by piece,
// from the worker, one call at a time: at its end to `on_end`, or to `on_abort` if the client leaves
// or is too slow, the body is malformed or too large, or the server stops. Then, and also if this
// fails, comes `user_free`; both it and `on_abort` may be NULL.
//
// "Expect: 100-continue" is answered now and not before. Once the request is answered nothing but
// `user_free` is called any more; if the body was not whole, the connection ends with the answer. In
// a handler of hr_server_route() the whole body goes to `on_body` at once.
//
// HR_ERR_STATE if the request was answered or deferred already.
hr_result hr_exchange_receive(hr_exchange *exchange,
                              hr_body_fn on_body,
                              hr_body_end_fn on_end,
                              hr_body_end_fn on_abort,
                              void *user,
                              hr_free_fn user_free,
                              hr_deferred **deferred);

// Has a body go on that `on_body` has paused, from any thread. Does nothing where none is paused.
//
// HR_ERR_INVALID_ARGUMENT for NULL.
hr_result hr_deferred_resume(hr_deferred *deferred);

/* Streamed answers */

// Answers with the status and the fields of `head`, which has no body, and a body that you write
// through *writer piece by piece: `length` octets, or with -1 as many as come. Free *writer with
// hr_writer_free(); `deferred` is used up and is freed as ever.
//
// Without a length the body is sent in chunks, to an HTTP/1.0 client up to the close of the
// connection (RFC 9112 section 6.3).
//
// HR_ERR_GONE if the client has left or the server has stopped, HR_ERR_STATE if the request was
// answered already, HR_ERR_INVALID_ARGUMENT for a head with a body, a status of 205 or a length
// below -1.
hr_result hr_deferred_stream(hr_deferred *deferred,
                             const hr_response *head,
                             int64_t length,
                             hr_writer **writer);

// Sends a copy of the `len` octets at `data`, all or none of them; none at all is fine. It returns
// at once: the worker sends them. Where the answer has no body (HEAD, 204, 304) they are forgotten.
//
// HR_ERR_AGAIN if the option stream_high_water says that enough is waiting for the client: send
// them again when hr_writer_on_ready() or hr_writer_wait() say so. HR_ERR_GONE if the client has
// left or the server has stopped. HR_ERR_STATE if the stream has ended, or if that were more octets
// than were announced.
hr_result hr_writer_send(hr_writer *writer, const void *data, size_t len);

// Has a worker call `ready` with `user` and `writer` once after each HR_ERR_AGAIN, when no more
// than stream_low_water octets are waiting, and when the client leaves before the end. Set it
// before the first hr_writer_send(). `user_free` is called at the latest when `writer` is freed.
hr_result hr_writer_on_ready(hr_writer *writer,
                             hr_ready_fn ready,
                             void *user,
                             hr_free_fn user_free);

// Waits until hr_writer_send() has room again, at most timeout_ms milliseconds; -1 waits for ever.
// Not in a callback: the worker would wait for itself.
//
// HR_ERR_TIMEOUT if there is none in time, HR_ERR_GONE if the client has left, HR_ERR_STATE if the
// stream has ended.
hr_result hr_writer_wait(hr_writer *writer, int64_t timeout_ms);

// Adds a field that is sent behind the body, at hr_writer_finish().
//
// HR_ERR_STATE if the body is not sent in chunks, which alone can have trailers: its length was
// announced, or the client speaks HTTP/1.0. HR_ERR_INVALID_ARGUMENT for a malformed field, and for
// one that must stand before the body, such as Content-Type (RFC 9110 section 6.5.1).
hr_result hr_writer_trailer(hr_writer *writer, const char *name, const char *value);

// Ends the stream: what was sent goes out, then the connection goes on with the next request. Free
// `writer` afterwards, whatever came of it.
//
// HR_ERR_STATE if it has ended already, or if octets are missing of the length that was announced:
// the connection is then cut off. HR_ERR_GONE if the client has left.
hr_result hr_writer_finish(hr_writer *writer);

// Whether the client has left before the end, so that octets would reach nobody; true for NULL.
bool hr_writer_is_gone(const hr_writer *writer);

// Whether the answer has a body at all; false for HEAD, 204 and 304, where you can spare yourself
// the work, and for NULL.
bool hr_writer_has_body(const hr_writer *writer);

// Frees `writer`; waits until a callback that runs has returned, unless that is who frees. NULL is
// fine. Without hr_writer_finish() before it, what was sent goes out and the connection is cut off,
// so that the client knows that the answer is not whole.
void hr_writer_free(hr_writer *writer);

/* The record of a server */

// Records the last `size` requests with their answers, whoever gives them, and `max_body` octets of
// each body and of each answer with its head. None of so many is missing. Each answer costs a copy
// then, and memory as long as it is there.
//
// HR_ERR_INVALID_ARGUMENT for a size of 0 or more than a million, HR_ERR_STATE once started.
hr_result hr_server_record(hr_server *server, size_t size, size_t max_body);

// Gives what is recorded; with `forget` it begins anew. None where hr_server_record() was not called
// or the server never started. Free *records with hr_records_free(); it may outlive the server.
hr_result hr_server_recorded(const hr_server *server,
                             bool forget,
                             hr_records **records);

// Frees what hr_server_recorded() gave, and every hr_record and hr_str of it. NULL is fine.
void hr_records_free(hr_records *records);

// How many there are; 0 for NULL.
size_t hr_records_count(const hr_records *records);

// The one at `index`, from 0 on; NULL behind the last one, and for NULL.
const hr_record *hr_records_at(const hr_records *records, size_t index);

// The method as sent; absent where the request was not understood.
hr_str hr_record_method(const hr_record *record);

// The target as sent, "/a/b?c=d"; absent where the request was not understood.
hr_str hr_record_target(const hr_record *record);

// The head of the request as HTTP/1.1 has it, with its empty line, also where it came over HTTP/2;
// the first line of what was not understood.
hr_str hr_record_request_head(const hr_record *record);

// Whether the request has a field `name`, compared without case; *value, which may be NULL, becomes
// its first value.
bool hr_record_request_header(const hr_record *record, const char *name, hr_str *value);

// The body of the request, decoded from its transfer coding, as far as it is kept.
hr_str hr_record_request_body(const hr_record *record);

// The status of the answer; 0 where there was none, and for NULL.
uint32_t hr_record_status(const hr_record *record);

// The head of the answer with its empty line; empty where there was none, or none that is HTTP.
hr_str hr_record_answer_head(const hr_record *record);

// Whether the answer has a field `name`, compared without case; *value, which may be NULL, becomes
// its first value.
bool hr_record_answer_header(const hr_record *record, const char *name, hr_str *value);

// The body of the answer, without chunks, as far as it is kept.
hr_str hr_record_answer_body(const hr_record *record);

// Whether both bodies are kept to their ends; false for NULL.
bool hr_record_is_whole(const hr_record *record);

// When the answer was prepared, of a stream its end, in microseconds since 1970; 0 for NULL.
uint64_t hr_record_ended_us(const hr_record *record);

// Microseconds from the whole head of the request to then; 0 for NULL.
uint64_t hr_record_took_us(const hr_record *record);

/* Statistics */

// Writes the statistics of all workers, summed, into *stats, whose struct_size you have set. Any
// thread, at any time; workers are not stopped for it.
hr_result hr_server_stats(const hr_server *server, hr_stats *stats);

// As hr_server_stats(), for one worker: 0 to hr_server_workers() - 1.
//
// HR_ERR_INVALID_ARGUMENT for a worker that is not there, or for struct_size.
hr_result hr_server_worker_stats(const hr_server *server, uint32_t worker, hr_stats *stats);

// Writes the statistics of each worker and their sum into `buf` as text. They move on between
// asking for the size and fetching the text: allow for some octets more.
hr_result hr_server_stats_text(const hr_server *server,
                               hr_format format,
                               char *buf,
                               size_t cap,
                               size_t *need);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* HTTP_RESPONDER_H */
