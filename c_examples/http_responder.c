/* http_responder PORT ADDR [options]: the same engine on one thread, which also accepts. */
#include "http_responder_main.h"

int main(int argc, char **argv)
{
    return http_responder_main("http_responder", "1", argc, argv);
}
