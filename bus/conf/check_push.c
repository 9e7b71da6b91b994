/* Where a partner's events are pushed to: told at the key that is wrong. */
#include <string.h>

#include "bus/conf/bus_config.h"
#include "bus/conf/check_parts.h"

#define HTTPS "https://"
#define HTTP  "http://"

static struct bus_place push_at(const struct bus_conf_partner *p,
                                const char *key)
{
    const struct bus_node *push = bus_node_get(p->node, "push");
    const struct bus_node *n = push != NULL ? bus_node_get(push, key) : NULL;
    return n != NULL ? n->at : push != NULL ? push->at : p->node->at;
}

static void push_wrong(const struct bus_conf_partner *p,
                       const char *key,
                       const char *path,
                       const char *wrong,
                       struct bus_faults *faults)
{
    if (wrong != NULL) {
        bus_faults_add(faults, push_at(p, key), path, "%s", wrong);
    }
}

/* Of the machine itself, by what the address says and not by what a name
 * server might. */
static bool push_loopback(struct bus_strv host)
{
    bool v4 = host.n > 4 && memcmp(host.p, "127.", 4) == 0;
    for (size_t i = 0; v4 && i < host.n; i++) {
        v4 = host.p[i] == '.' || (host.p[i] >= '0' && host.p[i] <= '9');
    }
    return v4 || bus_strv_is(host, "localhost") || bus_strv_is(host, "[::1]");
}

static bool push_plain_ascii(const char *s)
{
    while (*s > ' ' && *s < 0x7f && strchr("\"<>\\^`{|}", *s) == NULL) {
        s++;
    }
    return *s == '\0';
}

static struct bus_strv push_host(const char *url, size_t scheme)
{
    const char *from = url + scheme;
    size_t n = from[0] == '[' ? strcspn(from, "]/") + 1 : strcspn(from, ":/");
    size_t most = strlen(from);
    return (struct bus_strv){from, n < most ? n : most};
}

static const char *push_url_wrong(const struct bus_conf_partner *p)
{
    const char *url = p->push.url;
    bool tls = strncmp(url, HTTPS, sizeof(HTTPS) - 1) == 0;
    bool plain = strncmp(url, HTTP, sizeof(HTTP) - 1) == 0;
    if (!tls && !plain) {
        return "must begin with https:// (or http:// to this machine)";
    }
    struct bus_strv host =
        push_host(url, tls ? sizeof(HTTPS) - 1 : sizeof(HTTP) - 1);
    if (!push_plain_ascii(url) || strpbrk(url, "@?#") != NULL) {
        return "must be https://host[:port]/path: no user, query, fragment or "
               "space, and other characters %-encoded";
    }
    if (host.n == 0 || strchr(host.p, '/') == NULL) {
        return "must have a host and a path: https://host/path";
    }
    if (plain && p->push.plain == BUS_HTTP_PLAIN_LOOPBACK &&
        !push_loopback(host)) {
        return "events would go unencrypted beyond this machine; use https://, "
               "or write `plain: anywhere` where something else does TLS";
    }
    return NULL;
}

void bus_conf_check_push(const struct bus_conf_partner *p,
                         struct bus_faults *faults)
{
    const struct bus_conf_partner_push *push = &p->push;
    if (bus_node_get(p->node, "push") == NULL) {
        return;
    }
    push_wrong(p, "url", "push.url",
               push->url == NULL                    ? "missing"
               : p->transport != BUS_TRANSPORT_HTTP ? "only transport http "
                                                      "has one"
                                                    : push_url_wrong(p),
               faults);
    bool tls =
        push->url != NULL && strncmp(push->url, HTTPS, sizeof(HTTPS) - 1) == 0;
    push_wrong(p, "cert_file", "push.cert_file",
               (push->cert_file == NULL) != (push->key_file == NULL)
                   ? "a certificate and its key_file go together"
               : push->cert_file != NULL && !tls
                   ? "a certificate is shown over https:// only"
                   : NULL,
               faults);
    push_wrong(p, "ca_file", "push.ca_file",
               push->ca_file != NULL && !tls ? "is for https:// only" : NULL,
               faults);
    push_wrong(p, "sign_sm2", "push.sign_sm2",
               push->sign_keys != NULL && push->sign_sm2 != NULL
                   ? "signed by one of the two: sign_keys or sign_sm2"
                   : NULL,
               faults);
    if (push->url != NULL && !tls && push->plain == BUS_HTTP_PLAIN_ANYWHERE) {
        bus_faults_warn(faults, push_at(p, "plain"), "push.plain",
                        "open: events with personal data are readable on the "
                        "way unless something else does TLS");
    }
}
