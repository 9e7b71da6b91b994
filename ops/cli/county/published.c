#include "ops/cli/county/published.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/catalogue/register_files.h"
#include "bus/role/emit.h"
#include "bus/role/types.h"
#include "bus/wire/crypt.h"
#include "ops/cli/inspect/topic_read.h"
#include "ops/cli/inspect/topic_send.h"
#include "schemas/catalogue.h"
#include "schemas/register.h"

#define VERSION_MAX 16

int cli_published_sign(const struct bus_config *c,
                       const char *key_file,
                       struct bus_catalogue_publication *p,
                       struct bus_wire_signature *room,
                       struct bus_err *err)
{
    struct bus_catalogue_bureau bureau;
    BUS_TRY(bus_catalogue_bureau_read(c, &bureau, err));
    if (bureau.count == 0) {
        return bus_fail(err, BUS_ECONFIG,
                        "bus.yaml has no bureau.public_key: no reader would "
                        "take it; make a key with `lianou seal keygen FILE`, "
                        "put its public half there / bus.yaml 未填 "
                        "bureau.public_key,发布了也无人采用;请先生成密钥并填入"
                        "公钥");
    }
    BUS_TRY(bus_catalogue_publication_sign(
        p, key_file != NULL ? key_file : c->bureau.key, room, err));
    p->signer = bus_strv(room->signer);
    p->signature = (struct bus_strv){(const char *)room->der, room->n};
    return bus_catalogue_publication_verify(p, &bureau, err) == BUS_OK
               ? BUS_OK
               : bus_wrap(err, "every reader would refuse it, as "
                               "bureau.public_key says whom they believe");
}

int cli_published_send(const struct bus_config *c,
                       const struct bus_catalogue_publication *p,
                       struct bus_arena *mem,
                       struct bus_err *err)
{
    bool is_register = p->kind == BUS_ARCHIVE_REGISTER;
    struct sa_catalogue catalogue = {.version = p->version,
                                     .effective_from = p->effective,
                                     .published_at = p->published_ms,
                                     .archive = p->archive,
                                     .signer = p->signer,
                                     .signature = p->signature};
    struct sa_register reg = {.version = p->version,
                              .published_at = p->published_ms,
                              .archive = p->archive,
                              .signer = p->signer,
                              .signature = p->signature};
    struct bus_role_emit e = {
        .type = is_register ? &sa_register_type : &sa_catalogue_type,
        .record = is_register ? (const void *)&reg : &catalogue,
        .ce_type = is_register ? "sa.register.v1" : "sa.catalogue.v1",
        .source =
            bus_strv(bus_arena_printf(mem, "/county/%s/%s", c->county.code,
                                      is_register ? "register" : "policy")),
        .event_id = is_register ? bus_wire_register_id(p->version)
                                : bus_wire_catalogue_id(p->version),
        .occurred_at = p->published_ms,
    };
    struct bus_role_rendered r;
    BUS_TRY(bus_role_emit_render(&e, mem, &r, err));
    struct bus_kafka_out_msg m = {
        .topic =
            bus_conf_topic(c, mem, bus_catalogue_archive_word(p->kind), NULL),
        .partition = 0,
        .key = p->version,
        .value = r.value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    return cli_topic_send(&c->kafka, "lianou-publish", &m, err);
}

/* --- the register in force --- */

struct in_force
{
    const struct bus_config *config;
    struct bus_catalogue_bureau bureau;
    struct bus_wire_registry *schemas;
    struct bus_arena mem;
    int64_t newest_ms;
    struct bus_register *best; /* NULL: none was published that counts */
};

static struct bus_register *
in_force_made(struct in_force *f, const struct bus_catalogue_publication *p)
{
    struct bus_catalogue_archive a;
    struct bus_faults faults;
    struct bus_err why;
    if (p->published_ms <= f->newest_ms ||
        bus_catalogue_publication_verify(p, &f->bureau, &why) != BUS_OK ||
        bus_catalogue_archive_unpack(p->archive, p->kind, &f->mem, &a, &why) !=
            BUS_OK) {
        return NULL;
    }
    bus_faults_init(&faults, &f->mem);
    struct bus_register *r =
        bus_catalogue_register_new(&a, f->config, NULL, &faults);
    if (r != NULL && !bus_strv_is(p->version, bus_registers_version(r))) {
        bus_registers_free(r);
        return NULL;
    }
    return r;
}

/* As the roles do (register_watch.h): what does not count changes nothing. */
static int
in_force_take(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct in_force *f = data;
    struct bus_catalogue_publication p;
    struct bus_err why;
    (void)err;
    bus_arena_reset(&f->mem);
    if (m->value.p == NULL ||
        bus_catalogue_publication_read(f->schemas, BUS_ARCHIVE_REGISTER,
                                       f->config->county.code, m->value,
                                       &f->mem, &p, &why) != BUS_OK) {
        return BUS_OK;
    }
    struct bus_register *r = in_force_made(f, &p);
    if (r != NULL) {
        bus_registers_free(f->best);
        f->best = r;
        f->newest_ms = p.published_ms;
    }
    return BUS_OK;
}

static int in_force_own(struct in_force *f, struct bus_err *err)
{
    struct bus_faults faults;
    bus_faults_init(&faults, &f->mem);
    f->best = bus_catalogue_register_folder(f->config, &faults);
    return f->best != NULL ? BUS_OK : bus_faults_fail(&faults, err);
}

int cli_published_register(const struct bus_config *c,
                           struct bus_register **ret,
                           struct bus_err *err)
{
    struct in_force f = {.config = c, .newest_ms = -1};
    struct topic_read q = {.config = c,
                           .topic =
                               bus_catalogue_archive_word(BUS_ARCHIVE_REGISTER),
                           .last = TOPIC_ALL,
                           .cb = in_force_take,
                           .data = &f};
    BUS_TRY(bus_catalogue_bureau_read(c, &f.bureau, err));
    f.schemas = bus_role_types_registry();
    if (f.schemas == NULL) {
        return bus_fail(err, BUS_ENOMEM, "schemas");
    }
    bus_arena_init(&f.mem, 0, 0);
    int rc = cli_topic_each(&q, err);
    if (rc == BUS_EUNKNOWN) { /* no such topic: none was ever published */
        rc = BUS_OK;
    }
    rc = rc == BUS_OK && f.best == NULL ? in_force_own(&f, err) : rc;
    bus_arena_fini(&f.mem);
    bus_wire_registry_free(f.schemas);
    if (rc != BUS_OK) {
        bus_registers_free(f.best);
        return rc;
    }
    *ret = f.best;
    return BUS_OK;
}

/* --- showing --- */

struct showing
{
    const struct bus_config *config;
    enum bus_archive_kind kind;
    struct bus_catalogue_bureau bureau;
    struct bus_wire_registry *schemas;
    struct bus_arena mem;
    int32_t today;
    int64_t newest_ms; /* of those that count and are in force */
    char in_force[VERSION_MAX + 1];
};

static void show_good(struct showing *s,
                      const struct bus_catalogue_publication *p)
{
    if (p->effective <= s->today && p->published_ms > s->newest_ms) {
        s->newest_ms = p->published_ms;
        (void)bus_strv_copy(s->in_force, sizeof(s->in_force), p->version);
    }
    (void)printf("counts / 有效, key %.*s\n", BUS_STRV_ARG(p->signer));
}

static int
show_one(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct showing *s = data;
    struct bus_catalogue_publication p;
    struct bus_err why;
    char day[BUS_DATE_TEXT + 1], at[BUS_TIME_TEXT + 1];
    (void)err;
    if (m->value.p == NULL) {
        return BUS_OK;
    }
    bus_arena_reset(&s->mem);
    (void)printf("%6lld  ", (long long)m->offset);
    if (bus_catalogue_publication_read(s->schemas, s->kind,
                                       s->config->county.code, m->value,
                                       &s->mem, &p, &why) != BUS_OK) {
        (void)printf("refused / 不采用: %s\n", why.msg);
        return BUS_OK;
    }
    (void)printf("%-16.*s  from / 生效 %s  published / 发布 %.16s  %zu bytes  ",
                 p.version.n <= VERSION_MAX && cli_topic_is_word(p.version)
                     ? (int)p.version.n
                     : 0,
                 p.version.p, bus_date_text(p.effective, day),
                 bus_time_text(p.published_ms, at), p.archive.n);
    if (bus_catalogue_publication_kept(&p)) {
        (void)printf("kept to compare with / 仅供比对\n");
    } else if (bus_catalogue_publication_verify(&p, &s->bureau, &why) !=
               BUS_OK) {
        (void)printf("refused / 不采用: %s\n", why.msg);
    } else {
        show_good(s, &p);
    }
    return BUS_OK;
}

int cli_published_show(const struct bus_config *c,
                       enum bus_archive_kind kind,
                       struct bus_err *err)
{
    struct showing s = {
        .config = c,
        .kind = kind,
        .newest_ms = -1,
        .today = bus_china_day(bus_clock_system.wall_ms(NULL)),
    };
    struct topic_read q = {.config = c,
                           .topic = bus_catalogue_archive_word(kind),
                           .last = TOPIC_ALL,
                           .cb = show_one,
                           .data = &s};
    BUS_TRY(bus_catalogue_bureau_read(c, &s.bureau, err));
    s.schemas = bus_role_types_registry();
    if (s.schemas == NULL) {
        return bus_fail(err, BUS_ENOMEM, "schemas");
    }
    bus_arena_init(&s.mem, 0, 0);
    int rc = cli_topic_each(&q, err);
    bus_arena_fini(&s.mem);
    bus_wire_registry_free(s.schemas);
    if (rc == BUS_OK) {
        (void)printf("in force today / 今日采用: %s\n",
                     s.in_force[0] != '\0' ? s.in_force
                                           : "the folder's own / 本地文件");
    }
    return rc;
}
