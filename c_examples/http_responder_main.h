/* What http_responder and http_responder_mt share: all but the number of workers. */
#ifndef HTTP_RESPONDER_MAIN_H
#define HTTP_RESPONDER_MAIN_H

/* Serves as the command line says until a signal ends it. `workers` is the one number of workers
 * that this program allows, or NULL for any. Returns the exit status: 0 stopped cleanly, 1 could
 * not do its work, 2 wrong usage. */
int http_responder_main(const char *program, const char *workers, int argc, char **argv);

#endif
