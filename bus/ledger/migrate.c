#include "bus/ledger/migrate.h"

#include <inttypes.h>
#include <string.h>

#include "bus/base/hash.h"
#include "bus/ledger/migrations/0001_ledger.h"
#include "bus/ledger/migrations/0002_life.h"
#include "bus/ledger/migrations/0003_newest_cases.h"
#include "bus/ledger/migrations/0004_who_reads.h"
#include "bus/ledger/migrations/0020_chain.h"
#include "bus/ledger/migrations/0030_treasury.h"
#include "bus/ledger/migrations/0035_line_days.h"
#include "bus/ledger/migrations/0036_batch_payee.h"
#include "bus/ledger/migrations/0037_clock.h"
#include "bus/ledger/migrations/0043_life.h"
#include "bus/ledger/migrations/0044_sheets.h"
#include "bus/ledger/migrations/0050_desk.h"
#include "bus/ledger/migrations/0051_bank_files.h"
#include "bus/ledger/migrations/0056_county.h"
#include "bus/ledger/migrations/0068_statements.h"
#include "bus/ledger/migrations/0075_second_factor.h"
#include "bus/ledger/migrations/0080_sessions.h"
#include "bus/ledger/migrations/0081_definers.h"
#include "bus/ledger/migrations/0097_held.h"
#include "bus/ledger/migrations/0098_request_reasons.h"
#include "bus/ledger/migrations/0099_budget_said.h"
#include "bus/ledger/migrations/0100_any_value_day.h"
#include "bus/ledger/migrations/0106_payee_said.h"
#include "bus/ledger/migrations/0109_batches_answered.h"
#include "bus/ledger/migrations/0130_due_by_index.h"
#include "bus/ledger/migrations/0131_lines_in_rows.h"
#include "bus/ledger/migrations/0132_years.h"
#include "bus/ledger/migrations/0133_gaps.h"
#include "bus/ledger/sql/roles.h"

static const struct
{
    const char *name, *sql;
} migrations[] = {
    {"0001_ledger", bus_ledger_migrations_0001_ledger},
    {"0002_life", bus_ledger_migrations_0002_life},
    {"0003_newest_cases", bus_ledger_migrations_0003_newest_cases},
    {"0004_who_reads", bus_ledger_migrations_0004_who_reads},
    {"0020_chain", bus_ledger_migrations_0020_chain},
    {"0030_treasury", bus_ledger_migrations_0030_treasury},
    {"0035_line_days", bus_ledger_migrations_0035_line_days},
    {"0036_batch_payee", bus_ledger_migrations_0036_batch_payee},
    {"0037_clock", bus_ledger_migrations_0037_clock},
    {"0043_life", bus_ledger_migrations_0043_life},
    {"0044_sheets", bus_ledger_migrations_0044_sheets},
    {"0050_desk", bus_ledger_migrations_0050_desk},
    {"0051_bank_files", bus_ledger_migrations_0051_bank_files},
    {"0056_county", bus_ledger_migrations_0056_county},
    {"0068_statements", bus_ledger_migrations_0068_statements},
    {"0075_second_factor", bus_ledger_migrations_0075_second_factor},
    {"0080_sessions", bus_ledger_migrations_0080_sessions},
    {"0081_definers", bus_ledger_migrations_0081_definers},
    {"0097_held", bus_ledger_migrations_0097_held},
    {"0098_request_reasons", bus_ledger_migrations_0098_request_reasons},
    {"0099_budget_said", bus_ledger_migrations_0099_budget_said},
    {"0100_any_value_day", bus_ledger_migrations_0100_any_value_day},
    {"0106_payee_said", bus_ledger_migrations_0106_payee_said},
    {"0109_batches_answered", bus_ledger_migrations_0109_batches_answered},
    {"0130_due_by_index", bus_ledger_migrations_0130_due_by_index},
    {"0131_lines_in_rows", bus_ledger_migrations_0131_lines_in_rows},
    {"0132_years", bus_ledger_migrations_0132_years},
    {"0133_gaps", bus_ledger_migrations_0133_gaps},
};
#define MIGRATIONS (sizeof(migrations) / sizeof(migrations[0]))

static const char lock[] = "SELECT pg_advisory_lock(7205759403792794)";
static const char unlock[] = "SELECT pg_advisory_unlock(7205759403792794)";
static const char make_table[] =
    "CREATE TABLE IF NOT EXISTS schema_migration (name text PRIMARY KEY, "
    "checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())";
static const char ask[] =
    "SELECT checksum FROM schema_migration WHERE name = $1";
static const char any_yet[] = "SELECT to_regclass('schema_migration')";
static const char note[] =
    "INSERT INTO schema_migration (name, checksum) VALUES ($1, $2)";

static int migrate_apply(struct bus_pg *pg,
                         const char *name,
                         const char *sql,
                         const char *checksum,
                         struct bus_err *err)
{
    const char *params[] = {name, checksum};
    int rc;
    BUS_TRY_GOTO(rc, bus_pg_exec(pg, "BEGIN", err), failed);
    BUS_TRY_GOTO(rc, bus_pg_exec(pg, sql, err), failed);
    BUS_TRY_GOTO(rc, bus_pg_query(pg, note, params, 2, NULL, err), failed);
    BUS_TRY_GOTO(rc, bus_pg_exec(pg, "COMMIT", err), failed);
    return BUS_OK;
failed:;
    struct bus_err ignored; /* a broken connection ends it as well */
    int back = bus_pg_exec(pg, "ROLLBACK", &ignored);
    (void)back;
    return bus_wrap(err, "migration %s", name);
}

static int migrate_one(struct bus_pg *pg,
                       const char *name,
                       const char *sql,
                       bool dry_run,
                       FILE *to,
                       struct bus_err *err)
{
    char checksum[20];
    struct bus_pg_rows *r = NULL;
    (void)snprintf(checksum, sizeof(checksum), "%016" PRIx64,
                   bus_hash64(sql, strlen(sql), 0));
    int rc = bus_pg_query(pg, ask, &name, 1, &r, err);
    if (rc != BUS_OK) {
        return rc;
    }
    bool there = bus_pg_count(r) > 0;
    bool same = there && strcmp(bus_pg_value(r, 0, 0), checksum) == 0;
    bus_pg_rows_free(r);
    if (there && !same) {
        return bus_fail(err, BUS_ECONFIG,
                        "migration %s was applied with another text; a "
                        "migration is never changed, add a new one",
                        name);
    }
    if (to != NULL) {
        (void)fprintf(to, "%s %s\n",
                      there     ? "="
                      : dry_run ? "would apply"
                                : "apply",
                      name);
    }
    return there || dry_run ? BUS_OK
                            : migrate_apply(pg, name, sql, checksum, err);
}

int bus_ledger_migrate(struct bus_pg *pg,
                       bool dry_run,
                       FILE *to,
                       struct bus_err *err)
{
    int rc = bus_pg_exec(pg, lock, err);
    if (rc != BUS_OK) {
        return rc;
    }
    rc = bus_pg_exec(pg, make_table, err);
    for (size_t i = 0; rc == BUS_OK && i < MIGRATIONS; i++) {
        rc = migrate_one(pg, migrations[i].name, migrations[i].sql, dry_run, to,
                         err);
    }
    if (rc != BUS_OK) {
        struct bus_err ignored; /* the first failure is what is told */
        int freed = bus_pg_exec(pg, unlock, &ignored);
        (void)freed;
        return rc;
    }
    return bus_pg_exec(pg, unlock, err);
}

int bus_ledger_migrations_left(struct bus_pg *pg,
                               size_t *ret,
                               struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    *ret = MIGRATIONS;
    BUS_TRY(bus_pg_query(pg, any_yet, NULL, 0, &r, err));
    bool none = bus_pg_value(r, 0, 0)[0] == '\0';
    bus_pg_rows_free(r);
    for (size_t i = 0; !none && i < MIGRATIONS; i++) {
        BUS_TRY(bus_pg_query(pg, ask, &migrations[i].name, 1, &r, err));
        *ret -= bus_pg_count(r) > 0 ? 1 : 0;
        bus_pg_rows_free(r);
    }
    return BUS_OK;
}

int bus_ledger_roles(struct bus_pg *pg, struct bus_err *err)
{
    return bus_pg_exec(pg, bus_ledger_sql_roles, err) == BUS_OK
               ? BUS_OK
               : bus_wrap(err, "roles of the programs");
}
