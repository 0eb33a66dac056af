/* Certificates from memory, those of clients and a say in which is shown: given.c CERT KEY CA CAKEY SPECIAL.
   The first two are one certificate, then a CA that makes others, and a certificate for who asks for
   special.example; clients of the CA are known by name. */
#include <http_responder.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *text_of(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *text = calloc(1, 1 << 16);
    if (file == NULL || text == NULL) {
        exit(1);
    }
    *length = fread(text, 1, (1 << 16) - 1, file);
    fclose(file);
    return text;
}

static void must(hr_result result, const char *what)
{
    if (result != HR_OK) {
        fprintf(stderr, "%s: %s\n", what, hr_last_error());
        exit(1);
    }
}

static hr_choice choose(void *user, hr_str name, const hr_certificate **certificate)
{
    if (name.len == 15 && memcmp(name.data, "special.example", 15) == 0) {
        *certificate = user;
        return HR_CHOOSE_CERTIFICATE;
    }
    if (name.len == 15 && memcmp(name.data, "refused.example", 15) == 0) {
        return HR_CHOOSE_NONE;
    }
    return HR_CHOOSE_USUAL;
}

static void free_certificate(void *user)
{
    hr_certificate_free(user);
}

static hr_action who(void *user, const hr_request *request, hr_exchange *exchange)
{
    (void)user;
    hr_str subject = hr_request_peer_subject(request);
    hr_str der = hr_request_peer_certificate(request);
    char body[256];
    int length = snprintf(body, sizeof body, "%s %zu %.*s", hr_request_is_tls(request) ? "https" : "http",
                          der.len, (int)subject.len, subject.data ? subject.data : "");
    hr_respond_bytes(exchange, 200, "text/plain", body, (size_t)length);
    return HR_DONE;
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        return 2;
    }
    size_t sizes[6];
    char *texts[6];
    for (int i = 1; i < 6; i++) {
        texts[i] = text_of(argv[i], &sizes[i]);
    }
    hr_server *server = NULL;
    hr_certificate *one = NULL, *special = NULL;
    must(hr_server_new(NULL, &server), "new");
    if (hr_server_listen_tls(server, "127.0.0.1:0", false, NULL) != HR_ERR_CONFIG) {
        return 1;
    }
    if (hr_certificate_from_pem("x", 1, NULL, 0, &one) != HR_ERR_CONFIG || one != NULL) {
        return 1;
    }
    must(hr_certificate_from_pem(texts[1], sizes[1], texts[2], sizes[2], &one), "certificate");
    must(hr_server_add_certificate(server, one), "add");
    hr_certificate_free(one);
    must(hr_server_use_ca(server, texts[3], sizes[3], texts[4], sizes[4]), "ca");
    must(hr_server_trust_clients(server, texts[3], sizes[3], false), "clients");
    must(hr_certificate_from_pem(texts[5], sizes[5], NULL, 0, &special), "special");
    must(hr_server_choose_certificates(server, choose, special, free_certificate), "choose");
    must(hr_server_route(server, "GET", "/who", who, NULL, NULL), "route");
    must(hr_server_listen_tls(server, "127.0.0.1:0", false, NULL), "listen");
    must(hr_server_start(server), "start");
    char address[64];
    must(hr_server_address(server, 0, address, sizeof address, NULL), "address");
    printf("%s\n", address);
    fflush(stdout);
    getchar();
    hr_server_free(server);
    for (int i = 1; i < 6; i++) {
        free(texts[i]);
    }
    return 0;
}
