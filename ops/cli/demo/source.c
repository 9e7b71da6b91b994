#include "ops/cli/demo/source.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/buf.h"
#include "bus/base/clock.h"
#include "bus/base/disk.h"
#include "bus/wire/ids.h"
#include "bus/wire/keyring.h"

#define RESIDENT "111"
#define IDS_MAX  (64u << 10)
#define OPENED                                                          \
    "SELECT DISTINCT household_id FROM event WHERE kind = 'case_event'" \
    " AND word = 'OPENED' AND household_id = ANY ($1::uuid[])"
#define HEARD                                                 \
    "SELECT count(DISTINCT event_id) FROM event WHERE kind =" \
    " 'facts_reported' AND partner = $1"

int cli_demo_source_open(struct demo_source *s,
                         const struct bus_config *c,
                         struct bus_err *err)
{
    int root = -1;
    *s = (struct demo_source){.config = c, .in = -1};
    for (size_t i = 0; i < c->partners_count && s->partner == NULL; i++) {
        const struct bus_conf_partner *p = &c->partners[i];
        bool files = p->transport == BUS_TRANSPORT_SPOOL;
        s->partner = files && p->kind == BUS_PARTNER_SOURCE ? p : NULL;
    }
    if (s->partner == NULL) {
        return BUS_OK;
    }
    BUS_TRY(bus_disk_folder(AT_FDCWD, s->partner->spool_dir, &root, err));
    int rc = bus_disk_folder(root, "in", &s->in, err);
    (void)close(root);
    return rc;
}

void cli_demo_source_close(struct demo_source *s)
{
    for (size_t i = 0; i < s->count; i++) {
        json_decref(s->people[i].document);
    }
    if (s->partner != NULL && s->in >= 0) {
        (void)close(s->in);
    }
    *s = (struct demo_source){.in = -1};
}

/* --- what it will say --- */

static bool source_supplies(const struct demo_source *s,
                            const struct bus_fact *f)
{
    const char *const *sources = f->sources.items;
    for (size_t i = 0; i < f->sources.count; i++) {
        if (strcmp(sources[i], s->partner->code) == 0) {
            return f->scope == BUS_FACT_HOUSEHOLD && f->derived == NULL &&
                   !f->pii;
        }
    }
    return false;
}

static json_t *source_facts(const struct demo_source *s, const json_t *said)
{
    json_t *list = json_array();
    char day[BUS_DATE_TEXT + 1], name[96];
    (void)bus_date_text(bus_china_day(bus_clock_system.wall_ms(NULL)), day);
    for (size_t i = 0; i < s->config->facts_count; i++) {
        const struct bus_fact *f = &s->config->facts[i];
        json_t *value =
            source_supplies(s, f) ? json_object_get(said, f->name) : NULL;
        (void)snprintf(name, sizeof(name), "household.%.80s", f->name);
        if (json_is_integer(value)) {
            (void)json_array_append_new(list, json_pack("{ss,sO,ss}", "name",
                                                        name, "value", value,
                                                        "as_of", day));
        }
    }
    return list;
}

static const char *source_number(const json_t *application)
{
    size_t i;
    json_t *m;
    json_array_foreach(json_object_get(application, "members"), i, m)
    {
        if (json_is_true(json_object_get(m, "head"))) {
            return json_string_value(json_object_get(m, "id_no"));
        }
    }
    return NULL;
}

static struct bus_id source_household(const uint8_t key[BUS_WIRE_KEY_BYTES],
                                      const char *number)
{
    struct bus_strv k = {(const char *)key, BUS_WIRE_KEY_BYTES};
    struct bus_id head =
        bus_wire_person_id(k, BUS_STRV(RESIDENT), bus_strv(number));
    return bus_wire_household_id(k, &head);
}

/* Who applies twice is spoken of once: it is one document in its folder. */
static bool source_noted(const struct demo_source *s,
                         const struct bus_id *household)
{
    for (size_t i = 0; i < s->count; i++) {
        if (bus_id_eq(&s->people[i].household, household)) {
            return true;
        }
    }
    return false;
}

int cli_demo_source_note(struct demo_source *s,
                         uint64_t i,
                         const json_t *application,
                         struct bus_err *err)
{
    uint8_t key[BUS_WIRE_KEY_BYTES];
    const char *number = source_number(application);
    if (s->partner == NULL || i % DEMO_SOURCE_EVERY != 0 || number == NULL ||
        s->count == DEMO_SOURCE_PEOPLE) {
        return BUS_OK;
    }
    BUS_TRY(bus_wire_key_file(s->config->keys.person_key, key, err));
    struct bus_id household = source_household(key, number);
    explicit_bzero(key, sizeof(key));
    if (source_noted(s, &household)) {
        return BUS_OK;
    }
    struct demo_source_person *p = &s->people[s->count];
    *p = (struct demo_source_person){
        .household = household,
        .document =
            json_pack("{ss,si,s{ss},so}", "document", "facts", "version", 1,
                      "person", "id_no", number, "facts",
                      source_facts(s, json_object_get(application, "facts")))};
    if (p->document == NULL) {
        return bus_fail(err, BUS_ENOMEM, "what a source says");
    }
    s->count++;
    s->waiting++;
    return BUS_OK;
}

/* --- saying it --- */

static int source_write(const struct demo_source *s,
                        const struct demo_source_person *p,
                        struct bus_err *err)
{
    char at[BUS_TIME_TEXT + 1], name[BUS_ID_TEXT + 8], part[BUS_ID_TEXT + 9];
    char id[BUS_ID_TEXT + 1];
    (void)json_object_set_new(
        p->document, "occurred_at",
        json_string(bus_time_text(bus_clock_system.wall_ms(NULL), at)));
    char *text = json_dumps(p->document, JSON_COMPACT);
    if (text == NULL) {
        return bus_fail(err, BUS_ENOMEM, "what a source says");
    }
    (void)snprintf(name, sizeof(name), "%s.json",
                   bus_id_text(&p->household, id));
    (void)snprintf(part, sizeof(part), ".%s", name);
    int rc = bus_disk_write(s->in, part, bus_strv(text), err);
    free(text);
    BUS_TRY(rc);
    return bus_disk_rename(s->in, part, s->in, name, err);
}

static int source_opened(struct demo_source *s,
                         const struct bus_id *household,
                         struct bus_err *err)
{
    for (size_t i = 0; i < s->count; i++) {
        struct demo_source_person *p = &s->people[i];
        if (!p->said && bus_id_eq(&p->household, household)) {
            BUS_TRY(source_write(s, p, err));
            p->said = true;
        }
    }
    return BUS_OK;
}

static int
source_heard(struct demo_source *s, struct bus_pg *pg, struct bus_err *err)
{
    const char *const params[] = {s->partner->code};
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_pg_query(pg, HEARD, params, 1, &r, err));
    int64_t heard = bus_pg_i64(r, 0, 0);
    s->waiting = heard < (int64_t)s->count ? s->count - (size_t)heard : 0;
    bus_pg_rows_free(r);
    return BUS_OK;
}

int cli_demo_source_say(struct demo_source *s,
                        struct bus_pg *pg,
                        struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    struct bus_buf ids;
    char id[BUS_ID_TEXT + 1];
    struct bus_id household;
    if (s->waiting == 0) {
        return BUS_OK;
    }
    bus_buf_init(&ids, IDS_MAX);
    for (size_t i = 0; i < s->count; i++) {
        if (!s->people[i].said) {
            bus_buf_printf(&ids, "%c%s", ids.len > 0 ? ',' : '{',
                           bus_id_text(&s->people[i].household, id));
        }
    }
    bus_buf_puts(&ids, ids.len > 0 ? "}" : "{}");
    const char *const params[] = {bus_buf_cstr(&ids)};
    int rc = bus_pg_query(pg, OPENED, params, 1, &r, err);
    bus_buf_fini(&ids);
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(r); i++) {
        rc = bus_id_parse(bus_strv(bus_pg_value(r, i, 0)), &household)
                 ? source_opened(s, &household, err)
                 : BUS_OK;
    }
    bus_pg_rows_free(r);
    return rc == BUS_OK ? source_heard(s, pg, err) : rc;
}
