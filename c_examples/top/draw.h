/* One picture of a server as lines of a terminal. */
#ifndef TOP_DRAW_H
#define TOP_DRAW_H

#include "canvas.h"
#include "report.h"

enum { TOP_HISTORY = 512 };

/* What is drawn. */
typedef struct top_view {
    top_report now;
    top_report before;            /* .text is NULL at first */
    double rates[TOP_HISTORY];    /* requests a second, the last ones at the end */
    unsigned known;               /* how many of them */
    const char *gone;             /* why there is no newer report, or NULL */
} top_view;

/* The picture, to be freed; NULL without memory. Every line ends with "\n". */
char *top_draw(const top_view *view, const top_style *style);

/* How much the number `name` grows a second. */
double top_rate(const top_view *view, const char *name, unsigned column);

#endif
