/* One application through the matcher's own work, without a broker: decode,
 * decide, seal, encode what goes out and the state; then a decision of its
 * first assignment, the state opened from its parts. CPU time, the general
 * heap's allocations, and what each part takes.
 *
 * Then what it costs to ask whose word counts: each application with the
 * decisions of all its assignments, as of nobody in particular, and held
 * against a county's register, sealed; in blocks a b b a. The verification of
 * seals is counted apart, and so is a step of an item's process, which is an
 * event more.
 *
 *   bench_decide [--json] [--quick] [applications]
 *
 * Instructions, which are the same on a busy machine:
 *
 *   valgrind --tool=callgrind --toggle-collect=one bench_decide 1000
 *
 * (HOMES more are made to warm up.)
 * The keys are made for the run. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bus/base/hash.h"
#include "bus/base/heap.h"
#include "bus/policy/calendar.h"
#include "bus/role/emit.h"
#include "bus/role/frame.h"
#include "bus/role/process.h"
#include "bus/role/types.h"
#include "bus/wire/keyring.h"
#include "consumers/matcher/parts.h"
#include "consumers/matcher/state_parts.h"
#include "tests/bench/forms.h"
#include "tests/bench/offices.h"

#define HOMES  2000
#define SEED   7
#define BLOCKS 8

enum part { DECODE, DECIDE, PERSONAL, EVENTS, STATE, DECISION, PARTS };
static const char *const part_names[] = {"decode", "decide", "seals",
                                         "events", "state",  "decision"};

static struct
{
    struct bus_strv values[HOMES];
    struct matcher_rules rules;
    struct bus_policy_catalogue *catalogue;
    struct bus_policy_calendar *calendar;
    struct bus_wire_keyring *keys;
    struct bus_wire_registry *schemas;
    struct bus_arena mem;
    struct matcher_names names;
    double took[PARTS];
    uint64_t state_bytes, bytes, messages, hash, decisions;
    bool digest; /* nothing is sealed, so that it is the same each time */
    bool laps;   /* each part's time is taken; asking for it costs as well */
    bool held;   /* asked whose word counts */
    bool sealed; /* what departments say, looked at or not */
    double steps_took;
    uint64_t steps;
} b;
static uint64_t allocations;

static void *counted_alloc(void *data, size_t n)
{
    (void)data;
    allocations++;
    return malloc(n);
}

static void *counted_realloc(void *data, void *p, size_t n)
{
    (void)data;
    allocations++;
    return realloc(p, n);
}

static void counted_free(void *data, void *p)
{
    (void)data;
    free(p);
}

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_decide: %s\n", what);
    exit(1);
}

static double cpu(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int32_t deadline(void *data, int32_t start, int32_t n, bool working)
{
    return bus_policy_deadline(data, start, n, working);
}

static void line(FILE *f, int id, const char *owner)
{
    (void)fprintf(f, "%d %s ", id, owner);
    for (int i = 0; i < 32; i++) {
        (void)fprintf(f, "%02x", (unsigned)(id * 7 + i) & 0xffu);
    }
    (void)fputc('\n', f);
}

static const char *const owners[] = {
    "bus", "dispatch", "CL", "CS", "FG", "FL", "GH", "HH", "JY", "MZ",
    "NY",  "RS",       "SF", "TW", "TY", "WJ", "YB", "YJ", "ZF", "ZJ"};

static void make_keys(void)
{
    static char ring[] = "/tmp/bench-ring-XXXXXX";
    static char person[] = "/tmp/bench-person-XXXXXX";
    FILE *f = fdopen(mkstemp(ring), "w"), *p = fdopen(mkstemp(person), "w");
    if (f == NULL || p == NULL) {
        die("no files for keys");
    }
    int n = (int)(sizeof(owners) / sizeof(owners[0]));
    for (int i = 0; i < n; i++) {
        line(f, i + 1, owners[i]);
    }
    line(f, n + 1, "caixian");
    (void)fprintf(p, "%064d\n", 7);
    if (fclose(f) != 0 || fclose(p) != 0) {
        die("no files for keys");
    }
    (void)setenv("LIANOU_KEYRING", ring, 1);
    (void)setenv("LIANOU_PERSON_KEY", person, 1);
    struct bus_err err;
    if (bus_wire_keyring_open(ring, &b.keys, &err) != BUS_OK) {
        die(err.msg);
    }
}

static void open_all(void)
{
    const char *source = getenv("LIANOU_SOURCE");
    char folder[512];
    struct bus_err err;
    (void)snprintf(folder, sizeof(folder), "%s/bus-config",
                   source ? source : ".");
    make_keys();
    if (!b.digest) {
        offices_make(folder);
    }
    forms_open(folder, b.digest);
    (void)unlink(getenv("LIANOU_KEYRING"));
    (void)unlink(getenv("LIANOU_PERSON_KEY"));
    const struct bus_config *c = forms_config();
    b.catalogue = bus_role_frame_catalogue(c);
    b.schemas = bus_role_types_registry();
    if (b.catalogue == NULL || b.schemas == NULL ||
        bus_policy_calendar_new(c->calendars, c->calendars_count, &b.calendar,
                                &err) != BUS_OK) {
        die("the configuration");
    }
    b.rules = (struct matcher_rules){.catalogue = b.catalogue,
                                     .insurer = BUS_STRV("caixian"),
                                     .verification_days = 5,
                                     .process_from = INT32_MAX,
                                     .deadline = deadline,
                                     .data = b.calendar};
    for (uint64_t i = 0; i < HOMES; i++) {
        struct bus_strv key, value;
        forms_make(SEED, i, &key, &value);
        char *own = bus_malloc(value.n);
        if (own == NULL) {
            die("no memory");
        }
        memcpy(own, value.p, value.n);
        b.values[i] = (struct bus_strv){own, value.n};
    }
}

/* The time since the last call goes to a part. */
static void lap(enum part part, double *from)
{
    if (b.laps) {
        double t = cpu();
        b.took[part] += t - *from;
        *from = t;
    }
}

static const struct bus_wire_type *type_of(enum matcher_topic t)
{
    static const struct bus_wire_type *const types[] = {
        [MATCHER_OUT_EVALUATIONS] = &sa_evaluation_type,
        [MATCHER_OUT_ASSIGNMENTS] = &sa_assignment_type,
        [MATCHER_OUT_VERIFICATIONS] = &sa_verification_request_type,
        [MATCHER_OUT_CASES] = &sa_case_event_type,
        [MATCHER_OUT_PARKED] = &sa_parked_note_type,
        [MATCHER_OUT_MEMBERSHIPS] = &sa_membership_type,
    };
    return types[t];
}

static int seals(const struct sa_household_state *st,
                 struct matcher_outputs *outs,
                 struct bus_err *err)
{
    struct bus_wire_binding in = {"application", "personal",
                                  &st->personal_event};
    struct bus_strv personal;
    int rc = bus_wire_open(b.keys, &in, st->personal, &b.mem, &personal, err);
    for (size_t i = 0; rc == BUS_OK && i < outs->n; i++) {
        struct matcher_output *o = &outs->v[i];
        if (o->seal_for.n == 0 || o->topic != MATCHER_OUT_ASSIGNMENTS) {
            continue;
        }
        struct bus_wire_binding out = {"assignment", "personal", &o->event_id};
        struct sa_assignment *a = (void *)(uintptr_t)o->record;
        a->has_personal = true;
        rc = bus_wire_seal(b.keys, o->seal_for, &out, personal, &b.mem,
                           &a->personal, err);
    }
    return rc;
}

static int put(const struct matcher_output *o, struct bus_err *err)
{
    struct bus_role_rendered r;
    struct bus_role_emit e = {.type = type_of(o->topic),
                              .record = o->record,
                              .ce_type = "sa.record.v1",
                              .source = BUS_STRV("/county/371425/matcher"),
                              .event_id = o->event_id,
                              .household_id = o->case_id,
                              .case_id = o->case_id,
                              .cause_id = o->event_id,
                              .occurred_at = 1};
    int rc = bus_role_emit_render(&e, &b.mem, &r, err);
    if (rc == BUS_OK && b.digest) {
        b.hash = bus_hash64(r.value.p, r.value.n, b.hash);
    }
    b.bytes += r.value.n;
    b.messages++;
    return rc;
}

static void hash_parts(const struct matcher_parts *parts)
{
    for (uint32_t i = 0; b.digest && i < parts->n; i++) {
        b.hash = bus_hash64(parts->v[i].p, parts->v[i].n, b.hash);
    }
}

/* As its department would write it; sealed where somebody looks. */
static int decided(const struct sa_household_state *st,
                   const struct sa_assignment_state *a,
                   struct bus_strv *ret,
                   struct bus_err *err)
{
    const struct simulate_officer *officer = offices_officer(a->department);
    struct sa_decision d = {.household_id = st->household_id,
                            .case_id = st->case_id,
                            .occurred_at = st->opened_at + 1,
                            .signed_at = st->opened_at + 1,
                            .assignment_id = a->assignment_id,
                            .decision_id = a->assignment_id,
                            .event_id = a->assignment_id,
                            .department = a->department,
                            .item = a->item,
                            .outcome = SA_DECISION_OUTCOME_REFUSED,
                            .reason = BUS_STRV("no"),
                            .decided_by = cli_simulate_actor(officer)};
    if (b.sealed) {
        BUS_TRY(cli_simulate_seal(officer, &d, &b.mem, err));
    }
    return bus_wire_encode_framed(&sa_decision_type, &d, &b.mem, ret, err);
}

/* Does its process begin with the department's acceptance? */
static bool accepts(const struct sa_household_state *st,
                    const struct sa_assignment_state *a)
{
    struct bus_policy_process asked = {0};
    int at = bus_policy_item_find(b.catalogue, a->item);
    unsigned bit =
        BUS_POLICY_STEP_BIT(bus_role_process_step(SA_STEP_KIND_ACCEPTED));
    bus_policy_process_at(b.catalogue, (size_t)at, bus_china_day(st->opened_at),
                          &asked);
    return (asked.steps & bit) != 0 && (asked.town & bit) == 0;
}

static int stepped(const struct sa_household_state *st,
                   const struct sa_assignment_state *a,
                   struct bus_strv *ret,
                   struct bus_err *err)
{
    struct bus_id id = a->assignment_id;
    id.b[0] ^= 0xff; /* another event */
    struct sa_step s = {.event_id = id,
                        .household_id = st->household_id,
                        .occurred_at = st->opened_at + 1,
                        .case_id = st->case_id,
                        .assignment_id = a->assignment_id,
                        .department = a->department,
                        .item = a->item,
                        .kind = SA_STEP_KIND_ACCEPTED,
                        .done_by =
                            cli_simulate_clerk(offices_officer(a->department))};
    return bus_wire_encode_framed(&sa_step_type, &s, &b.mem, ret, err);
}

/* What a department says; it must count. */
static int said(enum matcher_event_kind kind,
                const struct matcher_parts *parts,
                const struct bus_id *household,
                struct bus_strv value,
                struct bus_err *err)
{
    bool decision = kind == MATCHER_DECISION;
    struct matcher_parted h = {.parts = *parts,
                               .schemas = b.schemas,
                               .names = &b.names,
                               .mem = &b.mem};
    struct sa_household_state st;
    struct matcher_outputs outs;
    struct matcher_parts now;
    void *record = NULL;
    bool *changed = NULL;
    BUS_TRY(bus_wire_decode(b.schemas,
                            decision ? &sa_decision_type : &sa_step_type, value,
                            &b.mem, &record, err));
    const struct sa_decision *d = record;
    const struct sa_step *step = record;
    BUS_TRY(matcher_parted_open(&h, household, &st, err));
    struct matcher_event event = {.kind = kind,
                                  .record = record,
                                  .partner = decision ? d->department
                                                      : step->department,
                                  .bytes = value};
    BUS_TRY(matcher_parted_facts(&h, &st, err));
    BUS_TRY(matcher_decide(&b.rules, &st, &event, &b.mem, &outs, err));
    if (!outs.changed || outs.n == 0 || outs.reason_code != NULL) {
        die("what a department said counts for nothing");
    }
    for (size_t i = 0; i < outs.n; i++) {
        const struct sa_assignment *a = outs.v[i].record;
        if (outs.v[i].topic == MATCHER_OUT_ASSIGNMENTS &&
            a->action == SA_ASSIGNMENT_ACTION_RETURNED) {
            (void)fprintf(stderr, "bench_decide: given back: %.*s\n",
                          BUS_STRV_ARG(a->reason));
            exit(1);
        }
    }
    for (size_t i = 0; i < outs.n; i++) {
        BUS_TRY(put(&outs.v[i], err));
    }
    BUS_TRY(matcher_parted_close(&h, &st, &now, &changed, err));
    hash_parts(&now);
    return BUS_OK;
}

static int application(struct bus_strv value,
                       struct sa_household_state **ret_st,
                       struct matcher_parts *ret_parts,
                       struct bus_err *err)
{
    double from = b.laps ? cpu() : 0;
    void *record = NULL;
    struct matcher_outputs outs;
    bus_arena_reset(&b.mem);
    BUS_TRY(bus_wire_decode(b.schemas, &sa_application_type, value, &b.mem,
                            &record, err));
    struct sa_household_state *st = bus_arena_calloc(&b.mem, 1, sizeof(*st));
    lap(DECODE, &from);
    struct matcher_event event = {
        .kind = MATCHER_APPLICATION, .record = record, .bytes = value};
    BUS_TRY(matcher_decide(&b.rules, st, &event, &b.mem, &outs, err));
    lap(DECIDE, &from);
    if (!b.digest) {
        BUS_TRY(seals(st, &outs, err));
    }
    lap(PERSONAL, &from);
    for (size_t i = 0; i < outs.n; i++) {
        BUS_TRY(put(&outs.v[i], err));
    }
    lap(EVENTS, &from);
    struct matcher_parted h = {.schemas = b.schemas,
                               .names = &b.names,
                               .mem = &b.mem,
                               .facts_there = true};
    bool *changed = NULL;
    BUS_TRY(matcher_parted_close(&h, st, ret_parts, &changed, err));
    lap(STATE, &from);
    *ret_st = st;
    return BUS_OK;
}

__attribute__((noinline)) static int one(struct bus_strv value,
                                         struct bus_err *err)
{
    struct sa_household_state *st = NULL;
    struct matcher_parts parts = {0};
    BUS_TRY(application(value, &st, &parts, err));
    for (uint32_t i = 0; i < parts.n; i++) {
        b.state_bytes += parts.v[i].n;
    }
    hash_parts(&parts);
    if (st->assignments.n > 0) {
        BUS_TRY(decided(st, &st->assignments.v[0], &value, err));
        double from = cpu();
        BUS_TRY(said(MATCHER_DECISION, &parts, &st->household_id, value, err));
        lap(DECISION, &from);
        b.decisions++;
    }
    return BUS_OK;
}

/* All of them once more, only the whole timed. */
static double whole(long n)
{
    struct bus_err err;
    b.laps = false;
    double from = cpu();
    for (long i = 0; i < n; i++) {
        struct sa_household_state *st = NULL;
        struct matcher_parts parts = {0};
        if (application(b.values[i % HOMES], &st, &parts, &err) != BUS_OK) {
            die(err.msg);
        }
    }
    return cpu() - from;
}

/* Seconds of one application and of the decisions of all its assignments. */
__attribute__((noinline)) static double case_of(struct bus_strv value,
                                                struct bus_err *err)
{
    struct sa_household_state *st = NULL;
    struct matcher_parts parts = {0};
    double from = cpu(), took = 0;
    if (application(value, &st, &parts, err) != BUS_OK) {
        die(err->msg);
    }
    took = cpu() - from;
    for (size_t i = 0; i < st->assignments.n; i++) {
        const struct sa_assignment_state *a = &st->assignments.v[i];
        if (decided(st, a, &value, err) != BUS_OK) {
            die(err->msg);
        }
        from = cpu();
        if (said(MATCHER_DECISION, &parts, &st->household_id, value, err) !=
            BUS_OK) {
            die(err->msg);
        }
        took += cpu() - from;
        if (!b.held || !accepts(st, a) ||
            stepped(st, a, &value, err) != BUS_OK) {
            continue;
        }
        from = cpu();
        if (said(MATCHER_STEP, &parts, &st->household_id, value, err) !=
            BUS_OK) {
            die(err->msg);
        }
        b.steps_took += cpu() - from;
        b.steps++;
    }
    return took;
}

static void report_authority(long n)
{
    struct offices offices = offices_open();
    struct bus_err err;
    double took[2] = {0, 0};
    b.laps = false;
    b.sealed = true; /* in all blocks: making seals empties the caches */
    for (int block = 0; block < BLOCKS; block++) {
        b.held = (block + 1) / 2 % 2 == 1; /* a b b a */
        b.rules.registers = b.held ? offices.registers : NULL;
        b.rules.seals = b.held ? offices.seals : NULL;
        for (long i = 0; i < n / BLOCKS; i++) {
            took[b.held] += case_of(b.values[i % HOMES], &err);
        }
    }
    struct bus_wire_sm2_cost seals = bus_wire_sm2_tables_cost(offices.seals);
    double apart = (double)seals.cpu_ns / 1e9;
    if (seals.verified == 0 || b.steps == 0) {
        die("no seal was verified, or no step counted");
    }
    (void)printf("{\"name\":\"an application and its decisions held against "
                 "registers, seals apart, against not\",\"value\":%.3f,"
                 "\"unit\":\"x\",\"target\":1.25,\"better\":\"less\"}\n",
                 (took[1] - apart) / took[0]);
    (void)printf("{\"name\":\"a seal of a decision verified\",\"value\":%.2f,"
                 "\"unit\":\"us\",\"target\":null,\"better\":\"less\"}\n",
                 apart * 1e6 / (double)seals.verified);
    (void)printf("{\"name\":\"a step before a decision, an event more\","
                 "\"value\":%.2f,\"unit\":\"us\",\"target\":null,"
                 "\"better\":\"less\"}\n",
                 b.steps_took * 1e6 / (double)b.steps);
    offices_close(&offices);
}

static void report(double all, long n)
{
    (void)printf("{\"name\":\"matcher's own work for an application, no "
                 "broker\",\"value\":%.2f,\"unit\":\"us\",\"target\":35,"
                 "\"better\":\"less\"}\n",
                 all * 1e6 / (double)n);
    (void)printf("{\"name\":\"matcher's own work for a decision, no broker, "
                 "its seal apart\",\"value\":%.2f,\"unit\":\"us\",\"target\":"
                 "null,\"better\":\"less\"}\n",
                 b.took[DECISION] * 1e6 / (double)b.decisions);
    (void)printf(
        "{\"name\":\"matcher's own work: allocations from the general heap\","
        "\"value\":%.4f,\"unit\":\"\",\"target\":0,"
        "\"better\":\"less\"}\n",
        (double)allocations / (double)n);
}

int main(int argc, char **argv)
{
    long n = 40000;
    for (int i = 1; i < argc; i++) {
        b.digest = b.digest || strcmp(argv[i], "--digest") == 0;
        n = strcmp(argv[i], "--quick") == 0 ? 4000
            : argv[i][0] != '-'             ? strtol(argv[i], NULL, 10)
                                            : n;
    }
    struct bus_heap heap = {NULL, counted_alloc, counted_realloc, counted_free};
    struct bus_err err;
    bus_heap_set(&heap);
    open_all();
    bus_arena_init(&b.mem, 256u << 10, 0);
    matcher_names_init(&b.names);
    b.laps = true;
    for (long i = -HOMES; i < n; i++) {
        if (i == 0) { /* what came before was to warm up */
            memset(b.took, 0, sizeof(b.took));
            allocations = b.bytes = b.state_bytes = b.messages = 0;
            b.hash = b.decisions = 0;
        }
        if (one(b.values[(i + HOMES) % HOMES], &err) != BUS_OK) {
            die(err.msg);
        }
    }
    for (int i = 0; i < PARTS; i++) {
        (void)printf("%-8s %6.2f us\n", part_names[i],
                     b.took[i] * 1e6 / (double)n);
    }
    if (b.digest) {
        (void)printf("digest %016llx\n", (unsigned long long)b.hash);
    }
    (void)printf("%.2f events of %.0f bytes an application\n",
                 (double)b.messages / (double)n,
                 (double)b.bytes / (double)b.messages);
    (void)printf("%.0f bytes of state an application\n",
                 (double)b.state_bytes / (double)n);
    report(whole(n), n);
    if (!b.digest) {
        report_authority(n / 20); /* a seal takes a millisecond to make */
    }
    return 0;
}
