/* Two tables in the partner's own database: see transport.h.
 *
 * - staged: a file of ours, as in a spool; published: a row of the inbox, by
 *   its event id, and then no file. Killed between the two the event comes
 *   again, and its row is there already
 * - taken: rows of the outbox that are new, in their order, but for those that
 *   somebody holds; settled: the row says so
 * - each statement is a transaction of its own; what is lost with a connection
 *   is asked again on the next one */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/disk.h"
#include "bus/base/heap.h"
#include "bus/partner/postgres_parts.h"
#include "bus/partner/spool_parts.h"
#include "bus/pg/pg.h"

#define STATEMENT_MS 10000
#define NS_PER_MS    1000000u
#define NUMBER_TEXT  21

struct partner_postgres
{
    const struct bus_conf_partner *partner;
    struct bus_pg *pg; /* NULL: not connected */
    uint64_t look_ms;  /* not before, unless a NOTIFY comes; monotonic */
};

/* One adapter: "lianou" as a number. */
static const char sql_lock[] =
    "SELECT pg_catalog.pg_try_advisory_lock(119165187157877)";
static const char sql_listen[] = "LISTEN lianou_outbox";
/* Whether everything is there, of its type, and may be used. */
static const char sql_fits[] =
    "SET search_path = pg_catalog;"
    "INSERT INTO lianou.inbox (event_id, document)"
    " SELECT NULL::uuid, NULL::jsonb WHERE false"
    " ON CONFLICT (event_id) DO NOTHING;"
    "SELECT taken_at, written_at FROM lianou.inbox LIMIT 0;"
    "SELECT number, document, written_at FROM lianou.outbox LIMIT 0 FOR UPDATE;"
    "UPDATE lianou.outbox SET state = 'taken', result = NULL::jsonb,"
    " settled_at = now() WHERE number = 0::bigint AND state = '-'";
static const char sql_give[] =
    "INSERT INTO lianou.inbox (event_id, document)"
    " VALUES ($1::uuid, $2::jsonb) ON CONFLICT (event_id) DO NOTHING";
static const char sql_take[] =
    "SELECT number, CASE WHEN size <= $1::bigint THEN document::text END, size,"
    " (extract(epoch FROM written_at) * 1000)::bigint"
    " FROM (SELECT number, document, written_at,"
    "       octet_length(document::text) AS size"
    "       FROM lianou.outbox WHERE state = 'new'"
    "       ORDER BY number LIMIT $2::int FOR UPDATE SKIP LOCKED) waits"
    " ORDER BY number";
static const char sql_settle[] =
    "UPDATE lianou.outbox SET state = $2, result = $3::jsonb,"
    " settled_at = now() WHERE number = $1::bigint AND state = 'new'";
static const char sql_waiting[] =
    "SELECT count(*), coalesce((extract(epoch FROM now() - min(written_at))"
    " * 1000)::bigint, 0) FROM lianou.inbox WHERE taken_at IS NULL";

/* --- what the database refuses --- */

int partner_postgres_told(int rc, bool one, struct bus_err *err)
{
    static const struct
    {
        const char *state, *means;
    } causes[] = {
        {"42P01", "a table is missing: its administrator runs postgres.sql / "
                  "缺少表, 请数据库管理员执行 postgres.sql"},
        {"3F000",
         "the schema lianou is missing: its administrator runs "
         "postgres.sql / 缺少模式 lianou, 请数据库管理员执行 postgres.sql"},
        {"42703", "a column is missing / 缺少列"},
        {"42804", "a column has another type / 列的类型不符"},
        {"42883", "a column has another type / 列的类型不符"},
        {"42P10", "inbox.event_id must be the primary key / "
                  "inbox.event_id 须为主键"},
        {"42501", "a right is missing: lianou_bus / 缺少权限(lianou_bus)"},
        {"428C9", "a column is written by the database itself / "
                  "列由数据库自动填写"},
        {"25006", "it takes no writing: a standby / 只读(备库)"},
        {"55000", "it takes no writing / 不可写"},
    };
    static const char refuses[] = "PostgreSQL ";
    BUS_CHECK(rc != BUS_OK && err != NULL);
    const char *state = strstr(err->msg, refuses);
    char text[BUS_ERR_MSG_MAX];
    if (rc == BUS_EAGAIN) {
        (void)bus_wrap(err, "the partner's database is busy / 数据库繁忙");
        return err->code = BUS_EAWAY;
    }
    if (rc != BUS_EBUG || state == NULL) {
        return rc;
    }
    state += sizeof(refuses) - 1;
    (void)snprintf(text, sizeof(text), "%.300s", state);
    bool of_one =
        one && (strncmp(state, "22", 2) == 0 || strncmp(state, "23", 2) == 0 ||
                strncmp(state, "P0", 2) == 0);
    if (of_one) {
        return bus_fail(err, BUS_EAGAIN,
                        "the partner's database refuses it / "
                        "对方数据库拒收: %.5s",
                        text); /* its text may be of the document */
    }
    for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
        if (strncmp(state, causes[i].state, 5) == 0) {
            return bus_fail(err, BUS_EAWAY, "%s (%s)", causes[i].means, text);
        }
    }
    return bus_fail(err, BUS_EAWAY,
                    "the partner's database refuses / 对方数据库拒绝: %.5s",
                    text);
}

/* --- connecting --- */

static void postgres_drop(struct partner_postgres *p)
{
    BUS_CHECK(p->partner != NULL);
    bus_pg_close(p->pg);
    p->pg = NULL;
    p->look_ms = 0;
}

static int
postgres_said(struct partner_postgres *p, int rc, bool one, struct bus_err *err)
{
    if (rc == BUS_EAWAY) {
        postgres_drop(p);
    }
    return rc == BUS_OK ? BUS_OK : partner_postgres_told(rc, one, err);
}

int partner_postgres_conninfo(const char *path,
                              char to[CONNINFO_MAX],
                              struct bus_err *err)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t n = -1;
    bool regular = fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    if (regular && (st.st_mode & 077) == 0) {
        n = read(fd, to, CONNINFO_MAX - 1);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    if (!regular || n <= 0 || n == CONNINFO_MAX - 1) {
        return bus_fail(err, BUS_EAWAY, "%s: %s", path,
                        !regular ? "cannot be read / 不能读取"
                        : (st.st_mode & 077) != 0
                            ? "others may read it, must be mode 0600 / "
                              "权限须为 0600"
                            : "is empty or too long / 为空或过长");
    }
    to[n] = '\0';
    to[strcspn(to, "\r\n")] = '\0';
    return BUS_OK;
}

static int postgres_greet(struct partner_postgres *p, struct bus_err *err)
{
    struct bus_pg_rows *rows = NULL;
    BUS_CHECK(p->pg != NULL);
    BUS_TRY(bus_pg_query(p->pg, sql_lock, NULL, 0, &rows, err));
    bool mine = strcmp(bus_pg_value(rows, 0, 0), "t") == 0;
    bus_pg_rows_free(rows);
    if (!mine) {
        return bus_fail(err, BUS_EAWAY,
                        "another adapter is at this database / "
                        "另一适配器正在使用此数据库");
    }
    BUS_TRY(bus_pg_exec(p->pg, sql_fits, err));
    return bus_pg_exec(p->pg, sql_listen, err);
}

static int postgres_ready(struct partner_postgres *p, struct bus_err *err)
{
    const struct bus_conf_partner_postgres *conf = &p->partner->postgres;
    char conninfo[CONNINFO_MAX];
    bool private = false;
    BUS_CHECK(conf->conninfo_file != NULL);
    if (p->pg != NULL) {
        return BUS_OK;
    }
    BUS_TRY(partner_postgres_conninfo(conf->conninfo_file, conninfo, err));
    int rc = bus_pg_private(conninfo, &private, err);
    if (rc != BUS_OK) {
        (void)bus_wrap(err, "%s", conf->conninfo_file);
        return err->code = BUS_EAWAY;
    }
    if (!private && conf->plain != BUS_HTTP_PLAIN_ANYWHERE) {
        return bus_fail(err, BUS_EAWAY,
                        "%s: beyond this machine sslmode=verify-full is "
                        "needed / 向外连接须 sslmode=verify-full",
                        conf->conninfo_file);
    }
    rc = bus_pg_open(conninfo, STATEMENT_MS, &p->pg, err);
    explicit_bzero(conninfo, sizeof(conninfo));
    if (rc == BUS_OK) {
        rc = postgres_greet(p, err);
    }
    if (rc != BUS_OK) {
        postgres_drop(p);
        return partner_postgres_told(rc, false, err);
    }
    return BUS_OK;
}

static void postgres_close(struct bus_partner_transport *t)
{
    if (t == NULL) {
        return;
    }
    if (t->postgres != NULL) {
        postgres_drop(t->postgres);
        bus_free(t->postgres);
        t->postgres = NULL;
    }
    bus_partner_transport_spool.close(t);
}

static int postgres_open(const struct bus_partner_transport_env *env,
                         struct bus_partner_transport **ret,
                         struct bus_err *err)
{
    struct bus_partner_transport *t = NULL;
    BUS_TRY(bus_partner_transport_spool.open(env, &t, err));
    t->postgres = bus_calloc(1, sizeof(*t->postgres));
    int rc =
        t->postgres == NULL ? bus_fail(err, BUS_ENOMEM, "postgres") : BUS_OK;
    if (rc != BUS_OK) {
        goto failed;
    }
    t->postgres->partner = env->partner;
    BUS_TRY_GOTO(rc, partner_spool_none_waits(t, err), failed);
    BUS_TRY_GOTO(rc, postgres_ready(t->postgres, err), failed);
    *ret = t;
    return BUS_OK;
failed:
    postgres_close(t);
    return rc;
}

/* --- giving --- */

static int postgres_publish(struct bus_partner_transport *t,
                            const struct bus_id *id,
                            struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_strv bytes;
    char name[SPOOL_NAME_BYTES], event[BUS_ID_TEXT + 1];
    int rc;
    BUS_CHECK(t->postgres != NULL);
    bus_arena_init(&mem, 0, 0);
    BUS_TRY_GOTO(rc, postgres_ready(t->postgres, err), done);
    BUS_TRY_GOTO(rc,
                 bus_disk_read(t->staged, partner_spool_name(id, name),
                               t->max_bytes, &mem, &bytes, err),
                 done);
    const char *text = bus_arena_strndup(&mem, bytes.p, bytes.n);
    const char *const params[] = {bus_id_text(id, event), text};
    rc = text == NULL ? bus_fail(err, BUS_ENOMEM, "a row") : BUS_OK;
    if (rc == BUS_OK) {
        rc = postgres_said(
            t->postgres,
            bus_pg_query(t->postgres->pg, sql_give, params, 2, NULL, err), true,
            err);
    }
    if (rc == BUS_OK) {
        rc = partner_spool_discard(t, id, err);
    }
done:
    bus_arena_fini(&mem);
    return rc;
}

static int postgres_published_sync(struct bus_partner_transport *t,
                                   struct bus_err *err)
{
    return bus_disk_sync(t->staged, err);
}

static int postgres_waiting(struct bus_partner_transport *t,
                            size_t *ret_n,
                            int64_t *ret_oldest_ms,
                            struct bus_err *err)
{
    struct bus_pg_rows *rows = NULL;
    BUS_CHECK(t->postgres != NULL);
    BUS_TRY(postgres_ready(t->postgres, err));
    BUS_TRY(postgres_said(
        t->postgres,
        bus_pg_query(t->postgres->pg, sql_waiting, NULL, 0, &rows, err), false,
        err));
    *ret_n = (size_t)bus_pg_i64(rows, 0, 0);
    *ret_oldest_ms = bus_pg_i64(rows, 0, 1);
    bus_pg_rows_free(rows);
    return BUS_OK;
}

/* --- taking --- */

/* True: there may be something, or it is time to see. */
static int postgres_look(struct partner_postgres *p,
                         uint64_t now_ms,
                         bool *ret,
                         struct bus_err *err)
{
    bool told = false;
    BUS_CHECK(ret != NULL);
    BUS_TRY(postgres_ready(p, err));
    BUS_TRY(postgres_said(p, bus_pg_notified(p->pg, &told, err), false, err));
    *ret = told || now_ms >= p->look_ms;
    return BUS_OK;
}

static int postgres_row(const struct bus_pg_rows *rows,
                        size_t i,
                        struct bus_arena *mem,
                        struct bus_partner_transport_taken *ret,
                        struct bus_err *err)
{
    struct bus_strv number = bus_pg_bytes(rows, i, 0);
    struct bus_strv text = bus_pg_bytes(rows, i, 1);
    bool none = bus_pg_bytes(rows, i, 2).p == NULL; /* a NULL is no document */
    BUS_CHECK(i < bus_pg_count(rows));
    if (number.p == NULL) {
        return bus_fail(err, BUS_EAWAY,
                        "outbox.number is NULL / outbox.number 为空");
    }
    *ret = (struct bus_partner_transport_taken){
        .name = bus_arena_strndup(mem, number.p, number.n),
        .still_ms = INT64_MAX,
        .why = BUS_ETOOBIG};
    if (text.p != NULL || none) {
        ret->bytes.p = bus_arena_strndup(mem, none ? "" : text.p, text.n);
        ret->bytes.n = text.n;
    }
    return ret->name == NULL || (ret->bytes.p == NULL && text.p != NULL)
               ? bus_fail(err, BUS_ENOMEM, "a row")
               : BUS_OK;
}

static int postgres_take(struct bus_partner_transport *t,
                         struct bus_arena *mem,
                         struct bus_partner_transport_taken *ret,
                         size_t max,
                         size_t *ret_n,
                         struct bus_err *err)
{
    struct partner_postgres *p = t->postgres;
    char most[NUMBER_TEXT], many[NUMBER_TEXT];
    const char *const params[] = {most, many};
    struct bus_pg_rows *rows = NULL;
    uint64_t now_ms = bus_clock_system.monotonic_ns(NULL) / NS_PER_MS;
    bool look = false;
    int rc = BUS_OK;
    *ret_n = 0;
    BUS_CHECK(p != NULL && max > 0);
    BUS_TRY(postgres_look(p, now_ms, &look, err));
    if (!look) {
        return BUS_OK;
    }
    (void)snprintf(most, sizeof(most), "%zu", t->max_bytes);
    (void)snprintf(many, sizeof(many), "%zu", max);
    BUS_TRY(postgres_said(
        p, bus_pg_query(p->pg, sql_take, params, 2, &rows, err), false, err));
    size_t n = bus_pg_count(rows);
    n = n < max ? n : max;
    for (size_t i = 0; rc == BUS_OK && i < n; i++) {
        rc = postgres_row(rows, i, mem, &ret[i], err);
    }
    bus_pg_rows_free(rows);
    *ret_n = rc == BUS_OK ? n : 0;
    p->look_ms = n == max || rc != BUS_OK
                     ? 0
                     : now_ms + (uint64_t)p->partner->postgres.poll_ms;
    return rc;
}

static int postgres_settle(struct bus_partner_transport *t,
                           const char *name,
                           enum bus_partner_transport_verdict verdict,
                           struct bus_strv note,
                           struct bus_err *err)
{
    struct bus_buf text = {0};
    BUS_CHECK(t->postgres != NULL && verdict != BUS_TRANSPORT_LATER);
    BUS_TRY(postgres_ready(t->postgres, err));
    bus_buf_put(&text, note.p, note.n);
    const char *const params[] = {
        name, verdict == BUS_TRANSPORT_ACCEPTED ? "taken" : "rejected",
        note.n > 0 ? bus_buf_cstr(&text) : NULL};
    int rc = text.failed
                 ? bus_fail(err, BUS_ENOMEM, "a row")
                 : postgres_said(t->postgres,
                                 bus_pg_query(t->postgres->pg, sql_settle,
                                              params, 3, NULL, err),
                                 false, err);
    bus_buf_fini(&text);
    return rc;
}

static int postgres_settled_sync(struct bus_partner_transport *t,
                                 struct bus_err *err)
{
    (void)t; /* each row is committed */
    (void)err;
    return BUS_OK;
}

const struct bus_partner_transport_ops bus_partner_transport_postgres = {
    .word = "postgres",
    .open = postgres_open,
    .close = postgres_close,
    .household = partner_spool_household,
    .stage = partner_spool_stage,
    .staged = partner_spool_staged,
    .staged_sync = partner_spool_staged_sync,
    .publish = postgres_publish,
    .published_sync = postgres_published_sync,
    .discard = partner_spool_discard,
    .each_staged = partner_spool_each_staged,
    .waiting = postgres_waiting,
    .take = postgres_take,
    .settle = postgres_settle,
    .settled_sync = postgres_settled_sync,
};
