/* Lines that end where the terminal does, and numbers for people. */
#ifndef TOP_CANVAS_H
#define TOP_CANVAS_H

#include <stdio.h>

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define RED "\033[31m"
#define BLUE "\033[34m"
#define CYAN "\033[36m"
#define PLAIN "\033[0m"

/* How it is drawn. */
typedef struct top_style {
    int width;
    int height;   /* 0 is as many lines as there are */
    int is_plain; /* without colours: no terminal */
    int is_utf8;  /* blocks may be drawn */
} top_style;

typedef struct canvas {
    FILE *out;
    const top_style *style;
    int column;
    int lines;
} canvas;

/* One of the sequences above; nothing where there are no colours. */
void put_style(canvas *to, const char *sequence);
/* ASCII text, cut where the line ends. */
void put(canvas *to, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A cell that is filled to so many eighths from below. */
void put_cell(canvas *to, int eighths);
/* A bar that fills a part, 0 to 1, of so many cells. */
void put_bar(canvas *to, double part, int width, const char *color);
/* Spaces up to this column. */
void go_to(canvas *to, int column);
void end_line(canvas *to);
/* Whether so many lines more fit. */
int has_room(const canvas *to, int lines);

/* Each writes into `text` and returns it. */
const char *count_text(double n, char text[16]);
const char *octets_text(double n, char text[16]);
const char *time_text(double microseconds, char text[16]);
const char *uptime_text(double milliseconds, char text[32]);

#endif
