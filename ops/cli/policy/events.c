#include "ops/cli/policy/events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bus/kafka/read.h"
#include "bus/policy/source.h"
#include "bus/role/types.h"
#include "bus/wire/framing.h"
#include "ops/cli/inspect/avro_read.h"
#include "ops/cli/inspect/record_json.h"

int cli_policy_file_read(const char *path,
                         struct bus_arena *mem,
                         struct bus_strv *ret,
                         struct bus_err *err)
{
    struct stat st;
    FILE *f = fopen(path, "re");
    if (f == NULL || fstat(fileno(f), &st) != 0 || S_ISDIR(st.st_mode)) {
        int why = f == NULL ? errno : EISDIR;
        if (f != NULL) {
            (void)fclose(f);
        }
        return bus_fail(err, BUS_EUSAGE, "%s: %s", path, strerror(why));
    }
    bool fits = st.st_size <= (off_t)POLICY_FILE_BYTES_MAX;
    char *p = fits ? bus_arena_alloc(mem, (size_t)st.st_size + 1) : NULL;
    size_t n = p ? fread(p, 1, (size_t)st.st_size, f) : 0;
    (void)fclose(f);
    if (p == NULL || n != (size_t)st.st_size) {
        return bus_fail(err, p ? BUS_EIO : BUS_ETOOBIG, "%s: cannot be read",
                        path);
    }
    *ret = (struct bus_strv){p, n};
    return BUS_OK;
}

struct reading
{
    struct bus_wire_registry *types;
    struct bus_arena mem; /* of one record */
    policy_evaluation_cb cb;
    void *data;
    bool found;
};

static int events_one(struct reading *r,
                      struct bus_strv value,
                      const char *where,
                      struct bus_err *err)
{
    void *e = NULL;
    bus_arena_reset(&r->mem);
    int rc =
        bus_wire_decode(r->types, &sa_evaluation_type, value, &r->mem, &e, err);
    if (rc != BUS_OK) {
        return bus_wrap(err, "%s: no evaluation", where);
    }
    r->found = true;
    return r->cb(r->data, e, where, err);
}

static int events_start(struct reading *r, struct bus_err *err)
{
    bus_arena_init(&r->mem, 0, 0);
    r->types = bus_role_types_registry();
    return r->types ? BUS_OK : bus_fail(err, BUS_ENOMEM, "schemas");
}

static void events_end(struct reading *r)
{
    bus_wire_registry_free(r->types);
    bus_arena_fini(&r->mem);
}

/* --- files --- */

bool cli_policy_fact_is_date(const struct bus_policy_catalogue *c,
                             struct bus_strv fact)
{
    int f = bus_policy_fact_find(c, fact);
    const struct bus_node *type =
        f >= 0 ? bus_node_get(bus_policy_fact_node(c, f), "type") : NULL;
    return type != NULL && bus_strv_is(type->text, "date");
}

struct blocks
{
    struct reading *r;
    const char *path;
    struct bus_wire_set *set;
    const struct bus_wire_schema *writer;
    struct bus_wire_plan *plan;
    size_t number;
};

static int
events_learn(struct blocks *b, struct bus_strv schema, struct bus_err *err)
{
    b->set = bus_wire_set_new();
    int rc = b->set ? bus_wire_set_parse(b->set, schema, &b->writer, err)
                    : bus_fail(err, BUS_ENOMEM, "schemas");
    if (rc == BUS_OK) {
        rc = bus_wire_type_ready(&sa_evaluation_type, err);
    }
    if (rc == BUS_OK) {
        rc = bus_wire_plan_new(b->writer, &sa_evaluation_type, &b->plan, err);
    }
    return rc ? bus_wrap(err, "its records are no evaluations") : rc;
}

static int events_block(void *data,
                        struct bus_strv schema,
                        int64_t count,
                        struct bus_strv bytes,
                        struct bus_err *err)
{
    struct blocks *b = data;
    int rc = b->plan ? BUS_OK : events_learn(b, schema, err);
    for (; rc == BUS_OK && count > 0; count--) {
        char where[320];
        void *e = NULL;
        bus_arena_reset(&b->r->mem);
        (void)snprintf(where, sizeof(where), "%s:%zu", b->path, ++b->number);
        rc = bus_wire_plan_next(b->plan, &bytes, &b->r->mem, &e, err);
        rc = rc ? bus_wrap(err, "%s", where)
                : b->r->cb(b->r->data, e, where, err);
    }
    return rc == BUS_OK && bytes.n > 0
               ? bus_fail(err, BUS_EPARSE, "%s: bytes behind record %zu",
                          b->path, b->number)
               : rc;
}

static int events_archive(struct reading *r,
                          const char *path,
                          struct bus_strv file,
                          struct bus_err *err)
{
    struct blocks b = {.r = r, .path = path};
    int rc = cli_avro_read(file, events_block, &b, err);
    bus_wire_plan_free(b.plan);
    if (b.set != NULL) {
        bus_wire_set_free(b.set);
    }
    return rc;
}

static struct bus_strv past_blanks(struct bus_strv text)
{
    while (text.n > 0 && text.p[0] != '\0' && (uint8_t)text.p[0] <= ' ') {
        text.p++;
        text.n--;
    }
    return text;
}

static bool events_is_json(struct bus_strv file)
{
    file = past_blanks(file);
    return file.n > 0 && file.p[0] == '{';
}

static bool is_int(void *data, const json_t *record)
{
    const struct policy_file *file = data;
    const char *name = json_string_value(json_object_get(record, "name"));
    return name != NULL && file->is_date != NULL &&
           file->is_date(file->data, bus_strv(name));
}

static int one_json(struct reading *r,
                    const struct policy_file *file,
                    const json_t *j,
                    const char *where,
                    struct bus_err *err)
{
    struct record_json how = {is_int, (void *)(uintptr_t)file};
    struct bus_buf out = {0};
    void *e = NULL;
    bus_arena_reset(&r->mem);
    int rc = bus_wire_type_ready(&sa_evaluation_type, err);
    if (rc == BUS_OK) {
        rc = cli_record_from_json(
            &how, bus_wire_type_schema(&sa_evaluation_type), j, &out, err);
    }
    if (rc == BUS_OK) {
        rc = bus_wire_decode_own(
            &sa_evaluation_type,
            (struct bus_strv){(const char *)out.data, out.len}, &r->mem, &e,
            err);
    }
    rc = rc ? bus_wrap(err, "%s", where) : r->cb(r->data, e, where, err);
    bus_buf_fini(&out);
    return rc;
}

static int all_json(struct reading *r,
                    const struct policy_file *file,
                    struct bus_strv text,
                    struct bus_err *err)
{
    int rc = BUS_OK;
    for (size_t n = 1; rc == BUS_OK; n++) {
        json_error_t e;
        char where[320];
        text = past_blanks(text);
        if (text.n == 0) {
            return BUS_OK;
        }
        (void)snprintf(where, sizeof(where), "%s:%zu", file->path, n);
        json_t *j = json_loadb(text.p, text.n, JSON_DISABLE_EOF_CHECK, &e);
        if (j == NULL) {
            return bus_fail(err, BUS_EPARSE, "%s: line %d: %s", where, e.line,
                            e.text);
        }
        text.p += e.position;
        text.n -= (size_t)e.position;
        rc = one_json(r, file, j, where, err);
        json_decref(j);
    }
    return rc;
}

int cli_policy_evaluations_file(const struct policy_file *file,
                                policy_evaluation_cb cb,
                                void *data,
                                struct bus_err *err)
{
    struct reading r = {.cb = cb, .data = data};
    struct bus_arena mem;
    struct bus_strv bytes;
    bus_arena_init(&mem, 0, 0);
    int rc = events_start(&r, err);
    if (rc == BUS_OK) {
        rc = cli_policy_file_read(file->path, &mem, &bytes, err);
    }
    if (rc == BUS_OK && cli_avro_read_is(bytes)) {
        rc = events_archive(&r, file->path, bytes, err);
        rc = rc ? bus_wrap(err, "%s", file->path) : rc;
    } else if (rc == BUS_OK && events_is_json(bytes)) {
        rc = all_json(&r, file, bytes, err);
    } else if (rc == BUS_OK) {
        rc = events_one(&r, bytes, file->path, err);
    }
    events_end(&r);
    bus_arena_fini(&mem);
    return rc;
}

/* --- by the ledger --- */

static int
from_topic(void *data, const struct bus_kafka_msg *m, struct bus_err *err)
{
    struct reading *r = data;
    char where[320];
    (void)snprintf(where, sizeof(where), "%s/%d/%lld", m->topic, m->partition,
                   (long long)m->offset);
    BUS_TRY(events_one(r, m->value, where, err));
    return bus_fail(err, BUS_EGONE, "one is enough");
}

static int at_place(struct tool *t,
                    struct reading *r,
                    struct bus_kafka_reader *reader,
                    const struct bus_pg_rows *rows,
                    size_t row,
                    struct bus_err *err)
{
    int64_t next = 0;
    struct bus_kafka_range range = {
        .topic = bus_conf_topic(&t->config, &t->mem, bus_pg_value(rows, row, 0),
                                NULL),
        .partition = (int32_t)bus_pg_i64(rows, row, 1),
        .from = bus_pg_i64(rows, row, 2)};
    if (range.topic == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a name");
    }
    r->found = false;
    int rc = bus_kafka_read(reader, &range, from_topic, r, &next, err);
    if (r->found && rc == BUS_EGONE) {
        return BUS_OK;
    }
    BUS_TRY(rc);
    return bus_fail(err, BUS_EGONE,
                    "%s/%d/%lld is no longer kept: verify it from an archive",
                    range.topic, range.partition, (long long)range.from);
}

int cli_policy_evaluations_ledger(struct tool *t,
                                  const char *id,
                                  policy_evaluation_cb cb,
                                  void *data,
                                  struct bus_err *err)
{
    static const char sql[] = "SELECT topic, part, place FROM fact_of_life"
                              " WHERE kind = 'evaluation'"
                              " AND (event_id = $1::uuid OR case_id = $1::uuid)"
                              " ORDER BY topic, part, place";
    struct reading r = {.cb = cb, .data = data};
    struct bus_kafka_env env = {.conf = &t->config.kafka,
                                .client_id = "lianou-verify"};
    struct bus_kafka_reader *reader = NULL;
    struct bus_pg_rows *rows = NULL;
    int rc = events_start(&r, err);
    if (rc == BUS_OK) {
        rc = cli_tool_database(t, err);
    }
    if (rc == BUS_OK) {
        rc = bus_pg_query(t->pg, sql, &id, 1, &rows, err);
    }
    if (rc == BUS_OK && bus_pg_count(rows) == 0) {
        rc = bus_fail(err, BUS_EUNKNOWN,
                      "the ledger has no evaluation of that id, nor of a case "
                      "of it");
    }
    if (rc == BUS_OK) {
        rc = bus_kafka_reader_open(&env, &reader, err);
    }
    for (size_t i = 0; rc == BUS_OK && i < bus_pg_count(rows); i++) {
        rc = at_place(t, &r, reader, rows, i, err);
    }
    bus_kafka_reader_close(reader);
    bus_pg_rows_free(rows);
    events_end(&r);
    return rc;
}
