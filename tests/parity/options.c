/* Options through the C interface, for the tests: one command a line, its fields separated by tabs,
 * one line of answer each, "ok", "ok TEXT" or "error NUMBER TEXT".
 *
 *     new                  forget everything
 *     set NAME VALUE
 *     get NAME
 *     args ARGUMENT...
 *     file PATH
 *     check                make a server of it, for the rules between options
 */
#include <http_responder.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 65536, FIELDS_MAX = 256 };

static hr_config *config;

static void say(hr_result result, const char *text)
{
    if (result != HR_OK)
        printf("error %d %s\n", (int)result, hr_last_error());
    else if (text != NULL)
        printf("ok %s\n", text);
    else
        printf("ok\n");
    fflush(stdout);
}

static void start_anew(void)
{
    hr_config_free(config);
    config = hr_config_new();
    if (config == NULL)
        exit(1);
}

static void get(const char *name)
{
    char text[LINE_MAX_OCTETS];

    say(hr_config_get(config, name, text, sizeof text, NULL), text);
}

static void check(void)
{
    hr_server *server = NULL;

    say(hr_server_new(config, &server), NULL);
    hr_server_free(server);
}

/* Splits at tabs, empty fields included; returns how many there are. */
static int split(char *line, const char **fields)
{
    int count = 0;

    while (line != NULL && count < FIELDS_MAX) {
        char *tab = strchr(line, '\t');
        if (tab != NULL)
            *tab++ = '\0';
        fields[count++] = line;
        line = tab;
    }
    return count;
}

static void act(const char **fields, int count)
{
    const char *command = fields[0];

    if (count == 1 && strcmp(command, "new") == 0) {
        start_anew();
        say(HR_OK, NULL);
    } else if (count == 3 && strcmp(command, "set") == 0) {
        say(hr_config_set(config, fields[1], fields[2]), NULL);
    } else if (count == 2 && strcmp(command, "get") == 0) {
        get(fields[1]);
    } else if (strcmp(command, "args") == 0) {
        /* The command stands where argv[0] does. */
        say(hr_config_parse_args(config, count, fields, NULL), NULL);
    } else if (count == 2 && strcmp(command, "file") == 0) {
        say(hr_config_load_file(config, fields[1]), NULL);
    } else if (count == 1 && strcmp(command, "check") == 0) {
        check();
    } else {
        printf("unknown command %s\n", command);
        exit(2);
    }
}

int main(void)
{
    static char line[LINE_MAX_OCTETS];
    const char *fields[FIELDS_MAX];

    start_anew();
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        act(fields, split(line, fields));
    }
    hr_config_free(config);
    return 0;
}
