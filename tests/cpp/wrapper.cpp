// The C++ wrapper against a real socket.
#include <http_responder.hpp>

#include <arpa/inet.h>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace hr = http_responder;
using namespace std::chrono_literals;

static int failures = 0;

#define EXPECT(condition) expect((condition), #condition, __LINE__)

static void expect(bool holds, const char *what, int line)
{
    if (!holds) {
        std::printf("  wrapper.cpp:%d: expected %s\n", line, what);
        failures++;
    }
}

template <typename F> static hr_result code_of(F call)
{
    try {
        call();
    } catch (const hr::error &error) {
        EXPECT(std::strlen(error.what()) > 0);
        return error.code();
    }
    return HR_OK;
}

static int connect_to(const hr::server &server)
{
    const std::string text = server.address();
    timeval deadline = {30, 0};
    sockaddr_in address = {};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(text.substr(text.rfind(':') + 1))));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
    EXPECT(connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0);
    return fd;
}

static std::string read_all(int fd)
{
    std::string all;
    char octets[65536];
    for (ssize_t got; (got = recv(fd, octets, sizeof octets, 0)) > 0;)
        all.append(octets, static_cast<std::size_t>(got));
    close(fd);
    return all;
}

static std::string ask(const hr::server &server, const std::string &line, const std::string &body = "")
{
    int fd = connect_to(server);
    const std::string text = line + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: "
        + std::to_string(body.size()) + "\r\n\r\n" + body;
    EXPECT(send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    return read_all(fd);
}

static bool has(const std::string &text, const std::string &part)
{
    return text.find(part) != std::string::npos;
}

static hr::config quiet()
{
    hr::config config;
    config.set("workers", "1").set("max_connections", "64").set("log_level", "off");
    return config;
}

// Counts its copies that are alive.
struct Guard {
    explicit Guard(std::atomic<int> &counter) : alive(&counter) { ++counter; }
    Guard(const Guard &other) : alive(other.alive) { ++*alive; }
    Guard &operator=(const Guard &) = delete;
    ~Guard() { --*alive; }
    std::atomic<int> *alive;
};

static void answers_in_every_form()
{
    std::atomic<int> alive{0};
    {
        hr::server server(quiet());
        server.listen("127.0.0.1:0");
        server.route("GET", "/hello/{name}", [guard = Guard(alive)](const hr::request &request) {
            EXPECT(guard.alive->load() > 0);
            EXPECT(request.method() == "GET" && request.path() == "/hello/x");
            EXPECT(request.target() == "/hello/x?a=b" && request.query() == "a=b");
            EXPECT(request.host() == "a" && !request.header("none") && request.header("HOST") == "a");
            EXPECT(request.version() == HR_HTTP_1_1 && request.peer().has_value());
            EXPECT(request.header_count() == 3 && request.header_at(0).first == "Host");
            EXPECT(code_of([&] { request.header_at(9); }) == HR_ERR_INVALID_ARGUMENT);
            return hr::response(200, "text/plain", request.param("name").value());
        });
        server.route("", "/echo", [](const hr::request &request, hr::exchange &exchange) {
            exchange.respond(201, "text/plain", request.body());
        });
        server.route("", "/decline", [](const hr::request &, hr::exchange &) { return HR_DECLINE; });
        server.fallback([](const hr::request &, hr::exchange &exchange) {
            exchange.respond(hr::response(404).header("X-Fallback", "yes"));
        });
        server.rule("GET", "/rule", hr::response(200, "text/plain", "ruled"));
        server.record(10);
        server.start();
        EXPECT(code_of([&] { server.record(10); }) == HR_ERR_STATE);
        EXPECT(server.state() == HR_STATE_RUNNING);
        EXPECT(has(ask(server, "GET /hello/x?a=b"), "\r\n\r\nx"));
        EXPECT(has(ask(server, "POST /echo", "body"), "201 Created"));
        EXPECT(has(ask(server, "GET /decline"), "X-Fallback: yes"));
        EXPECT(has(ask(server, "GET /rule"), "ruled"));
        EXPECT(server.stats().requests_handled == 4);
        const hr::records recorded = server.recorded(true);
        EXPECT(recorded.size() == 4 && recorded[4] == nullptr);
        EXPECT(hr_record_status(recorded[1]) == 201);
        EXPECT(server.recorded().size() == 0);
        hr::server moved = std::move(server);
        EXPECT(has(ask(moved, "GET /rule"), "ruled"));
        moved.drain();
        EXPECT(moved.wait(10s));
    }
    EXPECT(alive == 0);
}

static void exceptions_stay_on_their_side()
{
    hr::server server(quiet());
    server.listen("127.0.0.1:0");
    server.route("", "/throw", [](const hr::request &) -> hr::response {
        throw std::runtime_error("on purpose");
    });
    server.route("", "/number", [](const hr::request &) -> hr::response { throw 5; });
    server.route("", "/late", [](const hr::request &, hr::exchange &exchange) {
        exchange.respond(200, "text/plain", "stands");
        throw std::runtime_error("on purpose");
    });
    server.start();
    EXPECT(has(ask(server, "GET /throw"), " 500 "));
    EXPECT(has(ask(server, "GET /number"), " 500 "));
    EXPECT(has(ask(server, "GET /late"), "stands"));

    EXPECT(code_of([] { hr::response(99); }) == HR_ERR_INVALID_ARGUMENT);
    EXPECT(code_of([] { hr::response(200).header("a b", ""); }) == HR_ERR_INVALID_ARGUMENT);
    EXPECT(code_of([] { hr::config().set("nonsense", "1"); }) == HR_ERR_CONFIG);
    EXPECT(code_of([&] { server.start(); }) == HR_ERR_STATE);
    EXPECT(code_of([&] { server.route("", "bad", [](const hr::request &) { return hr::response(200); }); })
           == HR_ERR_INVALID_ARGUMENT);
    EXPECT(code_of([] { hr::server().listen("nonsense"); }) == HR_ERR_INVALID_ARGUMENT);
    EXPECT(quiet().get("workers") == "1");
}

static void answers_come_late_and_in_pieces()
{
    std::thread thread;
    hr::server server(quiet());
    server.listen("127.0.0.1:0");
    server.route("", "/later", [&thread](const hr::request &request, hr::exchange &exchange) {
        thread = std::thread(
            [](hr::deferred later, hr::request kept) {
                later.respond(hr::response(200, "text/plain", kept.path()));
                EXPECT(code_of([&] { later.respond(hr::response(200)); }) == HR_ERR_STATE);
            },
            exchange.defer(), request.keep());
    });
    server.route("", "/stream", [&thread](const hr::request &, hr::exchange &exchange) {
        thread = std::thread(
            [](hr::writer writer) {
                const std::string piece(65536, 's');
                for (int i = 0; i < 200; i++)
                    writer.send_all(piece);
                writer.trailer("Digest", "x");
                writer.finish();
                EXPECT(code_of([&] { writer.finish(); }) == HR_ERR_STATE);
            },
            exchange.defer().stream(hr::response(200)));
    });
    server.start();
    EXPECT(has(ask(server, "GET /later"), "\r\n\r\n/later"));
    thread.join();
    const std::string all = ask(server, "GET /stream");
    thread.join();
    EXPECT(all.size() > 200 * 65536 && has(all, "\r\n0\r\nDigest: x\r\n\r\n"));
}

// Goes on when it is called, and keeps itself alive until then.
struct Producer : std::enable_shared_from_this<Producer> {
    explicit Producer(hr::writer to) : writer(std::move(to)) {}

    void produce()
    {
        const std::string piece(32768, 'p');
        while (left > 0) {
            if (!writer.send(piece))
                return;
            left--;
        }
        writer.finish();
        done = true;
    }

    hr::writer writer;
    int left = 500;
    std::atomic<bool> done{false};
};

static void a_producer_is_called_when_there_is_room()
{
    std::shared_ptr<Producer> producer;
    hr::server server(quiet());
    server.listen("127.0.0.1:0");
    server.route("", "/produce", [&producer](const hr::request &, hr::exchange &exchange) {
        producer = std::make_shared<Producer>(exchange.defer().stream(hr::response(200), 500u * 32768u));
        producer->writer.on_ready([weak = std::weak_ptr<Producer>(producer)] {
            if (auto it = weak.lock())
                it->produce();
        });
        producer->produce();
    });
    server.start();
    const std::string all = ask(server, "GET /produce");
    EXPECT(all.size() > 500 * 32768 && producer->done);
}

struct Sum : hr::upload {
    explicit Sum(std::shared_ptr<std::optional<hr::deferred>> to) : later(std::move(to)) {}

    hr_pace chunk(std::string_view octets) override
    {
        if (octets.substr(0, 5) == "throw")
            throw std::runtime_error("on purpose");
        total += octets.size();
        return HR_GO_ON;
    }

    void end() override
    {
        (*later)->respond(hr::response(200, "text/plain", std::to_string(total)));
    }

    std::shared_ptr<std::optional<hr::deferred>> later;
    std::size_t total = 0;
};

static void bodies_are_taken_as_they_arrive()
{
    hr::server server(quiet());
    server.listen("127.0.0.1:0");
    server.route_upload("POST", "/sum", 1 << 30, [](const hr::request &, hr::exchange &exchange) {
        auto later = std::make_shared<std::optional<hr::deferred>>();
        *later = exchange.receive(std::make_unique<Sum>(later));
    });
    server.start();
    EXPECT(has(ask(server, "POST /sum", std::string(3000000, 'x')), "\r\n\r\n3000000"));
    EXPECT(has(ask(server, "POST /sum", "throw"), " 500 "));
}

static void handlers_run_in_the_loop_of_the_host()
{
    const auto here = std::this_thread::get_id();
    hr::server server(quiet());
    server.listen("127.0.0.1:0");
    const int fd = server.use_loop();
    server.route("", "/", [here](const hr::request &) {
        EXPECT(std::this_thread::get_id() == here);
        return hr::response(200, "text/plain", "hosted");
    });
    server.start();
    EXPECT(server.step(0ms) == 0);
    std::string reply;
    std::thread client([&] { reply = ask(server, "GET /"); });
    pollfd source = {fd, POLLIN, 0};
    EXPECT(poll(&source, 1, 30000) == 1);
    EXPECT(server.step(0ms) == 1);
    client.join();
    EXPECT(has(reply, "hosted"));
    server.stop();
}

int main()
{
    answers_in_every_form();
    exceptions_stay_on_their_side();
    answers_come_late_and_in_pieces();
    a_producer_is_called_when_there_is_room();
    bodies_are_taken_as_they_arrive();
    handlers_run_in_the_loop_of_the_host();
    return failures == 0 ? 0 : 1;
}
