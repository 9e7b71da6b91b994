/* From where a request comes.
 *
 * - the other end of the connection, unless that is a proxy of the
 *   configuration: then who it says, by X-Forwarded-For, from its end up to the
 *   first that is no proxy of ours. What stands before that anybody may write
 * - what no listed proxy brings says nothing, whatever its headers
 * - who watches the role (/metrics, the reasons of /readyz) is this machine, or
 *   one of the configuration's watchers
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "bus/base/strv.h"
#include "bus/run/http_parts.h"

#define ADDRESS_TEXT 64
#define MAPPED_BITS  96 /* in front of an IPv4 address */

/* --- addresses --- */

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* In the form of IPv6; false: it is none. *ret_first_bit: where it begins
 * there. */
static bool from_parse(struct bus_strv s, uint8_t ret[16], int *ret_first_bit)
{
    char text[ADDRESS_TEXT];
    if (s.n == 0 || s.n >= sizeof(text)) {
        return false;
    }
    (void)bus_strv_copy(text, sizeof(text), s);
    memset(ret, 0, 16);
    if (inet_pton(AF_INET, text, ret + sizeof(mapped)) == 1) {
        memcpy(ret, mapped, sizeof(mapped));
        *ret_first_bit = MAPPED_BITS;
        return true;
    }
    *ret_first_bit = 0;
    return inet_pton(AF_INET6, text, ret) == 1;
}

static bool from_peer(struct MHD_Connection *conn, uint8_t ret[16])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info != NULL ? info->client_addr : NULL;
    memset(ret, 0, 16);
    if (a != NULL && a->sa_family == AF_INET) {
        memcpy(ret, mapped, sizeof(mapped));
        memcpy(ret + sizeof(mapped),
               &((const struct sockaddr_in *)(const void *)a)->sin_addr, 4);
    } else if (a != NULL && a->sa_family == AF_INET6) {
        memcpy(ret, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr,
               16);
    }
    return a != NULL;
}

static bool from_this_machine(const uint8_t a[16])
{
    static const uint8_t one[16] = {[15] = 1};
    return memcmp(a, one, sizeof(one)) == 0 ||
           (memcmp(a, mapped, sizeof(mapped)) == 0 && a[12] == 127);
}

/* IPv6 by its /64, which is one customer. */
static void from_reduce(uint8_t a[16])
{
    bool here = from_this_machine(a);
    if (memcmp(a, mapped, sizeof(mapped)) != 0) {
        memset(a + 8, 0, 8);
        a[15] = here ? 1 : 0;
    }
}

/* --- nets of the configuration --- */

int run_http_from_nets(const char *const *texts,
                       size_t n,
                       struct http_nets *ret,
                       struct bus_err *err)
{
    if (n > HTTP_NETS_MAX) {
        return bus_fail(err, BUS_ECONFIG, "more than %d addresses",
                        HTTP_NETS_MAX);
    }
    for (size_t i = 0; i < n; i++) {
        struct bus_strv s = bus_strv(texts[i]);
        const char *slash = memchr(s.p, '/', s.n);
        struct bus_strv address = {s.p, slash ? (size_t)(slash - s.p) : s.n};
        struct http_net *net = &ret->v[i];
        int64_t bits = 128;
        int first = 0;
        bool well = from_parse(address, net->address, &first);
        if (slash != NULL) {
            well &= bus_strv_to_i64(bus_strv(slash + 1), &bits);
            bits += first;
        }
        if (!well || bits < first || bits > 128) {
            return bus_fail(err, BUS_ECONFIG,
                            "found '%.60s'; must be an address or a net, such "
                            "as 10.1.2.3, 10.1.0.0/16, fd00::/8",
                            texts[i]);
        }
        net->bits = (int)bits;
    }
    ret->n = n;
    return BUS_OK;
}

static bool from_one_of(const struct http_nets *nets, const uint8_t a[16])
{
    for (size_t i = 0; i < nets->n; i++) {
        const struct http_net *net = &nets->v[i];
        size_t whole = (size_t)net->bits / 8;
        unsigned rest = (unsigned)net->bits % 8;
        unsigned mask = rest > 0 ? 0xff00u >> rest & 0xff : 0;
        if (memcmp(net->address, a, whole) == 0 &&
            (rest == 0 || ((net->address[whole] ^ a[whole]) & mask) == 0)) {
            return true;
        }
    }
    return false;
}

/* --- who --- */

/* One entry of X-Forwarded-For: an address, perhaps in brackets, perhaps with a
 * port behind it. */
static bool from_entry(struct bus_strv s, uint8_t ret[16])
{
    int ignored;
    while (s.n > 0 && (*s.p == ' ' || *s.p == '\t')) {
        s = (struct bus_strv){s.p + 1, s.n - 1};
    }
    while (s.n > 0 && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) {
        s.n--;
    }
    const char *end = s.n > 0 ? memchr(s.p, ']', s.n) : NULL;
    const char *colon = s.n > 0 ? memchr(s.p, ':', s.n) : NULL;
    if (s.n > 0 && *s.p == '[' && end != NULL) {
        s = (struct bus_strv){s.p + 1, (size_t)(end - s.p) - 1};
    } else if (colon != NULL && colon == memrchr(s.p, ':', s.n)) {
        s.n = (size_t)(colon - s.p);
    }
    return from_parse(s, ret, &ignored);
}

bool run_http_from_proxy(const struct bus_run_http *h,
                         struct MHD_Connection *conn)
{
    uint8_t peer[16];
    return from_peer(conn, peer) && from_one_of(&h->proxies, peer);
}

/* Of several lines the last: what came before it our proxy passed on. */
struct from_lines
{
    struct bus_strv said;
};

static enum MHD_Result from_line(void *data,
                                 enum MHD_ValueKind kind,
                                 const char *name,
                                 const char *value)
{
    struct from_lines *l = data;
    (void)kind;
    if (strcasecmp(name, "X-Forwarded-For") == 0) {
        l->said = bus_strv(value != NULL ? value : "");
    }
    return MHD_YES;
}

void run_http_from(const struct bus_run_http *h,
                   struct MHD_Connection *conn,
                   uint8_t ret[16])
{
    uint8_t at[16];
    struct from_lines lines = {{NULL, 0}};
    (void)from_peer(conn, ret);
    if (from_one_of(&h->proxies, ret)) {
        (void)MHD_get_connection_values(conn, MHD_HEADER_KIND, from_line,
                                        &lines);
    }
    struct bus_strv s = lines.said;
    while (s.n > 0) {
        const char *comma = memrchr(s.p, ',', s.n);
        size_t head = comma != NULL ? (size_t)(comma - s.p) : 0;
        size_t skip = comma != NULL ? head + 1 : 0;
        if (!from_entry((struct bus_strv){s.p + skip, s.n - skip}, at)) {
            break; /* what no proxy of ours can have written */
        }
        memcpy(ret, at, sizeof(at));
        if (!from_one_of(&h->proxies, at)) {
            break;
        }
        s.n = head;
    }
    from_reduce(ret);
}

bool run_http_from_watcher(const struct bus_run_http *h,
                           struct MHD_Connection *conn)
{
    uint8_t peer[16];
    return from_peer(conn, peer) && from_one_of(&h->watchers, peer);
}
