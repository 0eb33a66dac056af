/* Draws what a server reports: numbers, a curve, bars; as wide as the terminal is. */
#include "draw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 12 };

double top_rate(const top_view *view, const char *name, unsigned column)
{
    double seconds, more;

    if (view->before.text == NULL)
        return 0;
    seconds = (top_number(&view->now, "uptime_ms", 0) - top_number(&view->before, "uptime_ms", 0)) / 1e3;
    more = top_number(&view->now, name, column) - top_number(&view->before, name, column);
    return seconds > 0 && more > 0 ? more / seconds : 0;
}

/* ---- parts of the picture ---- */

static void draw_title(canvas *to, const top_view *view)
{
    char version[32] = "", state[32] = "", uptime[32], address[128];
    const char *color = GREEN;

    top_text(&view->now, "version", 0, version, sizeof version);
    top_text(&view->now, "state", 0, state, sizeof state);
    if (view->gone != NULL)
        snprintf(state, sizeof state, "gone");
    color = view->gone != NULL ? RED : strcmp(state, "running") == 0 ? GREEN : YELLOW;
    put_style(to, BOLD);
    put(to, "http_responder %s  ", version);
    put_style(to, color);
    put(to, "%s", state);
    put_style(to, PLAIN);
    put(to, "  up %s", uptime_text(top_number(&view->now, "uptime_ms", 0), uptime));
    put_style(to, DIM);
    for (unsigned at = 0; top_text(&view->now, "listening", at, address, sizeof address); at++)
        put(to, "  %s", address);
    end_line(to);
    if (view->gone != NULL) {
        put_style(to, RED);
        put(to, "%s; trying again", view->gone);
        end_line(to);
    }
    end_line(to);
}

static void draw_curve(canvas *to, const top_view *view)
{
    int width = to->style->width - to->column;
    int points = (int)view->known < width ? (int)view->known : width;
    const double *from = view->rates + view->known - points;
    double most = 1;

    for (int at = 0; at < points; at++)
        most = from[at] > most ? from[at] : most;
    put_style(to, CYAN);
    for (int at = 0; at < points; at++)
        put_cell(to, from[at] > 0 ? 1 + (int)(from[at] / most * 7) : 0);
    put_style(to, PLAIN);
}

typedef struct fact {
    const char *name;
    char value[40];
} fact;

/* As many beside each other as there is width for. */
static void draw_facts(canvas *to, const fact *facts, int count)
{
    int abreast = to->style->width >= 80 ? 4 : to->style->width >= 44 ? 2 : 1;
    int width = to->style->width / abreast;

    for (int at = 0; at < count; at++) {
        go_to(to, at % abreast * width);
        put_style(to, DIM);
        put(to, "%s ", facts[at].name);
        put_style(to, PLAIN);
        put_style(to, BOLD);
        put(to, "%s", facts[at].value);
        put_style(to, PLAIN);
        if (at % abreast == abreast - 1 || at == count - 1)
            end_line(to);
    }
}

static void draw_rates(canvas *to, const top_view *view)
{
    const top_report *now = &view->now;
    char text[16], other[16];
    fact facts[] = {{"open", ""},   {"sent/s", ""},    {"received/s", ""}, {"memory", ""},
                    {"half in", ""}, {"99 % in", ""}, {"99.9 % in", ""},  {"processor", ""}};

    put_style(to, DIM);
    put(to, "requests/s ");
    put_style(to, PLAIN);
    put_style(to, BOLD);
    put(to, "%s", count_text(top_rate(view, "requests_handled", 0), text));
    put_style(to, PLAIN);
    go_to(to, 20);
    draw_curve(to, view);
    end_line(to);
    snprintf(facts[0].value, sizeof facts[0].value, "%s of %s",
             count_text(top_number(now, "connections_open", 0), text),
             count_text(top_number(now, "pool_capacity", 0), other));
    octets_text(top_rate(view, "bytes_sent", 0), facts[1].value);
    octets_text(top_rate(view, "bytes_received", 0), facts[2].value);
    octets_text(top_number(now, "resident", 0), facts[3].value);
    time_text(top_number(now, "p50_us", 0), facts[4].value);
    time_text(top_number(now, "p99_us", 0), facts[5].value);
    time_text(top_number(now, "p999_us", 0), facts[6].value);
    snprintf(facts[7].value, sizeof facts[7].value, "%.1f %%", top_rate(view, "processor_ms", 0) / 10);
    draw_facts(to, facts, sizeof facts / sizeof facts[0]);
    end_line(to);
}

static void draw_workers(canvas *to, const top_view *view)
{
    static const char *const states[] = {"open", "reading", "processing", "writing", "keepalive", "closing"};
    static const char *const heads[] = {"open", "read", "wait", "write", "idle", "close"};
    unsigned workers = (unsigned)top_number(&view->now, "workers", 0);
    int width = (to->style->width - 7) / 7;
    char text[16], name[40];

    width = width > 9 ? 9 : width < 6 ? 6 : width;
    put_style(to, DIM);
    put(to, "%-7s", "worker");
    for (size_t at = 0; at < sizeof heads / sizeof heads[0]; at++)
        put(to, "%*s", width, heads[at]);
    put(to, "%*s", width, "req/s");
    end_line(to);
    for (unsigned worker = 0; worker < workers && has_room(to, 2); worker++) {
        unsigned column = workers > 1 ? worker + 1 : 0;

        put(to, "%-7u", worker);
        for (size_t at = 0; at < sizeof states / sizeof states[0]; at++) {
            snprintf(name, sizeof name, "connections_%s", states[at]);
            put(to, "%*s", width, count_text(top_number(&view->now, name, column), text));
        }
        put(to, "%*s", width, count_text(top_rate(view, "requests_handled", column), text));
        end_line(to);
    }
    end_line(to);
}

/* ---- lists ---- */

typedef struct row {
    char name[128];
    double value;
} row;

static int larger_first(const void *a, const void *b)
{
    double left = ((const row *)a)->value, right = ((const row *)b)->value;

    return (left < right) - (left > right);
}

/* Lines such as "kind 12 image". */
static int rows_of(const top_report *report, const char *name, row rows[ROWS])
{
    char line[160];
    int count = 0;

    for (unsigned nth = 0; top_text(report, name, nth, line, sizeof line); nth++) {
        char *rest = line;
        row next = {.value = strtod(line, &rest)};

        snprintf(next.name, sizeof next.name, "%s", rest + (*rest == ' '));
        if (count < ROWS) {
            rows[count++] = next;
        } else if (next.value > rows[ROWS - 1].value) {
            rows[ROWS - 1] = next;
        }
        qsort(rows, (size_t)count, sizeof *rows, larger_first);
    }
    return count;
}

static int is_trouble(const char *name)
{
    static const char *const beginnings[] = {"refused_", "timeouts_", "disconnects_", "accept_", "handler_",
                                             "deferred_gone", "connections_evicted", "connections_shed",
                                             "worker_restarts", "workers_stalled"};

    if (strcmp(name, "timeouts_keepalive") == 0 || strcmp(name, "timeouts_linger") == 0)
        return 0;
    for (size_t at = 0; at < sizeof beginnings / sizeof beginnings[0]; at++)
        if (strncmp(name, beginnings[at], strlen(beginnings[at])) == 0)
            return 1;
    return 0;
}

static int troubles_of(const top_report *report, row rows[ROWS])
{
    row next;
    int count = 0;

    for (const char *line = report->text; line != NULL;) {
        line = top_next(line, next.name, sizeof next.name, &next.value);
        if (next.value <= 0 || !is_trouble(next.name))
            continue;
        for (char *c = next.name; *c != '\0'; c++)
            *c = *c == '_' ? ' ' : *c;
        if (count < ROWS)
            rows[count++] = next;
    }
    qsort(rows, (size_t)count, sizeof *rows, larger_first);
    return count;
}

typedef struct list {
    const char *title;
    const char *color;
    int count;
    row rows[ROWS];
} list;

static void draw_row(canvas *to, const list *from, int at, int column, int width)
{
    const row *it = &from->rows[at];
    int names = width * 5 / 9, bars = width - names - 9;
    char text[16];

    go_to(to, column);
    if (at >= from->count)
        return;
    put(to, "%-*.*s %7s ", names, names, it->name, count_text(it->value, text));
    put_bar(to, it->value / from->rows[0].value, bars > 0 ? bars : 0, from->color);
}

/* Lists beside each other, as many as there is width for; the others below. */
static void draw_lists(canvas *to, const list *lists, int count)
{
    int abreast = to->style->width >= 110 ? 3 : to->style->width >= 76 ? 2 : 1;
    int width = to->style->width / abreast;

    for (int first = 0; first < count; first += abreast) {
        int last = first + abreast < count ? first + abreast : count, most = 0;

        if (!has_room(to, 3))
            return;
        put_style(to, DIM);
        for (int at = first; at < last; at++) {
            go_to(to, (at - first) * width);
            put(to, "%s", lists[at].title);
            most = lists[at].count > most ? lists[at].count : most;
        }
        end_line(to);
        for (int line = 0; line < most && has_room(to, 1); line++) {
            for (int at = first; at < last; at++)
                draw_row(to, &lists[at], line, (at - first) * width, width - 2);
            end_line(to);
        }
        if (has_room(to, 1))
            end_line(to);
    }
}

static void draw(canvas *to, const top_view *view)
{
    list lists[3] = {{.title = "answers by kind", .color = BLUE},
                     {.title = "top hosts", .color = CYAN},
                     {.title = "worth a look", .color = YELLOW}};

    lists[0].count = rows_of(&view->now, "kind", lists[0].rows);
    lists[1].count = rows_of(&view->now, "host", lists[1].rows);
    lists[2].count = troubles_of(&view->now, lists[2].rows);
    draw_title(to, view);
    draw_rates(to, view);
    draw_workers(to, view);
    draw_lists(to, lists, 3);
}

/* No more lines than there is room for. */
static void cut(char *text, int lines)
{
    while (lines-- > 0 && (text = strchr(text, '\n')) != NULL)
        text++;
    if (text != NULL)
        *text = '\0';
}

char *top_draw(const top_view *view, const top_style *how)
{
    char *text = NULL;
    size_t length = 0;
    canvas to = {.out = open_memstream(&text, &length), .style = how};

    if (to.out == NULL)
        return NULL;
    draw(&to, view);
    if (fclose(to.out) != 0) {
        free(text);
        return NULL;
    }
    if (how->height > 0)
        cut(text, how->height);
    return text;
}
