/* Options: from the program, from a file, from the command line, and read back.
 *
 *     build/examples/config --keep-alive-timeout 20s
 *     build/examples/config --config responder.toml
 */
#include <http_responder.h>

#include <stdio.h>

static void show(const hr_config *config, const char *name)
{
    char value[128];

    if (hr_config_get(config, name, value, sizeof value, NULL) == HR_OK)
        printf("%s = %s\n", name, value);
    else
        fprintf(stderr, "config: %s\n", hr_last_error());
}

static int configure(hr_config *config, int argc, char **argv)
{
    /* What the program sets is where the user starts from: the later word holds. */
    return hr_config_set(config, "address", "127.0.0.1") == HR_OK
           && hr_config_set(config, "port", "0") == HR_OK
           && hr_config_set(config, "keep_alive_timeout", "30s") == HR_OK
           && hr_config_parse_args(config, argc, (const char *const *)argv, NULL) == HR_OK;
}

int main(int argc, char **argv)
{
    hr_config *config = hr_config_new();
    hr_server *server = NULL;
    int status = 1;

    if (config != NULL && configure(config, argc, argv)
        && hr_server_new(config, &server) == HR_OK) {
        show(config, "port");
        show(config, "keep_alive_timeout");
        show(config, "max_connections");
        status = 0;
    } else {
        fprintf(stderr, "config: %s\n", hr_last_error());
    }
    hr_server_free(server);
    hr_config_free(config);
    return status;
}
