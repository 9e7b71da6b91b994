#include "bus/run/http_tls.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"

#define CHAIN_MAX    8
#define KEY_ID_BYTES 64

struct tls_pair
{
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned n;
    gnutls_privkey_t key; /* NULL: nothing is in it */
};
struct http_tls
{
    const char *cert_file, *key_file;
    struct stat cert_was, key_was;
    struct tls_pair now;
    struct tls_pair before; /* a handshake may still be at it */
};
static struct http_tls *serving;

static void pair_free(struct tls_pair *p)
{
    for (unsigned i = 0; i < p->n; i++) {
        gnutls_pcert_deinit(&p->chain[i]);
    }
    if (p->key != NULL) {
        gnutls_privkey_deinit(p->key);
    }
    *p = (struct tls_pair){0};
}

static int tls_failed(const char *file, int code, struct bus_err *err)
{
    return bus_fail(err, BUS_ECONFIG, "%s: %s", file, gnutls_strerror(code));
}

static int
pair_read_key(struct tls_pair *p, const char *file, struct bus_err *err)
{
    gnutls_datum_t text = {0};
    int rc = gnutls_load_file(file, &text);
    if (rc < 0) {
        return tls_failed(file, rc, err);
    }
    rc = gnutls_privkey_init(&p->key);
    if (rc < 0) {
        p->key = NULL;
    } else {
        rc = gnutls_privkey_import_x509_raw(p->key, &text, GNUTLS_X509_FMT_PEM,
                                            NULL, 0);
    }
    explicit_bzero(text.data, text.size);
    gnutls_free(text.data);
    return rc < 0 ? tls_failed(file, rc, err) : BUS_OK;
}

/* The certificate is this key's. */
static bool pair_fits(const struct tls_pair *p)
{
    unsigned char a[KEY_ID_BYTES], b[KEY_ID_BYTES];
    size_t an = sizeof(a), bn = sizeof(b);
    gnutls_pubkey_t of_key;
    if (gnutls_pubkey_init(&of_key) < 0) {
        return false;
    }
    bool well = gnutls_pubkey_import_privkey(of_key, p->key, 0, 0) >= 0 &&
                gnutls_pubkey_get_key_id(of_key, GNUTLS_KEYID_USE_SHA256, a,
                                         &an) >= 0 &&
                gnutls_pubkey_get_key_id(
                    p->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, b, &bn) >= 0 &&
                an == bn && memcmp(a, b, an) == 0;
    gnutls_pubkey_deinit(of_key);
    return well;
}

static int
pair_read(struct tls_pair *p, const struct http_tls *t, struct bus_err *err)
{
    unsigned n = CHAIN_MAX;
    *p = (struct tls_pair){0};
    int rc = gnutls_pcert_list_import_x509_file(
        p->chain, &n, t->cert_file, GNUTLS_X509_FMT_PEM, NULL, NULL, 0);
    if (rc < 0) {
        return tls_failed(t->cert_file, rc, err);
    }
    p->n = n;
    rc = pair_read_key(p, t->key_file, err);
    if (rc == BUS_OK && !pair_fits(p)) {
        rc = bus_fail(err, BUS_ECONFIG, "%s: is not the key of %s", t->key_file,
                      t->cert_file);
    }
    if (rc != BUS_OK) {
        pair_free(p);
    }
    return rc;
}

static int tls_stat(const char *file, struct stat *ret, struct bus_err *err)
{
    return stat(file, ret) == 0
               ? BUS_OK
               : bus_fail(err, BUS_ECONFIG, "%s: %s", file, strerror(errno));
}

static bool tls_same(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int run_http_tls_refresh(struct http_tls *t,
                         bool *ret_read,
                         struct bus_err *err)
{
    struct stat cert, key;
    struct tls_pair fresh;
    *ret_read = true;
    BUS_TRY(tls_stat(t->cert_file, &cert, err));
    BUS_TRY(tls_stat(t->key_file, &key, err));
    if (tls_same(&cert, &t->cert_was) && tls_same(&key, &t->key_was)) {
        *ret_read = false;
        return BUS_OK;
    }
    if ((key.st_mode & 077) != 0) {
        return bus_fail(err, BUS_ECONFIG,
                        "%s: others may read it (mode %03o); chmod 600 it",
                        t->key_file, (unsigned)key.st_mode & 0777);
    }
    BUS_TRY(pair_read(&fresh, t, err));
    pair_free(&t->before);
    t->before = t->now;
    t->now = fresh;
    t->cert_was = cert;
    t->key_was = key;
    return BUS_OK;
}

int run_http_tls_open(const char *cert_file,
                      const char *key_file,
                      struct http_tls **ret,
                      struct bus_err *err)
{
    bool read;
    struct http_tls *t = bus_calloc(1, sizeof(*t));
    if (t == NULL) {
        return bus_fail(err, BUS_ENOMEM, "TLS of the HTTP server");
    }
    t->cert_file = cert_file;
    t->key_file = key_file;
    int rc = run_http_tls_refresh(t, &read, err);
    if (rc != BUS_OK) {
        run_http_tls_close(t);
        return rc;
    }
    *ret = t;
    return BUS_OK;
}

void run_http_tls_close(struct http_tls *t)
{
    if (t == NULL) {
        return;
    }
    if (serving == t) {
        serving = NULL;
    }
    pair_free(&t->now);
    pair_free(&t->before);
    bus_free(t);
}

static int on_certificate(gnutls_session_t session,
                          const gnutls_datum_t *req_ca_dn,
                          int nreqs,
                          const gnutls_pk_algorithm_t *pk_algos,
                          int pk_algos_length,
                          gnutls_pcert_st **pcert,
                          unsigned int *pcert_length,
                          gnutls_privkey_t *privkey)
{
    (void)session;
    (void)req_ca_dn;
    (void)nreqs;
    (void)pk_algos;
    (void)pk_algos_length;
    if (serving == NULL) {
        return -1;
    }
    *pcert = serving->now.chain;
    *pcert_length = serving->now.n;
    *privkey = serving->now.key;
    return 0;
}

void *run_http_tls_callback(struct http_tls *t)
{
    static gnutls_certificate_retrieve_function2 *const callback =
        on_certificate;
    void *as_library_takes_it;
    BUS_CHECK(serving == NULL || serving == t);
    serving = t;
    memcpy(&as_library_takes_it, &callback, sizeof(as_library_takes_it));
    return as_library_takes_it;
}
