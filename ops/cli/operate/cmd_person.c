/* lianou person erase HOUSEHOLD: a household's personal data is forgotten.
 *
 * - two people of the lead department, each by his own account and password;
 *   the matcher holds both against the register again
 * - a row in the reading log before anything is sent, with the basis
 * - refused while a case is open or a grant stands: the answer says so, and the
 *   day from which it may be where that is known */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bus/base/clock.h"
#include "bus/role/emit.h"
#include "bus/web/readlog.h"
#include "bus/wire/ids.h"
#include "ops/cli/inspect/topic_send.h"
#include "ops/cli/lianou.h"
#include "ops/cli/sign_in.h"
#include "schemas/erasure.h"

#define BASIS_CHARS 200
#define ANSWER_MS   60000
#define ASK_MS      250
/* A segment is closed after so long (log.roll.hours), and then as old as its
 * newest record. */
#define SEGMENT_DAYS 7

extern const struct lianou_command lianou_cmd_person;

struct asked_person
{
    struct tool t;
    const char *household, *basis, *by, *second;
    struct cli_signed_in one, two;
    struct sa_erasure erasure;
};

/* The operator as the register that is in force has him. */
static int person_actor(const struct cli_signed_in *in,
                        struct sa_actor *ret,
                        struct bus_err *err)
{
    const struct bus_register_operator *o = bus_registers_operator(
        in->in_force, bus_strv(in->operator_id), in->day);
    if (o == NULL) {
        return bus_fail(err, BUS_EDENIED,
                        "%s is not in office today / 今日不在任",
                        in->operator_id);
    }
    *ret = (struct sa_actor){.operator_id = bus_strv(o->id),
                             .org_code = bus_strv(o->org),
                             .role = bus_strv(o->role)};
    return BUS_OK;
}

static int person_two(struct asked_person *a, struct bus_err *err)
{
    BUS_TRY(cli_sign_in(&a->t, a->by, false, &a->one, err));
    BUS_TRY(cli_sign_in(&a->t, a->second, false, &a->two, err));
    BUS_TRY(person_actor(&a->one, &a->erasure.done_by, err));
    BUS_TRY(person_actor(&a->two, &a->erasure.second, err));
    return strcmp(a->one.operator_id, a->two.operator_id) != 0
               ? BUS_OK
               : bus_fail(err, BUS_EDENIED,
                          "the same person twice / 须由两人办理");
}

static int person_words(struct asked_person *a, struct bus_err *err)
{
    struct bus_strv basis = bus_strv(a->basis);
    size_t n = bus_utf8_count(basis.p, basis.n);
    if (!bus_id_parse(bus_strv(a->household), &a->erasure.household_id)) {
        return bus_fail(err, BUS_EUSAGE,
                        "%.64s: a household is named by its id, as `lianou "
                        "case show --json` has it / 请用家庭编号",
                        a->household);
    }
    a->erasure.basis = basis;
    return n > 0 && n <= BASIS_CHARS
               ? BUS_OK
               : bus_fail(err, BUS_EUSAGE,
                          "--basis: on what basis, in 1 to %d characters? / "
                          "请写明依据",
                          BASIS_CHARS);
}

static int person_send(struct asked_person *a, struct bus_err *err)
{
    const struct bus_config *conf = &a->t.config;
    struct sa_erasure *e = &a->erasure;
    struct bus_strv content;
    struct bus_role_rendered r;
    e->occurred_at = bus_clock_system.wall_ms(NULL);
    BUS_TRY(
        bus_wire_encode_arena(&sa_erasure_type, e, &a->t.mem, &content, err));
    e->event_id = bus_wire_answer_id(BUS_STRV("person"), "erasure",
                                     &e->household_id, false, content);
    const struct bus_role_emit emit = {
        .type = &sa_erasure_type,
        .record = e,
        .ce_type = "sa.erasure.v1",
        .source = bus_strv(bus_arena_printf(&a->t.mem, "/county/%s/person",
                                            conf->county.code)),
        .event_id = e->event_id,
        .household_id = e->household_id,
        .occurred_at = e->occurred_at,
    };
    BUS_TRY(bus_role_emit_render(&emit, &a->t.mem, &r, err));
    const struct bus_kafka_out_msg m = {
        .topic = bus_conf_topic(conf, &a->t.mem, "membership-changes", NULL),
        .partition = -1,
        .key = r.key,
        .value = r.value,
        .headers = r.headers,
        .headers_count = r.headers_count,
    };
    return cli_topic_send(&conf->kafka, "lianou-person", &m, err);
}

/* What became of it, from the ledger: "" while nothing has. */
static int person_answer(struct asked_person *a,
                         char ret[BUS_ERR_MSG_MAX],
                         struct bus_err *err)
{
    static const char ask[] =
        "SELECT note FROM event WHERE household_id = $1::uuid AND about = "
        "$2::uuid AND kind = 'case_event' LIMIT 1";
    char home[BUS_ID_TEXT + 1], event[BUS_ID_TEXT + 1];
    const char *params[] = {bus_id_text(&a->erasure.household_id, home),
                            bus_id_text(&a->erasure.event_id, event)};
    struct bus_pg_rows *r = NULL;
    BUS_TRY(bus_pg_query(a->t.pg, ask, params, 2, &r, err));
    (void)snprintf(ret, BUS_ERR_MSG_MAX, "%s",
                   bus_pg_count(r) > 0 ? bus_pg_value(r, 0, 0) : "");
    bus_pg_rows_free(r);
    return BUS_OK;
}

/* Until when a topic of this retention may hold what came today. */
static const char *person_kept(int64_t retention_ms,
                               char day[BUS_DATE_TEXT + 1])
{
    int64_t now_ms = bus_clock_system.wall_ms(NULL);
    return bus_date_text(bus_china_day(now_ms + retention_ms) + SEGMENT_DAYS,
                         day);
}

/* What an erasure does not reach: sealed to its readers, in topics of events.
 */
static void person_tell_rest(const struct bus_config_retention *r)
{
    char events[BUS_DATE_TEXT + 1], letters[BUS_DATE_TEXT + 1];
    int64_t most = r->case_ms > r->partner_ms ? r->case_ms : r->partner_ms;
    most = most > r->facts_ms ? most : r->facts_ms;
    (void)printf(
        "  主题中封给各收件人的内容最迟留到 %s, 死信和暂存到 %s\n"
        "  sealed to their readers, events stay in topics until %s, dead "
        "letters and parked ones until %s\n",
        person_kept(most, events), person_kept(r->trouble_ms, letters), events,
        letters);
}

static int person_await(struct asked_person *a, struct bus_err *err)
{
    const struct timespec pause = {0, ASK_MS * 1000000L};
    char answer[BUS_ERR_MSG_MAX] = "", id[BUS_ID_TEXT + 1];
    (void)bus_id_text(&a->erasure.event_id, id);
    for (int64_t ms = 0; answer[0] == '\0' && ms < ANSWER_MS; ms += ASK_MS) {
        (void)nanosleep(&pause, NULL);
        BUS_TRY(person_answer(a, answer, err));
    }
    if (strcmp(answer, "ERASED") == 0) {
        (void)printf("%s %s\n", id, answer);
        person_tell_rest(&a->t.config.kafka.retention);
        return BUS_OK;
    }
    return answer[0] != '\0'
               ? bus_fail(err, BUS_ESTATE,
                          "%s: %.300s; a case is open, or a grant stands "
                          "until the day before / 有未办结的个案或仍在享受救助",
                          id, answer)
               : bus_fail(err, BUS_EAWAY,
                          "%s was sent and is not answered: erased before, a "
                          "dead letter (lianou dlq ls), or matcher or ledger "
                          "is away / 已发出, 尚无答复",
                          id);
}

static int person_erase(struct asked_person *a, struct bus_err *err)
{
    BUS_TRY(person_words(a, err));
    BUS_TRY(cli_tool_open(&a->t, err));
    BUS_TRY(cli_tool_database(&a->t, err));
    BUS_TRY(person_two(a, err));
    const struct bus_web_read row = {.via = "lianou person erase",
                                     .purpose = a->basis,
                                     .record = a->household,
                                     .fields = "erasure"};
    BUS_TRY(cli_tool_note_why(&a->t, &row, err));
    BUS_TRY(person_send(a, err));
    return person_await(a, err);
}

static int person_run(int argc, char **argv)
{
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'},
        {"db", required_argument, NULL, 'd'},
        {"basis", required_argument, NULL, 'b'},
        {"by", required_argument, NULL, 'y'},
        {"second", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0}};
    static struct asked_person a;
    struct bus_err err = {0};
    bool well = true;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        const char **to = o == 'c'   ? &a.t.folder
                          : o == 'd' ? &a.t.conninfo
                          : o == 'b' ? &a.basis
                          : o == 'y' ? &a.by
                          : o == 's' ? &a.second
                                     : NULL;
        well = well && to != NULL;
        if (to != NULL) {
            *to = optarg;
        }
    }
    if (!well || optind + 2 != argc || strcmp(argv[optind], "erase") != 0 ||
        a.basis == NULL || a.by == NULL || a.second == NULL) {
        (void)fprintf(stderr, "usage: lianou person %s\n",
                      lianou_cmd_person.usage);
        return LIANOU_USAGE;
    }
    a.household = argv[optind + 1];
    int rc = person_erase(&a, &err);
    cli_sign_in_end(&a.one);
    cli_sign_in_end(&a.two);
    return cli_tool_close(&a.t, "person", rc, &err);
}

const struct lianou_command lianou_cmd_person = {
    .name = "person",
    .usage = "erase HOUSEHOLD --basis TEXT --by ACCOUNT --second ACCOUNT\n"
             "    [--db CONNINFO] [--config DIR]",
    .summary = "a household's personal data forgotten for good: two people, "
               "a basis, no open case, no grant",
    .summary_zh = "删除一户的个人信息(销毁密钥, 不可恢复)",
    .group = 3,
    .run = person_run,
};
