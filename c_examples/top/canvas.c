/* Lines that end where the terminal does, and numbers for people. */
#include "canvas.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 4096 };

/* ---- lines ---- */

void put_style(canvas *to, const char *sequence)
{
    if (!to->style->is_plain)
        fputs(sequence, to->out);
}

/* ASCII text, cut where the line ends. */
void put(canvas *to, const char *format, ...)
{
    char text[LINE_MAX_OCTETS];
    int room = to->style->width - to->column;
    int length;
    va_list values;

    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    length = (int)strlen(text);
    length = length < room ? length : room;
    if (length > 0) {
        fwrite(text, 1, (size_t)length, to->out);
        to->column += length;
    }
}

void go_to(canvas *to, int column)
{
    while (to->column < column && to->column < to->style->width)
        put(to, " ");
}

void end_line(canvas *to)
{
    put_style(to, PLAIN);
    fputc('\n', to->out);
    to->column = 0;
    to->lines++;
}

int has_room(const canvas *to, int lines)
{
    return to->style->height == 0 || to->lines + lines <= to->style->height;
}

/* A character cell that is filled to so many eighths from below. */
void put_cell(canvas *to, int eighths)
{
    static const char *const blocks[] = {" ",          "\u2581", "\u2582", "\u2583", "\u2584",
                                         "\u2585", "\u2586", "\u2587", "\u2588"};
    static const char ascii[] = " ..::||##";

    if (to->column >= to->style->width)
        return;
    if (to->style->is_utf8)
        fputs(blocks[eighths], to->out);
    else
        fputc(ascii[eighths], to->out);
    to->column++;
}

void put_bar(canvas *to, double part, int width, const char *color)
{
    int filled = (int)lround(part * width);

    filled = part > 0 && filled == 0 ? 1 : filled;
    put_style(to, color);
    for (int at = 0; at < filled; at++)
        put_cell(to, to->style->is_utf8 ? 4 : 8);
    put_style(to, PLAIN);
}

/* ---- numbers for people ---- */

const char *count_text(double n, char text[16])
{
    static const char units[] = " kMGTP";
    int unit = 0;

    while (n >= 9999.5 && unit < 5) {
        n /= 1000;
        unit++;
    }
    if (unit == 0)
        snprintf(text, 16, n > 0 && n < 9.95 && n != floor(n) ? "%.1f" : "%.0f", n);
    else
        snprintf(text, 16, n < 99.95 ? "%.1f%c" : "%.0f%c", n, units[unit]);
    return text;
}

const char *octets_text(double n, char text[16])
{
    const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    int unit = 0;

    while (n >= 1000 && unit < 4) {
        n /= 1024;
        unit++;
    }
    snprintf(text, 16, unit == 0 || n >= 99.95 ? "%.0f %s" : "%.1f %s", n, units[unit]);
    return text;
}

const char *time_text(double microseconds, char text[16])
{
    if (microseconds <= 0)
        snprintf(text, 16, "-");
    else if (microseconds < 1000)
        snprintf(text, 16, "%.0f us", microseconds);
    else if (microseconds < 1e6)
        snprintf(text, 16, "%.1f ms", microseconds / 1e3);
    else
        snprintf(text, 16, "%.1f s", microseconds / 1e6);
    return text;
}

const char *uptime_text(double milliseconds, char text[32])
{
    long seconds = (long)(milliseconds / 1000);

    if (seconds < 3600)
        snprintf(text, 32, "%ld min %ld s", seconds / 60, seconds % 60);
    else if (seconds < 86400)
        snprintf(text, 32, "%ld h %ld min", seconds / 3600, seconds % 3600 / 60);
    else
        snprintf(text, 32, "%ld d %ld h", seconds / 86400, seconds % 86400 / 3600);
    return text;
}
