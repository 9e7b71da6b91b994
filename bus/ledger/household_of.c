#include "bus/ledger/household_of.h"

#include "bus/base/check.h"
#include "bus/base/hex.h"
#include "bus/ledger/parts.h"
#include "bus/ledger/sql/household_of.h"
#include "bus/ledger/sql/household_of_case.h"
#include "bus/role/types.h"
#include "bus/wire/framing.h"

#define EVALUATION_BYTES_MAX (16u << 20)

static int members_of(struct bus_strv hex,
                      struct bus_ledger_household *ret,
                      struct bus_err *err)
{
    struct bus_wire_registry *schemas = bus_role_types_registry();
    struct bus_arena mem;
    void *record = NULL;
    bus_arena_init(&mem, 64u << 10, EVALUATION_BYTES_MAX);
    char *framed = bus_arena_alloc(&mem, hex.n / 2 + 1);
    int rc = schemas == NULL || framed == NULL
                 ? bus_fail(err, BUS_ENOMEM, "an evaluation in the ledger")
             : !bus_hex_read(hex, framed, hex.n / 2)
                 ? bus_fail(err, BUS_EBUG, "an evaluation in the ledger")
                 : bus_wire_decode(schemas, &sa_evaluation_type,
                                   (struct bus_strv){framed, hex.n / 2}, &mem,
                                   &record, err);
    if (rc == BUS_OK) {
        const struct sa_evaluation *e = record;
        for (size_t i = 0;
             i < e->members.n && ret->members_count < BUS_LEDGER_MEMBERS_MAX;
             i++) {
            ret->members[ret->members_count++] = e->members.v[i].person_id;
        }
    }
    bus_wire_registry_free(schemas);
    bus_arena_fini(&mem);
    return rc;
}

static int household_read(struct bus_pg *pg,
                          const char *sql,
                          const char *id,
                          const char *none,
                          struct bus_ledger_household *ret,
                          struct bus_err *err)
{
    struct bus_pg_rows *r = NULL;
    *ret = (struct bus_ledger_household){.members_count = 0};
    BUS_TRY(bus_pg_query(pg, sql, &id, 1, &r, err));
    int rc =
        bus_pg_count(r) > 0 ? BUS_OK : bus_fail(err, BUS_EUNKNOWN, "%s", none);
    if (rc == BUS_OK &&
        (!bus_id_parse(bus_strv(bus_pg_value(r, 0, 0)), &ret->household_id) ||
         !bus_id_parse(bus_strv(bus_pg_value(r, 0, 1)), &ret->case_id))) {
        rc = bus_fail(err, BUS_EBUG, "an id in the ledger");
    }
    struct bus_strv hex = bus_strv(bus_pg_value(r, 0, 2));
    if (rc == BUS_OK && hex.n > 0) {
        rc = members_of(hex, ret, err);
    }
    bus_pg_rows_free(r);
    return rc;
}

int bus_ledger_household_of(struct bus_pg *pg,
                            struct bus_strv application,
                            struct bus_ledger_household *ret,
                            struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1];
    BUS_CHECK(application.n == BUS_ID_TEXT);
    return household_read(pg, bus_ledger_sql_household_of,
                          bus_strv_copy(id, sizeof(id), application),
                          "the application counts in no case yet", ret, err);
}

int bus_ledger_household_of_case(struct bus_pg *pg,
                                 const struct bus_id *case_id,
                                 struct bus_ledger_household *ret,
                                 struct bus_err *err)
{
    char id[BUS_ID_TEXT + 1];
    BUS_CHECK(!bus_id_is_nil(case_id));
    return household_read(pg, bus_ledger_sql_household_of_case,
                          bus_id_text(case_id, id),
                          "the case has not been judged yet", ret, err);
}
