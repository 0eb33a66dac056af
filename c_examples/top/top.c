/* http_responder_mt top: asks the admin side once a second and draws what it says. */
#include "top.h"
#include "../admin/ask.h"
#include "draw.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { STATUS_SHOWN = 0, STATUS_FAILED = 1, STATUS_USAGE = 2, EVERY_MS = 1000, CTRL_C = 3, CTRL_D = 4 };

/* Another screen without cursor and without wrapping, and the way back. */
static const char enter[] = "\033[?1049h\033[?25l\033[?7l\033[2J";
static const char leave[] = "\033[?7h\033[?25h\033[?1049l";

static volatile sig_atomic_t ended;
static volatile sig_atomic_t resized;

static void on_signal(int number)
{
    if (number == SIGWINCH)
        resized = 1;
    else
        ended = number;
}

/* Of the same name as the server, it gets what was meant for that one: SIGHUP and SIGUSR1. A terminal
 * that hangs up is noticed by what it reads and writes. */
static void listen_to_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGWINCH};
    struct sigaction action = {.sa_handler = on_signal};

    signal(SIGHUP, SIG_IGN);
    signal(SIGUSR1, SIG_IGN);
    for (size_t at = 0; at < sizeof numbers / sizeof numbers[0]; at++)
        sigaction(numbers[at], &action, NULL);
}

static void write_all(const char *text)
{
    size_t length = strlen(text);

    while (length > 0) {
        ssize_t count = write(STDOUT_FILENO, text, length);

        if (count < 0 && errno != EINTR) {
            ended = SIGHUP;
            return;
        }
        text += count > 0 ? count : 0;
        length -= count > 0 ? (size_t)count : 0;
    }
}

static void measure(top_style *style)
{
    struct winsize size = {.ws_col = 80, .ws_row = 24};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        size = (struct winsize){.ws_col = 80, .ws_row = 24};
    style->width = size.ws_col < 20 ? 20 : size.ws_col;
    style->height = size.ws_row < 4 ? 4 : size.ws_row;
}

/* A newer report in place of the last one; what went wrong is in `why`. */
static int renew(top_view *view, const char *address, char *why, size_t cap)
{
    top_report fresh;

    if (top_report_get(address, &fresh, why, cap) != 0)
        return -1;
    top_report_free(&view->before);
    view->before = view->now;
    view->now = fresh;
    if (view->before.text == NULL)
        return 0;
    if (top_number(&view->now, "uptime_ms", 0) < top_number(&view->before, "uptime_ms", 0)) {
        /* It is another process: nothing can be compared. */
        top_report_free(&view->before);
        return 0;
    }
    if (view->known == TOP_HISTORY)
        memmove(view->rates, view->rates + 1, sizeof view->rates - sizeof view->rates[0]);
    else
        view->known++;
    view->rates[view->known - 1] = top_rate(view, "requests_handled", 0);
    return 0;
}

/* On a terminal: from the upper left corner, the rest of each line and of the screen cleared. */
static void show(const top_view *view, top_style *style)
{
    char *text;

    measure(style);
    /* The last line is left empty: a line end there would scroll. */
    style->height--;
    text = top_draw(view, style);
    if (text == NULL)
        return;
    write_all("\033[H");
    for (char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        write_all(line);
        write_all("\033[K\r\n");
    }
    write_all("\033[J");
    free(text);
}

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits so long, or until the terminal has another size, or somebody has enough: 0 then. */
static int wait_for_key(int can_read, long milliseconds)
{
    struct pollfd in = {.fd = can_read ? STDIN_FILENO : -1, .events = POLLIN};
    char key = 0;

    if (poll(&in, 1, milliseconds > 0 ? (int)milliseconds : 0) > 0) {
        if (read(STDIN_FILENO, &key, 1) <= 0)
            return 0;
        if (key == 'q' || key == 'Q' || key == CTRL_C || key == CTRL_D)
            return 0;
    }
    return ended == 0;
}

static void watch(top_view *view, const char *address, top_style *style, int can_read)
{
    char why[160];
    /* There is a report already; what grows a second takes a second to know. */
    long due = now_ms() + EVERY_MS;

    do {
        if (resized)
            write_all("\033[2J");
        resized = 0;
        if (now_ms() >= due) {
            due = now_ms() + EVERY_MS;
            view->gone = renew(view, address, why, sizeof why) == 0 ? NULL : why;
        }
        show(view, style);
    } while (wait_for_key(can_read, due - now_ms()));
}

/* A terminal is as it was before, whatever ends this. */
static void watch_on_terminal(top_view *view, const char *address, top_style *style)
{
    struct termios before;
    int can_read = tcgetattr(STDIN_FILENO, &before) == 0;

    listen_to_signals();
    if (can_read) {
        struct termios raw = before;

        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
    }
    write_all(enter);
    watch(view, address, style, can_read);
    write_all(leave);
    if (can_read)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
}

static int print_once(top_view *view, const char *address, const top_style *style, const char *program)
{
    char why[160];
    char *text;
    int status = STATUS_SHOWN;

    /* What grows a second takes a second to know. */
    poll(NULL, 0, EVERY_MS);
    if (renew(view, address, why, sizeof why) != 0) {
        fprintf(stderr, "%s top: %s: %s\n", program, address, why);
        return STATUS_FAILED;
    }
    text = top_draw(view, style);
    if (text == NULL || fputs(text, stdout) == EOF || fflush(stdout) == EOF) {
        fprintf(stderr, "%s top: standard output cannot be written\n", program);
        status = STATUS_FAILED;
    }
    free(text);
    return status;
}

static int run(const char *program, const char *address, int once)
{
    static top_view view;
    top_style style = {.width = 100, .height = 0, .is_plain = 1};
    char why[160];
    int status = STATUS_SHOWN;

    setlocale(LC_CTYPE, "");
    style.is_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    if (renew(&view, address, why, sizeof why) != 0) {
        fprintf(stderr, "%s top: %s: %s; a server has an admin side when it is started with --admin %s\n",
                program, address, why, address);
        return STATUS_FAILED;
    }
    if (once || !isatty(STDOUT_FILENO)) {
        status = print_once(&view, address, &style, program);
    } else {
        style.is_plain = 0;
        watch_on_terminal(&view, address, &style);
    }
    top_report_free(&view.now);
    top_report_free(&view.before);
    return status;
}

static int help(const char *program)
{
    printf("Usage: %s top [ADDRESS] [--once]\n\n"
           "Shows a running server, renewed once a second; q ends it.\n\n"
           "  ADDRESS  where its admin side listens: unix:/path, 127.0.0.1:9100 or [::1]:9100\n"
           "           (%s)\n"
           "  --once   prints one picture and ends; also where standard output is no terminal\n",
           program, ADMIN_USUAL);
    return fflush(stdout) == 0 ? STATUS_SHOWN : STATUS_FAILED;
}

int http_responder_top(const char *program, int count, char **arguments)
{
    const char *address = NULL;
    int once = 0;

    for (int at = 0; at < count; at++) {
        const char *argument = arguments[at];

        if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)
            return help(program);
        if (strcmp(argument, "--once") == 0) {
            once = 1;
        } else if (address == NULL && admin_is_address(argument)) {
            address = argument;
        } else {
            fprintf(stderr,
                    "%s top: expected one address such as unix:/path, 127.0.0.1:9100 or [::1]:9100, or "
                    "--once, got \"%s\", try --help\n",
                    program, argument);
            return STATUS_USAGE;
        }
    }
    return run(program, address != NULL ? address : ADMIN_USUAL, once);
}
