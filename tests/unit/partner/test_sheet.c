/* A worklist goes out, people fill it in, it comes back: once, twice, changed,
 * broken, and killed at every system call in between. */
#include "tests/unit/partner/spool_bench.h"

#include "bus/partner/sheet_parts.h"

#define EVENT  "aaaaaaaa-bbbb-8ccc-8ddd-eeeeeeeeee06"
#define OTHER  "aaaaaaaa-bbbb-8ccc-8ddd-eeeeeeeeee16"
#define SAMPLE "/consumers/department/samples/"

static const struct bus_partner_transport_ops *const via =
    &bus_partner_transport_sheet;
static struct bus_err err;

static struct bench *sheet_bench(int kind)
{
    struct bench *b = bench_new();
    b->partner.code = "MZ";
    b->partner.kind = kind;
    b->partner.transport = BUS_TRANSPORT_SHEET;
    b->partner.limits.message_bytes_max = 65536;
    return b;
}

static struct bus_strv text_of(const char *path, struct bus_arena *mem)
{
    FILE *f = fopen(path, "rb");
    char *p = bus_arena_alloc(mem, 1u << 20);
    assert_non_null(p);
    if (f == NULL) {
        fail_msg("no %s", path);
    }
    size_t n = fread(p, 1, (1u << 20) - 1, f);
    p[n] = '\0';
    (void)fclose(f);
    return (struct bus_strv){p, n};
}

static const char *path_of(struct bench *b, const char *name)
{
    static char path[300];
    (void)snprintf(path, sizeof(path), "%s/%s", b->spool, name);
    return path;
}

/* The sample, with its event's number and action replaced. */
static void publish(struct bench *b,
                    const char *sample,
                    const char *event,
                    const char *action)
{
    char path[300];
    struct bus_arena mem;
    struct bus_id id;
    bus_arena_init(&mem, 0, 0);
    (void)snprintf(path, sizeof(path), "%s%s", getenv("LIANOU_SOURCE"), sample);
    struct bus_strv bytes = text_of(path, &mem);
    json_t *doc = json_loadb(bytes.p, bytes.n, 0, NULL);
    assert_true(bus_id_parse(bus_strv(event), &id));
    assert_true(
        partner_sheet_put(doc, "/reply_to/event_id", json_string(event)));
    if (action != NULL) {
        assert_true(partner_sheet_put(doc, "/action", json_string(action)));
    }
    char *text = json_dumps(doc, 0);
    assert_int_equal(via->stage(b->r.transport, &id, bus_strv(text), &err), 0);
    assert_int_equal(via->publish(b->r.transport, &id, &err), 0);
    assert_int_equal(via->published_sync(b->r.transport, &err), 0);
    free(text);
    json_decref(doc);
    bus_arena_fini(&mem);
}

static size_t look(struct bench *b, struct bus_partner_transport_taken *ret)
{
    size_t n = 0, tries = 0;
    do {
        b->r.transport->sheet->written_ms = -SHEET_PERIOD_MS;
        bus_arena_reset(&b->r.taking.mem);
        assert_int_equal(via->take(b->r.transport, &b->r.taking.mem, ret,
                                   PARTNER_CHUNK, &n, &err),
                         0);
    } while (n == 0 && ++tries < 3);
    return n;
}

static struct bus_workbook_rows list_of(struct bench *b, struct bus_arena *mem)
{
    struct bus_workbook_rows rows;
    struct bus_partner_transport_taken none[PARTNER_CHUNK];
    assert_int_equal(look(b, none), 0);
    assert_int_equal(
        bus_workbook_read(text_of(path_of(b, "out/worklist.csv"), mem), mem,
                          &rows, &err),
        0);
    struct bus_workbook_rows same;
    assert_int_equal(
        bus_workbook_read(text_of(path_of(b, "out/worklist.xlsx"), mem), mem,
                          &same, &err),
        0);
    assert_int_equal(same.n, rows.n);
    return rows;
}

/* "决定 decision=同意" ... into the only row of the worklist; in/name. */
static void fill(struct bench *b, const char *name, const char *const *cells)
{
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    struct bus_workbook_rows rows = list_of(b, &mem);
    const struct sheet_form *form = b->r.transport->sheet->form;
    struct bus_workbook_column columns[BUS_WORKBOOK_COLUMNS_MAX];
    const char *values[BUS_WORKBOOK_COLUMNS_MAX] = {NULL};
    for (size_t i = 0; i < form->count; i++) {
        columns[i] =
            (struct bus_workbook_column){.title = form->columns[i].title};
        if (rows.n > 1 && i < rows.v[1].n) {
            values[i] = rows.v[1].cell[i].p;
        }
        for (const char *const *c = cells; *c != NULL; c++) {
            size_t n = strcspn(*c, "=");
            if (strncmp(*c, form->columns[i].title, n) == 0 &&
                form->columns[i].title[n] == '\0') {
                values[i] = *c + n + 1;
            }
        }
    }
    struct bus_workbook_table t = {"x", columns, form->count, values, 1};
    struct bus_buf out = {0};
    bool xlsx = strstr(name, ".xlsx") != NULL;
    assert_int_equal(xlsx ? bus_workbook_write(&t, &out, &err)
                          : bus_workbook_write_csv(&t, &out, &err),
                     0);
    char full[64];
    (void)snprintf(full, sizeof(full), "in/%s", name);
    FILE *f = fopen(path_of(b, full), "wb");
    assert_int_equal(fwrite(out.data, 1, out.len, f), out.len);
    (void)fclose(f);
    bus_buf_fini(&out);
    bus_arena_fini(&mem);
}

#define ACK "{\"event_id\": \"" OTHER "\"}"

static void settle(struct bench *b,
                   const struct bus_partner_transport_taken *a,
                   enum bus_partner_transport_verdict verdict,
                   const char *note)
{
    assert_int_equal(
        via->settle(b->r.transport, a->name, verdict, bus_strv(note), &err), 0);
    assert_int_equal(via->settled_sync(b->r.transport, &err), 0);
}

static void says(struct bench *b, const char *path, const char *text)
{
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    struct bus_strv report = text_of(path_of(b, path), &mem);
    if (strstr(report.p, text) == NULL) {
        fail_msg("%s does not say %s:\n%s", path, text, report.p);
    }
    bus_arena_fini(&mem);
}

static const char *const yes[] = {"决定 decision=同意",
                                  "金额 amount (元)=812.0",
                                  "方式 delivery=银行代发",
                                  "周期 period=每月",
                                  "起始月 from month=2026-08",
                                  "经办人 operator=op-1",
                                  NULL};

static void there_and_back(void **state)
{
    (void)state;
    struct bench *b = sheet_bench(BUS_PARTNER_DEPARTMENT);
    struct bus_partner_transport_taken got[PARTNER_CHUNK];
    assert_int_equal(open_runner(b), BUS_OK);
    publish(b, SAMPLE "assigned.document.json", EVENT, NULL);
    fill(b, "甲.XLSX.xlsx", yes);
    assert_int_equal(look(b, got), 1);
    json_t *d = json_loadb(got[0].bytes.p, got[0].bytes.n, 0, NULL);
    static const char *const holds[][2] = {
        {"/document", "decision"},
        {"/reply_to/event_id", EVENT},
        {"/reference", EVENT},
        {"/outcome", "CONFIRMED"},
        {"/delivery", "BANK"},
        {"/period", "MONTHLY"},
        {"/from_month", "2026-08"},
        {"/payee_hash", "305f73acd42083da976b9656e2ec4273"},
        {"/decided_by/operator_id", "op-1"},
        {"/decided_by/org_code", "MZ"},
        {"/decided_by/role", "approver"}};
    for (size_t i = 0; i < sizeof(holds) / sizeof(holds[0]); i++) {
        assert_string_equal(partner_sheet_text_at(d, holds[i][0]), holds[i][1]);
    }
    assert_int_equal(json_integer_value(json_object_get(d, "amount_fen")),
                     81200);
    json_decref(d);
    settle(b, &got[0], BUS_TRANSPORT_ACCEPTED, ACK);
    says(b, "done/甲.XLSX.ack.csv", "\"2\",\"\",\"TAKEN\",\"" OTHER "\"");
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(list_of(b, &mem).n, 1); /* titles */
    bus_arena_fini(&mem);
    close_runner(b);
    bench_free(b);
}

/* The same file changes nothing, even after a restart; another value is told.
 */
static void said_again(void **state)
{
    (void)state;
    struct bench *b = sheet_bench(BUS_PARTNER_DEPARTMENT);
    struct bus_partner_transport_taken got[PARTNER_CHUNK];
    const char *other[] = {"编号 id=" EVENT, "决定 decision=不同意",
                           "理由 reason=材料不足", "经办人 operator=op-1",
                           NULL};
    const char *same[] = {"编号 id=" EVENT, yes[0], "金额 amount (元)=812",
                          yes[2],           yes[3], yes[4],
                          yes[5],           NULL};
    assert_int_equal(open_runner(b), BUS_OK);
    publish(b, SAMPLE "assigned.document.json", EVENT, NULL);
    fill(b, "a.csv", yes);
    assert_int_equal(look(b, got), 1);
    settle(b, &got[0], BUS_TRANSPORT_ACCEPTED, ACK);
    close_runner(b);
    assert_int_equal(open_runner(b), BUS_OK);
    fill(b, "a.csv", same);
    assert_int_equal(look(b, got), 0);
    says(b, "done/a~2.ack.csv", "0 rows taken, 1 taken before");
    fill(b, "b.xlsx", other);
    assert_int_equal(look(b, got), 0);
    says(b, "rejected/b.reason.csv", "\"2\",\"决定 decision\",\"ANSWERED\"");
    /* Given back, it is another question. */
    publish(b, SAMPLE "assigned.document.json", OTHER, "RETURNED");
    fill(b, "c.csv", yes);
    assert_int_equal(look(b, got), 1);
    settle(b, &got[0], BUS_TRANSPORT_ACCEPTED, ACK);
    close_runner(b);
    bench_free(b);
}

static void rows_with_faults(void **state)
{
    (void)state;
    static const struct
    {
        const char *cells[6], *says;
    } cases[] = {
        {{"决定 decision=好"}, "\"2\",\"决定 decision\",\"WORD\""},
        {{"理由 reason=x"}, "\"2\",\"决定 decision\",\"MISSING\""},
        {{"决定 decision=同意", "金额 amount (元)=八百"},
         "\"2\",\"金额 amount (元)\",\"MONEY\""},
        {{"决定 decision=同意", "金额 amount (元)=8.001"}, "\"MONEY\""},
        {{"决定 decision=同意", "姓名 name=乙某"},
         "\"2\",\"姓名 name\",\"CHANGED\""},
        {{"决定 decision=同意", "编号 id=" OTHER},
         "\"2\",\"编号 id\",\"UNKNOWN_ROW\""},
        {{"决定 decision=同意", "编号 id=1"}, "\"UNKNOWN_ROW\""},
        {{"决定 decision=受理", "金额 amount (元)=1", "经办人 operator=op-1"},
         "\"2\",\"金额 amount (元)\",\"NOT_HERE\""},
        {{"决定 decision=同意", "方式 delivery=飞鸽"},
         "\"2\",\"方式 delivery\",\"WORD\""},
    };
    struct bench *b = sheet_bench(BUS_PARTNER_DEPARTMENT);
    struct bus_partner_transport_taken got[PARTNER_CHUNK];
    assert_int_equal(open_runner(b), BUS_OK);
    publish(b, SAMPLE "assigned.document.json", EVENT, NULL);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[32], report[64];
        (void)snprintf(name, sizeof(name), "%zu.xlsx", i);
        (void)snprintf(report, sizeof(report), "rejected/%zu.reason.csv", i);
        fill(b, name, cases[i].cells);
        assert_int_equal(look(b, got), 0);
        says(b, report, cases[i].says);
    }
    /* What the runner finds is said of the cell. */
    fill(b, "r.csv", yes);
    assert_int_equal(look(b, got), 1);
    settle(b, &got[0], BUS_TRANSPORT_REJECTED,
           "{\"faults\": [{\"pointer\": \"/decided_by\", \"code\": \"MISSING\","
           " \"zh\": \"必填\", \"en\": \"is needed\"}]}");
    says(b, "rejected/r.reason.csv",
         "\"2\",\"经办人 operator\",\"MISSING\",\"必填\",\"is needed\"");
    /* No table at all, and one of somebody else's. */
    static const char *const files[][2] = {
        {"in/n.xlsx", "\xd0\xcf\x11\xe0 old"}, {"in/o.csv", "甲,乙\n1,2\n"}};
    for (size_t i = 0; i < 2; i++) {
        FILE *f = fopen(path_of(b, files[i][0]), "wb");
        (void)fputs(files[i][1], f);
        (void)fclose(f);
        assert_int_equal(look(b, got), 0);
    }
    says(b, "rejected/n.reason.csv", "\"NO_TABLE\"");
    says(b, "rejected/o.reason.csv", "\"编号 id\",\"NO_COLUMN\"");
    close_runner(b);
    bench_free(b);
}

static void withdrawn_and_updated(void **state)
{
    (void)state;
    struct bench *b = sheet_bench(BUS_PARTNER_DEPARTMENT);
    struct bus_arena mem;
    bus_arena_init(&mem, 0, 0);
    assert_int_equal(open_runner(b), BUS_OK);
    publish(b, SAMPLE "assigned.document.json", OTHER, "UPDATED");
    assert_int_equal(list_of(b, &mem).n, 1); /* nothing waits for it */
    publish(b, SAMPLE "assigned.document.json", EVENT, NULL);
    publish(b, SAMPLE "assigned.document.json", OTHER, "UPDATED");
    struct bus_workbook_rows rows = list_of(b, &mem);
    assert_int_equal(rows.n, 2);
    assert_true(bus_strv_is(rows.v[1].cell[0], OTHER));
    publish(b, SAMPLE "withdrawn.document.json",
            "aaaaaaaa-bbbb-8ccc-8ddd-eeeeeeeeee07", NULL);
    assert_int_equal(list_of(b, &mem).n, 1);
    says(b, "out/messages.csv", "\"WITHDRAWN\"");
    bus_arena_fini(&mem);
    close_runner(b);
    bench_free(b);
}

/* A step, then the decision: the task waits in between. */
static void steps(void **state)
{
    (void)state;
    const char *survey[] = {"决定 decision=入户调查", "经办人 operator=op-1",
                            "第二人 second=op-2", NULL};
    struct bench *b = sheet_bench(BUS_PARTNER_DEPARTMENT);
    struct bus_partner_transport_taken got[PARTNER_CHUNK];
    assert_int_equal(open_runner(b), BUS_OK);
    publish(b, SAMPLE "assigned.document.json", EVENT, NULL);
    fill(b, "a.csv", survey);
    assert_int_equal(look(b, got), 1);
    json_t *d = json_loadb(got[0].bytes.p, got[0].bytes.n, 0, NULL);
    assert_string_equal(partner_sheet_text_at(d, "/document"), "step");
    assert_string_equal(partner_sheet_text_at(d, "/kind"), "SURVEYED");
    assert_string_equal(partner_sheet_text_at(d, "/reference"),
                        EVENT "-SURVEYED");
    assert_string_equal(partner_sheet_text_at(d, "/second/role"), "clerk");
    json_decref(d);
    settle(b, &got[0], BUS_TRANSPORT_ACCEPTED, ACK);
    survey[2] = "第二人 second=op-3";
    fill(b, "b.csv", survey);
    assert_int_equal(look(b, got), 0);
    says(b, "rejected/b.reason.csv", "\"ANSWERED\"");
    fill(b, "c.csv", yes);
    assert_int_equal(look(b, got), 1);
    settle(b, &got[0], BUS_TRANSPORT_ACCEPTED, ACK);
    close_runner(b);
    bench_free(b);
}

/* --- dying --- */

static void take_and_settle(struct bench *b)
{
    struct bus_partner_transport_taken got[PARTNER_CHUNK];
    if (open_runner(b) != BUS_OK) {
        _exit(1);
    }
    if (look(b, got) == 1) {
        settle(b, &got[0], BUS_TRANSPORT_ACCEPTED, ACK);
    }
    (void)look(b, got);
}

static void killed_anywhere(void **state)
{
    (void)state;
    bool died = true;
    long deaths = 0;
    for (long at = 1; died; at++) {
        struct bench *b = sheet_bench(BUS_PARTNER_POST);
        assert_int_equal(open_runner(b), BUS_OK);
        publish(b, "/consumers/post/samples/task-goods.document.json", EVENT,
                NULL);
        fill(b, "aa.csv", (const char *const[]){"结果 outcome=签收", NULL});
        close_runner(b);
        died = in_child(b, at, take_and_settle);
        deaths += died;
        assert_false(in_child(b, 0, take_and_settle));
        assert_int_equal(files_in(b->spool, "/done", "a.csv"), 1);
        assert_int_equal(files_in(b->spool, "/done", ".ack.csv"), 1);
        assert_int_equal(files_in(b->spool, "/rejected", ".csv"), 0);
        assert_int_equal(files_in(b->spool, "/.bus/open", ".json"), 0);
        bench_free(b);
    }
    print_message("%ld deaths\n", deaths);
    assert_true(deaths > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),
        cmocka_unit_test(said_again),
        cmocka_unit_test(rows_with_faults),
        cmocka_unit_test(withdrawn_and_updated),
        cmocka_unit_test(steps),
        cmocka_unit_test(killed_anywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
