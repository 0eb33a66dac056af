/* http_responder_mt PORT ADDR [-w N] [options]: answers any request at once, on N threads. */
#include "http_responder_main.h"

#include <stddef.h>

int main(int argc, char **argv)
{
    return http_responder_main("http_responder_mt", NULL, argc, argv);
}
