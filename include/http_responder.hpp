/*
 * http_responder.hpp - http_responder.h for C++17: objects that free themselves, errors that are
 * exceptions, handlers that are lambdas. Header only; link as for C.
 *
 *     #include <http_responder.hpp>
 *
 *     int main()
 *     {
 *         http_responder::server server;
 *         server.listen("127.0.0.1:8080");
 *         server.route("GET", "/hello/{name}", [](const http_responder::request &request) {
 *             return http_responder::response(200, "text/plain", request.param("name").value());
 *         });
 *         server.use_signals();
 *         server.run();
 *     }
 *
 * What each call means, how long what it gives lives and which threads may use it is said in
 * http_responder.h. A failed call throws http_responder::error. No exception leaves a handler or a
 * callback for C: one that escapes a handler is a 500 for the client, one that escapes another
 * callback ends what it belongs to, and a line on standard error says what it was.
 *
 * Objects can be moved, not copied. A moved-from object may be assigned to or destroyed, no more.
 */
#ifndef HTTP_RESPONDER_HPP
#define HTTP_RESPONDER_HPP

#include <http_responder.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace http_responder {

/** A call that failed: its code, and the library's line of text. */
class error : public std::runtime_error {
public:
    explicit error(hr_result code) : std::runtime_error(hr_last_error()), code_(code) {}

    /** The result code, never HR_OK. */
    hr_result code() const noexcept { return code_; }

private:
    hr_result code_;
};

/** Throws what failed. */
inline void check(hr_result result)
{
    if (result != HR_OK)
        throw error(result);
}

namespace detail {

struct deleter {
    void operator()(hr_config *it) const noexcept { hr_config_free(it); }
    void operator()(hr_server *it) const noexcept { hr_server_free(it); }
    void operator()(hr_request *it) const noexcept { hr_request_free(it); }
    void operator()(hr_response *it) const noexcept { hr_response_free(it); }
    void operator()(hr_deferred *it) const noexcept { hr_deferred_free(it); }
    void operator()(hr_writer *it) const noexcept { hr_writer_free(it); }
    void operator()(hr_records *it) const noexcept { hr_records_free(it); }
};

template <typename T> using owner = std::unique_ptr<T, deleter>;

inline std::string_view view(hr_str text) noexcept { return {text.data, text.len}; }

inline std::optional<std::string_view> maybe(hr_str text) noexcept
{
    if (text.data == nullptr)
        return std::nullopt;
    return view(text);
}

/** Text of a length that is not known before: `call` is one of the functions with buf, cap, need. */
template <typename F> std::string text(F call)
{
    std::size_t need = 0;
    check(call(nullptr, std::size_t{0}, &need));
    std::string buffer(need + 1, '\0');
    check(call(buffer.data(), buffer.size(), &need));
    buffer.resize(need);
    return buffer;
}

inline void report(const char *where) noexcept
{
    try {
        throw;
    } catch (const std::exception &it) {
        std::fprintf(stderr, "http_responder: %s threw: %s\n", where, it.what());
    } catch (...) {
        std::fprintf(stderr, "http_responder: %s threw something\n", where);
    }
}

template <typename T> void destroy(void *user) noexcept { delete static_cast<T *>(user); }

inline std::int64_t milliseconds(std::optional<std::chrono::milliseconds> time)
{
    return time ? static_cast<std::int64_t>(time->count()) : -1;
}

} // namespace detail

/** Options by name, as on the command line. */
class config {
public:
    config() : handle_(hr_config_new()) {}

    config &set(const std::string &name, const std::string &value)
    {
        check(hr_config_set(handle_.get(), name.c_str(), value.c_str()));
        return *this;
    }

    std::string get(const std::string &name) const
    {
        return detail::text([&](char *buf, std::size_t cap, std::size_t *need) {
            return hr_config_get(handle_.get(), name.c_str(), buf, cap, need);
        });
    }

    config &load_file(const std::string &path)
    {
        check(hr_config_load_file(handle_.get(), path.c_str()));
        return *this;
    }

    hr_config *handle() const noexcept { return handle_.get(); }

private:
    detail::owner<hr_config> handle_;
};

/** A request: a view while its handler runs, and for longer after keep(). */
class request {
public:
    /** A view of a request that belongs to a handler. */
    explicit request(const hr_request *handle) noexcept : handle_(handle) {}

    std::string_view method() const noexcept { return detail::view(hr_request_method(handle_)); }
    std::string_view target() const noexcept { return detail::view(hr_request_target(handle_)); }
    std::string_view path() const noexcept { return detail::view(hr_request_path(handle_)); }
    std::string_view body() const noexcept { return detail::view(hr_request_body(handle_)); }
    std::optional<std::string_view> query() const noexcept
    {
        return detail::maybe(hr_request_query(handle_));
    }
    std::optional<std::string_view> host() const noexcept
    {
        return detail::maybe(hr_request_host(handle_));
    }
    std::optional<std::string_view> peer() const noexcept
    {
        return detail::maybe(hr_request_peer(handle_));
    }
    hr_version version() const noexcept { return hr_request_version(handle_); }

    /** The first value of a field, its name compared without case. */
    std::optional<std::string_view> header(const std::string &name) const noexcept
    {
        hr_str value = {nullptr, 0};
        if (!hr_request_header(handle_, name.c_str(), &value))
            return std::nullopt;
        return detail::view(value);
    }

    /** What the route's pattern took from the path. */
    std::optional<std::string_view> param(const std::string &name) const noexcept
    {
        hr_str value = {nullptr, 0};
        if (!hr_request_param(handle_, name.c_str(), &value))
            return std::nullopt;
        return detail::view(value);
    }

    std::size_t header_count() const noexcept { return hr_request_header_count(handle_); }

    /** Name and value of a field line, below header_count(). */
    std::pair<std::string_view, std::string_view> header_at(std::size_t index) const
    {
        hr_str name = {nullptr, 0}, value = {nullptr, 0};
        if (!hr_request_header_at(handle_, index, &name, &value))
            throw error(HR_ERR_INVALID_ARGUMENT);
        return {detail::view(name), detail::view(value)};
    }

    /** A copy that outlives the handler, for any thread. */
    request keep() const
    {
        detail::owner<hr_request> copy(hr_request_clone(handle_));
        if (!copy)
            throw error(HR_ERR_INTERNAL);
        return request(std::move(copy));
    }

    const hr_request *handle() const noexcept { return handle_; }

private:
    explicit request(detail::owner<hr_request> copy) noexcept
        : handle_(copy.get()), copy_(std::move(copy))
    {
    }

    const hr_request *handle_;
    detail::owner<hr_request> copy_;
};

/** A response: changed until its first use, shared by any number of threads from then on. */
class response {
public:
    explicit response(std::uint16_t status) : handle_(hr_response_new(status))
    {
        if (!handle_)
            throw error(HR_ERR_INVALID_ARGUMENT);
    }

    response(std::uint16_t status, const std::string &type, std::string_view body)
        : response(status)
    {
        header("Content-Type", type).body(body);
    }

    response &header(const std::string &name, const std::string &value)
    {
        check(hr_response_header(handle_.get(), name.c_str(), value.c_str()));
        return *this;
    }

    /** Copies `octets`. */
    response &body(std::string_view octets)
    {
        check(hr_response_body_copy(handle_.get(), octets.data(), octets.size()));
        return *this;
    }

    std::uint16_t status() const noexcept { return hr_response_status(handle_.get()); }
    const hr_response *handle() const noexcept { return handle_.get(); }

private:
    detail::owner<hr_response> handle_;
};

/** Writes the body of an answer piece by piece, from any thread. */
class writer {
public:
    explicit writer(hr_writer *handle) noexcept : handle_(handle) {}

    /** Sends all of `octets`; false if the client has to read first, and then none of them. */
    bool send(std::string_view octets)
    {
        const hr_result result = hr_writer_send(handle_.get(), octets.data(), octets.size());
        if (result == HR_ERR_AGAIN)
            return false;
        check(result);
        return true;
    }

    /** Sends all of `octets`, waiting for room as often as it takes. Not in a handler. */
    void send_all(std::string_view octets)
    {
        while (!send(octets))
            wait();
    }

    /** Waits until there is room; false if there is none in time. Not in a handler. */
    bool wait(std::optional<std::chrono::milliseconds> time = std::nullopt)
    {
        const hr_result result = hr_writer_wait(handle_.get(), detail::milliseconds(time));
        if (result == HR_ERR_TIMEOUT)
            return false;
        check(result);
        return true;
    }

    /** Has a worker call `ready` when there is room again, and when the client leaves. */
    void on_ready(std::function<void()> ready)
    {
        using function = std::function<void()>;
        auto owned = std::make_unique<function>(std::move(ready));
        check(hr_writer_on_ready(
            handle_.get(),
            [](void *user, hr_writer *) {
                try {
                    (*static_cast<function *>(user))();
                } catch (...) {
                    detail::report("a callback of a writer");
                }
            },
            owned.release(), detail::destroy<function>));
    }

    /** Adds a field that is sent behind the body. */
    void trailer(const std::string &name, const std::string &value)
    {
        check(hr_writer_trailer(handle_.get(), name.c_str(), value.c_str()));
    }

    void finish() { check(hr_writer_finish(handle_.get())); }
    bool is_gone() const noexcept { return hr_writer_is_gone(handle_.get()); }
    bool has_body() const noexcept { return hr_writer_has_body(handle_.get()); }
    hr_writer *handle() const noexcept { return handle_.get(); }

private:
    detail::owner<hr_writer> handle_;
};

/** The right to answer one request, from any thread. */
class deferred {
public:
    explicit deferred(hr_deferred *handle) noexcept : handle_(handle) {}

    void respond(const response &answer)
    {
        check(hr_deferred_respond(handle_.get(), answer.handle()));
    }

    /** Answers with a body that is written piece by piece; without a length it may be any. */
    writer stream(const response &head, std::optional<std::uint64_t> length = std::nullopt)
    {
        hr_writer *out = nullptr;
        const std::int64_t octets = length ? static_cast<std::int64_t>(*length) : -1;
        check(hr_deferred_stream(handle_.get(), head.handle(), octets, &out));
        return writer(out);
    }

    /** Has a body go on that was paused. */
    void resume() { check(hr_deferred_resume(handle_.get())); }
    bool is_gone() const noexcept { return hr_deferred_is_gone(handle_.get()); }
    hr_deferred *handle() const noexcept { return handle_.get(); }

private:
    detail::owner<hr_deferred> handle_;
};

/** What takes a body as it arrives. Its destructor runs when nothing is called any more. */
class upload {
public:
    virtual ~upload() = default;

    /** The next octets; HR_PAUSE wants no more before deferred::resume(). */
    virtual hr_pace chunk(std::string_view octets) = 0;

    /** The body is whole. */
    virtual void end() = 0;

    /** The rest will never come. */
    virtual void abort() {}
};

/** Takes the answer to one request, while its handler runs. */
class exchange {
public:
    explicit exchange(hr_exchange *handle) noexcept : handle_(handle) {}

    void respond(const response &answer) { check(hr_respond(handle_, answer.handle())); }

    void respond(std::uint16_t status, const std::string &type, std::string_view body)
    {
        check(hr_respond_bytes(handle_, status, type.c_str(), body.data(), body.size()));
    }

    /** The regular file `fd`, which belongs to the library then. */
    void respond_file(const request &asked, const response &head, int fd)
    {
        check(hr_respond_file(handle_, asked.handle(), head.handle(), fd));
    }

    deferred defer()
    {
        hr_deferred *out = nullptr;
        check(hr_exchange_defer(handle_, &out));
        return deferred(out);
    }

    /** Has the body go to `taker` as it arrives. A callback that throws aborts it. */
    deferred receive(std::unique_ptr<upload> taker)
    {
        hr_deferred *out = nullptr;
        auto owned = std::make_unique<intake>(intake{std::move(taker)});
        check(hr_exchange_receive(handle_, intake::chunk, intake::end, intake::abort,
                                  owned.release(), detail::destroy<intake>, &out));
        return deferred(out);
    }

    hr_exchange *handle() const noexcept { return handle_; }

private:
    struct intake {
        std::unique_ptr<upload> taker;

        template <typename F> static void guarded(void *user, F call) noexcept
        {
            auto &own = *static_cast<intake *>(user);
            try {
                if (own.taker)
                    call(*own.taker);
            } catch (...) {
                detail::report("an upload");
                own.taker.reset();
            }
        }

        static hr_pace chunk(void *user, const void *data, std::size_t len) noexcept
        {
            hr_pace pace = HR_GO_ON;
            guarded(user, [&](upload &it) {
                pace = it.chunk({static_cast<const char *>(data), len});
            });
            return pace;
        }

        static void end(void *user) noexcept
        {
            guarded(user, [](upload &it) { it.end(); });
        }

        static void abort(void *user) noexcept
        {
            guarded(user, [](upload &it) { it.abort(); });
        }
    };

    hr_exchange *handle_;
};

namespace detail {

/** Calls a handler in one of its forms: with an exchange or without, and what it returns. */
template <typename F> hr_action call(F &handler, const request &asked, exchange &answering)
{
    if constexpr (std::is_invocable_v<F &, const request &, exchange &>) {
        using result = std::invoke_result_t<F &, const request &, exchange &>;
        if constexpr (std::is_void_v<result>) {
            handler(asked, answering);
        } else if constexpr (std::is_same_v<std::decay_t<result>, hr_action>) {
            return handler(asked, answering);
        } else {
            answering.respond(handler(asked, answering));
        }
    } else {
        static_assert(std::is_invocable_v<F &, const request &>,
                      "a handler takes a const request &, and may take an exchange & too");
        answering.respond(handler(asked));
    }
    return HR_DONE;
}

template <typename F>
hr_action handle(void *user, const hr_request *asked, hr_exchange *answering) noexcept
{
    try {
        exchange wrapped(answering);
        return call(*static_cast<F *>(user), request(asked), wrapped);
    } catch (...) {
        report("a handler");
        // Fails where it has answered already: that stands.
        hr_respond_bytes(answering, 500, nullptr, nullptr, 0);
        return HR_DONE;
    }
}

} // namespace detail

/** What a server had recorded, in the order of the answers; hr_record_*() say what each one is. */
class records {
public:
    /** Takes over what hr_server_recorded() gave. */
    explicit records(hr_records *handle) noexcept : handle_(handle) {}

    std::size_t size() const noexcept { return hr_records_count(handle_.get()); }

    /** The one at `index`, which belongs to this; null behind the last one. */
    const hr_record *operator[](std::size_t index) const noexcept
    {
        return hr_records_at(handle_.get(), index);
    }

private:
    detail::owner<hr_records> handle_;
};

/**
 * A server. A handler is anything that can be called, by several threads at once, with
 * (const request &, exchange &) or (const request &); it returns nothing, an hr_action, or a
 * response.
 */
class server {
public:
    server() : server(nullptr) {}
    explicit server(const config &options) : server(options.handle()) {}

    std::uint32_t listen(const std::string &address)
    {
        std::uint32_t listener = 0;
        check(hr_server_listen(handle(), address.c_str(), &listener));
        return listener;
    }

    std::string address(std::uint32_t listener = 0) const
    {
        return detail::text([&](char *buf, std::size_t cap, std::size_t *need) {
            return hr_server_address(handle(), listener, buf, cap, need);
        });
    }

    /** Sends requests to `handler`; an empty method is any. */
    template <typename F>
    void route(const std::string &method, const std::string &pattern, F handler)
    {
        auto owned = std::make_unique<F>(std::move(handler));
        check(hr_server_route(handle(), any(method), pattern.c_str(), detail::handle<F>,
                              owned.release(), detail::destroy<F>));
    }

    /** As route(), at the end of the head: for exchange::receive(). */
    template <typename F>
    void route_upload(const std::string &method, const std::string &pattern,
                      std::uint64_t max_body, F handler)
    {
        auto owned = std::make_unique<F>(std::move(handler));
        check(hr_server_route_upload(handle(), any(method), pattern.c_str(), max_body,
                                     detail::handle<F>, owned.release(), detail::destroy<F>));
    }

    template <typename F> void fallback(F handler)
    {
        auto owned = std::make_unique<F>(std::move(handler));
        check(hr_server_fallback(handle(), detail::handle<F>, owned.release(),
                                 detail::destroy<F>));
    }

    void rule(const std::string &method, const std::string &pattern, const response &answer)
    {
        check(hr_server_rule(handle(), any(method), pattern.c_str(), answer.handle()));
    }

    void use_signals() { check(hr_server_use_signals(handle())); }

    /** Has handlers that are added from now on run in step(); poll the descriptor it returns. */
    int use_loop()
    {
        int fd = -1;
        check(hr_server_use_loop(handle(), &fd));
        return fd;
    }

    /** Runs the handlers of requests that wait, on this thread; how many. */
    std::uint32_t step(std::optional<std::chrono::milliseconds> time = std::nullopt)
    {
        std::uint32_t handled = 0;
        const hr_result result = hr_server_step(handle(), detail::milliseconds(time), &handled);
        if (result != HR_ERR_TIMEOUT)
            check(result);
        return handled;
    }

    void start() { check(hr_server_start(handle())); }
    void run() { check(hr_server_run(handle())); }
    void stop() { check(hr_server_stop(handle())); }

    /** Finishes what is in progress, as long as `grace` allows. */
    void drain(std::optional<std::chrono::milliseconds> grace = std::nullopt)
    {
        check(hr_server_drain(handle(), detail::milliseconds(grace)));
    }

    /** Waits until it has stopped; false if it has not in time. */
    bool wait(std::optional<std::chrono::milliseconds> time = std::nullopt) const
    {
        const hr_result result = hr_server_wait(handle(), detail::milliseconds(time));
        if (result == HR_ERR_TIMEOUT)
            return false;
        check(result);
        return true;
    }

    hr_state state() const noexcept { return hr_server_state(handle()); }

    hr_stats stats() const
    {
        hr_stats stats{};
        stats.struct_size = sizeof stats;
        check(hr_server_stats(handle(), &stats));
        return stats;
    }

    /** Keeps the last `size` requests with their answers, and so many octets of each body; before start(). */
    void record(std::size_t size, std::size_t max_body = 65536)
    {
        check(hr_server_record(handle(), size, max_body));
    }

    /** What is recorded; with `forget` it begins anew. */
    records recorded(bool forget = false) const
    {
        hr_records *out = nullptr;
        check(hr_server_recorded(handle(), forget, &out));
        return records(out);
    }

    hr_server *handle() const noexcept { return handle_.get(); }

private:
    explicit server(const hr_config *options)
    {
        hr_server *out = nullptr;
        check(hr_server_new(options, &out));
        handle_.reset(out);
    }

    static const char *any(const std::string &method) noexcept
    {
        return method.empty() ? nullptr : method.c_str();
    }

    detail::owner<hr_server> handle_;
};

} // namespace http_responder

#endif
