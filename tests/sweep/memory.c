/* Every allocation may fail: of start-up, and of one application's way from its
 * JSON through the matcher and dispatch to the bytes that go out.
 *
 * The heap of the tree (and jansson's) refuses its k-th request, or that and
 * all that come after it, for every k until nothing is refused any more. Each
 * time the answer is BUS_ENOMEM, which stops a role and puts no message aside;
 * the sanitizers see to it that nothing is leaked. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/heap.h"
#include "bus/catalogue/register_files.h"
#include "bus/policy/calendar.h"
#include "bus/role/frame.h"
#include "bus/role/types.h"
#include "bus/wire/framing.h"
#include "bus/wire/json_memory.h"
#include "bus/wire/keyring.h"
#include "consumers/dispatch/plan.h"
#include "consumers/matcher/decide.h"
#include "consumers/matcher/state_parts.h"
#include "producers/intake/form.h"
#include "schemas/assignment.h"
#include "schemas/decision.h"
#include "schemas/evaluation.h"
#include "schemas/parked_note.h"
#include "schemas/verification_request.h"
#include "tests/lib/check.h"
#include "tests/sweep/budget.h"

#define NOW_MS      INT64_C(1784000000000)
#define MESSAGE_MAX (64u << 20)
#define ITEMS_TRIED 6      /* each costs a compile of the catalogue */
#define REQUESTS    100000 /* of one stage; more is a loop */

struct whole
{
    struct bus_config config;
    struct bus_policy_catalogue *catalogue;
    struct bus_policy_calendar *calendar;
    struct bus_register *registers;
    struct form_index index;
    struct bus_wire_keyring *keys;
    struct bus_wire_registry *schemas;
};
static struct whole w;
static char folder[512], ring[] = "/tmp/lianou-sweep-XXXXXX";
static struct bus_strv json_text;

static int catalogue_open(size_t items, struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_faults faults;
    struct bus_policy_sources s = {
        .facts = w.config.facts_node,
        .standards = w.config.standards_node,
        .interactions = items > ITEMS_TRIED ? w.config.interactions_node : NULL,
        .items = w.config.policies,
        .item_count = items,
    };
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    w.catalogue = bus_policy_catalogue_new(&s, &faults);
    int rc = w.catalogue ? BUS_OK : bus_faults_fail(&faults, err);
    bus_arena_fini(&mem);
    return rc;
}

static int few_items(struct bus_err *err)
{
    return catalogue_open(ITEMS_TRIED, err);
}

static void catalogue_end(void)
{
    bus_policy_catalogue_free(w.catalogue);
    w.catalogue = NULL;
}

static int calendar_open(struct bus_err *err)
{
    return bus_policy_calendar_new(w.config.calendars, w.config.calendars_count,
                                   &w.calendar, err);
}

static void calendar_end(void)
{
    bus_policy_calendar_free(w.calendar);
    w.calendar = NULL;
}

static int names_open(struct bus_err *err)
{
    return intake_form_index_init(&w.index, &w.config, err);
}

static void names_end(void)
{
    intake_form_index_fini(&w.index);
    w.index = (struct form_index){0};
}

static int register_open(struct bus_err *err)
{
    struct bus_arena mem;
    struct bus_faults faults;
    bus_arena_init(&mem, 0, 0);
    bus_faults_init(&faults, &mem);
    w.registers = bus_catalogue_register_folder(&w.config, &faults);
    int rc = w.registers ? BUS_OK : bus_faults_fail(&faults, err);
    bus_arena_fini(&mem);
    return rc;
}

static void register_end(void)
{
    bus_registers_free(w.registers);
    w.registers = NULL;
}

static int keys_open(struct bus_err *err)
{
    return bus_wire_keyring_open(ring, &w.keys, err);
}

static void keys_end(void)
{
    bus_wire_keyring_free(w.keys);
    w.keys = NULL;
}

static int type_open(struct bus_err *err)
{
    w.schemas = bus_wire_registry_new();
    return w.schemas == NULL ? bus_fail(err, BUS_ENOMEM, "schemas")
                             : bus_wire_type_ready(&sa_application_type, err);
}

static void type_end(void)
{
    bus_wire_registry_free(w.schemas);
    w.schemas = NULL;
    for (const struct bus_wire_type *const *t = bus_role_types_all(); *t; t++) {
        bus_wire_type_drop(*t);
    }
}

/* What a role opens; the configuration's own files are swept in unit/conf. */
static const struct
{
    const char *name;
    int (*open)(struct bus_err *err);
    void (*end)(void);
} parts[] = {
    {"catalogue", few_items, catalogue_end},
    {"calendar", calendar_open, calendar_end},
    {"names of the form", names_open, names_end},
    {"register", register_open, register_end},
    {"keyring", keys_open, keys_end},
    {"schema", type_open, type_end},
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static int start(struct bus_err *err)
{
    BUS_TRY(catalogue_open(w.config.policies_count, err));
    for (size_t i = 1; i < PARTS; i++) {
        BUS_TRY(parts[i].open(err));
    }
    for (const struct bus_wire_type *const *t = bus_role_types_all(); *t; t++) {
        BUS_TRY(bus_wire_type_ready(*t, err));
    }
    return BUS_OK;
}

static void end(void)
{
    for (size_t i = 0; i < PARTS; i++) {
        parts[i].end();
    }
}

/* --- one application --- */

static int32_t deadline(void *data, int32_t from, int32_t n, bool working)
{
    return bus_policy_deadline(data, from, n, working);
}

static int read_form(const struct whole *x,
                     struct bus_arena *mem,
                     struct bus_strv *ret,
                     struct bus_err *err)
{
    struct form_syntax syntax = {0};
    struct form_rules rules = {.config = &x->config,
                               .index = &x->index,
                               .person_key =
                                   BUS_STRV("0123456789abcdef0123456789abcdef"),
                               .now_ms = NOW_MS};
    struct form *form = bus_arena_calloc(mem, 1, sizeof(*form));
    if (form == NULL) {
        return bus_fail(err, BUS_ETOOBIG, "a form");
    }
    json_t *j = intake_form_parse(json_text, &syntax);
    int rc = j ? intake_form_read(&rules, j, mem, form, err)
               : bus_fail(err, BUS_ENOMEM, "%s", syntax.code);
    if (rc == BUS_OK && form->fault_count > 0) {
        rc = bus_fail(err, BUS_EBUG, "%s: %s", form->faults[0].pointer,
                      form->faults[0].en);
    }
    if (rc == BUS_OK) {
        rc = bus_wire_encode_framed(&sa_application_type, &form->application,
                                    mem, ret, err);
    }
    json_decref(j);
    return rc;
}

static int put_out(const struct matcher_outputs *outs,
                   struct bus_arena *mem,
                   struct bus_err *err)
{
    static const struct bus_wire_type *const types[] = {
        [MATCHER_OUT_EVALUATIONS] = &sa_evaluation_type,
        [MATCHER_OUT_ASSIGNMENTS] = &sa_assignment_type,
        [MATCHER_OUT_VERIFICATIONS] = &sa_verification_request_type,
        [MATCHER_OUT_CASES] = &sa_case_event_type,
        [MATCHER_OUT_PARKED] = &sa_parked_note_type,
    };
    int rc = BUS_OK;
    for (size_t i = 0; rc == BUS_OK && i < outs->n; i++) {
        struct bus_strv bytes;
        rc = bus_wire_encode_framed(types[outs->v[i].topic], outs->v[i].record,
                                    mem, &bytes, err);
    }
    return rc;
}

static struct bus_strv bank_of(void *data, struct bus_strv fund)
{
    (void)data;
    (void)fund;
    return BUS_STRV("nongshang");
}

static int dispatch(struct bus_arena *mem, struct bus_err *err)
{
    struct dispatch_rules rules = {.bank_of = bank_of,
                                   .post = BUS_STRV("youzheng"),
                                   .cash_max_fen = 300000,
                                   .order_max_fen = 20000000,
                                   .charities = {BUS_STRV("aixin")},
                                   .charity_count = 1};
    struct sa_case_event e = {.kind = SA_CASE_EVENT_KIND_DECISION_ACCEPTED,
                              .has_decision = true,
                              .has_fund = true,
                              .fund = BUS_STRV("dibao")};
    struct dispatch_outputs outs;
    e.decision.item = BUS_STRV("MZ01");
    e.decision.has_amount_fen = true;
    e.decision.amount_fen = 50000;
    const struct dispatch_payee payee = {BUS_ROLE_PAYEE_SAME, true};
    const struct bus_role_need need = {{{1}}, {{2}}};
    int rc = dispatch_plan(&rules, &e, &payee, &need, mem, &outs, err);
    return rc == BUS_OK && outs.n == 0 ? bus_fail(err, BUS_EBUG, "no order")
                                       : rc;
}

static int
message(const struct whole *x, struct bus_arena *mem, struct bus_err *err)
{
    struct matcher_rules rules = {.catalogue = x->catalogue,
                                  .insurer = BUS_STRV("caixian"),
                                  .verification_days = 5,
                                  .deadline = deadline,
                                  .data = x->calendar};
    struct matcher_outputs outs = {0};
    struct bus_strv value;
    void *record = NULL;
    BUS_TRY(read_form(x, mem, &value, err));
    BUS_TRY(bus_wire_decode(x->schemas, &sa_application_type, value, mem,
                            &record, err));
    struct sa_household_state *state = bus_arena_calloc(mem, 1, sizeof(*state));
    if (state == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a household");
    }
    struct matcher_event event = {
        .kind = MATCHER_APPLICATION, .record = record, .bytes = value};
    BUS_TRY(matcher_decide(&rules, state, &event, mem, &outs, err));
    if (outs.n < 3) {
        return bus_fail(err, BUS_EBUG, "%zu events only", outs.n);
    }
    BUS_TRY(put_out(&outs, mem, err));
    struct matcher_names names;
    struct matcher_parted h = {.schemas = x->schemas,
                               .names = &names,
                               .mem = mem,
                               .facts_there = true};
    struct matcher_parts state_parts = {0};
    bool *changed = NULL;
    matcher_names_init(&names);
    int rc = matcher_parted_close(&h, state, &state_parts, &changed, err);
    matcher_names_fini(&names);
    BUS_TRY(rc);
    return dispatch(mem, err);
}

/* --- the sweep --- */

static void no_limit(void)
{
    bus_heap_set(NULL);
    budget.on = false;
}

static size_t sweep_part(size_t i, bool after)
{
    size_t k = 0;
    for (int rc = BUS_ENOMEM; rc != BUS_OK; k++) {
        struct bus_err err = {0};
        bus_heap_set(&heap);
        limit(k, after);
        rc = parts[i].open(&err);
        parts[i].end();
        no_limit();
        if (rc != BUS_ENOMEM && (rc != BUS_OK || budget.refused)) {
            fail_msg("%s, request %zu: %s: %s", parts[i].name, k,
                     bus_errc_name((enum bus_errc)rc), err.msg);
        }
        assert_true(k < REQUESTS);
    }
    return k;
}

static void start_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < PARTS; i++) {
        (void)sweep_part(i, true);
        print_message("%s: %zu requests\n", parts[i].name,
                      sweep_part(i, false));
    }
}

/* The arena grows in small steps here, so that each step can be refused. */
static void one_message(void **state)
{
    struct bus_err err = {0};
    size_t k = 0;
    (void)state;
    assert_int_equal(start(&err), BUS_OK);
    for (int after = 0; after < 2; after++) {
        int rc = BUS_ENOMEM;
        for (k = 0; rc != BUS_OK; k++) {
            struct bus_arena mem;
            bus_heap_set(&heap);
            limit(k, after);
            bus_arena_init(&mem, 2048, MESSAGE_MAX);
            rc = message(&w, &mem, &err);
            rc = bus_arena_cause(&mem, rc, &err);
            bus_arena_fini(&mem);
            no_limit();
            if (rc != BUS_ENOMEM && (rc != BUS_OK || budget.refused)) {
                fail_msg("request %zu: %s: %s", k,
                         bus_errc_name((enum bus_errc)rc), err.msg);
            }
            assert_true(k < REQUESTS);
        }
    }
    end();
    print_message("one message: %zu requests\n", k);
}

/* The same when the arena's own limit is met: the input's fault. */
static void one_large_message(void **state)
{
    struct bus_err err = {0};
    (void)state;
    assert_int_equal(start(&err), BUS_OK);
    int rc = BUS_ETOOBIG;
    size_t most = 2048;
    for (; rc != BUS_OK; most += most / 8) {
        struct bus_arena mem;
        bus_arena_init(&mem, 2048, most);
        rc = message(&w, &mem, &err);
        rc = bus_arena_cause(&mem, rc, &err);
        bus_arena_fini(&mem);
        if (rc != BUS_OK && rc != BUS_ETOOBIG) {
            fail_msg("%zu bytes: %s: %s", most,
                     bus_errc_name((enum bus_errc)rc), err.msg);
        }
    }
    end();
    print_message("one message: %zu bytes\n", most);
}

static int set_up(void **state)
{
    static char text[65536];
    const char *source = getenv("LIANOU_SOURCE");
    char path[600];
    int fd = mkstemp(ring);
    (void)state;
    (void)snprintf(folder, sizeof(folder), "%s/bus-config", source);
    (void)snprintf(path, sizeof(path), "%s/tests/fuzz/seeds/form/telephone",
                   source);
    FILE *f = fopen(path, "rb");
    if (f == NULL || fd < 0 || dprintf(fd, "7 bus %064d\n", 7) < 0 ||
        close(fd) != 0) {
        return -1;
    }
    json_text = (struct bus_strv){text, fread(text, 1, sizeof(text), f)};
    (void)fclose(f);
    struct bus_err err;
    if (bus_conf_open(&w.config, folder, NULL, &err) != BUS_OK) {
        return -1;
    }
    bus_wire_json_memory();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    (void)unlink(ring);
    bus_conf_close(&w.config);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_up),
        cmocka_unit_test(one_message),
        cmocka_unit_test(one_large_message),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
