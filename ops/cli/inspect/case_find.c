#include "ops/cli/inspect/case_find.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/web/readlog.h"
#include "bus/wire/ids.h"
#include "bus/wire/keyring.h"
#include "schemas/channel.h"

#define ID_RESIDENT "111" /* GA/T 517: resident identity card */
#define LAST        6     /* characters that an applicant shows */
#define NUMBER_MAX  32
#define IDS_MAX     8192 /* that one question asks for */

enum sought_as { SOUGHT_NUMBER, SOUGHT_LAST, SOUGHT_REFERENCE };
static const char *const sought_words[] = {"find: number", "find: last six",
                                           "find: reference"};

struct finding
{
    struct tool *t;
    const struct case_sought *sought;
    struct bus_strv key; /* of persons */
    struct bus_strv last;
    struct bus_buf ids; /* "uuid,uuid" */
    size_t count;
};

static bool finding_full(const struct finding *f)
{
    return f->count >= IDS_MAX;
}

static void finding_add(struct finding *f, const struct bus_id *id)
{
    char text[BUS_ID_TEXT + 1];
    if (!finding_full(f)) {
        bus_buf_puts(&f->ids, f->count++ > 0 ? "," : "");
        bus_buf_puts(&f->ids, bus_id_text(id, text));
    }
}

static bool case_find_digits(struct bus_strv s, size_t n)
{
    size_t i = 0;
    while (i < s.n && i < n && isdigit((unsigned char)s.p[i])) {
        i++;
    }
    return i == n;
}

/* to: what is left of it as every door hashes a document's number. */
static int case_find_kind(const char *what,
                          char to[NUMBER_MAX],
                          struct bus_strv *ret,
                          enum sought_as *as,
                          struct bus_err *err)
{
    size_t n = strlen(what);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)what[i] >= 0x80) {
            return bus_fail(
                err, BUS_EUSAGE,
                "names and addresses are sealed, nobody can search by them "
                "here: ask for the identity number, its last six characters or "
                "the application's reference / "
                "姓名、住址已加密,无法检索;"
                "请用证件号码、证件号码后六位或流水号");
        }
    }
    *ret = n < NUMBER_MAX ? bus_wire_document_number(bus_strv(what), to)
                          : bus_strv(what);
    *as = n < NUMBER_MAX && (ret->n == 15 || ret->n == 18) &&
                  case_find_digits(*ret, ret->n - 1)
              ? SOUGHT_NUMBER
          : ret->n == LAST && case_find_digits(*ret, LAST - 1)
              ? SOUGHT_LAST
              : SOUGHT_REFERENCE;
    if (*as == SOUGHT_REFERENCE && ret->n == 11 && ret->p[0] == '1' &&
        case_find_digits(*ret, 11)) {
        return bus_fail(
            err, BUS_EUSAGE,
            "telephones are sealed, nobody can search by them here: "
            "ask for the identity number, its last six characters "
            "or the application's reference / "
            "电话号码已加密,无法检索;请用证件号码、证件号码后六位或流水号");
    }
    return BUS_OK;
}

/* A member by his own id, a head by his household's. */
static void find_by_number(struct finding *f, struct bus_strv number)
{
    BUS_CHECK(f->key.n > 0);
    struct bus_id person =
        bus_wire_person_id(f->key, BUS_STRV(ID_RESIDENT), number);
    struct bus_id household = bus_wire_household_id(f->key, &person);
    finding_add(f, &person);
    finding_add(f, &household);
}

/* Of an application: is its lookup the one of these six characters? */
static void
find_by_last(void *data, struct bus_strv application, struct bus_strv lookup)
{
    struct finding *f = data;
    struct bus_id id, has;
    if (bus_id_parse(application, &id) && bus_id_parse(lookup, &has)) {
        struct bus_id want = bus_wire_lookup_id(f->key, &id, f->last);
        if (bus_id_eq(&want, &has)) {
            finding_add(f, &id);
        }
    }
}

static void find_from(struct finding *f, struct bus_strv sender)
{
    for (int c = 0; c < SA_CHANNEL_UNKNOWN; c++) {
        struct bus_id id = bus_wire_application_id(
            f->key, bus_strv(sa_channel_word((enum sa_channel)c)),
            bus_strv(f->sought->what), sender);
        finding_add(f, &id);
    }
}

/* Whose reference it is nobody says: this machine's own, or of an office whose
 * people are logged in, or of the system that is named. */
static int find_by_reference(struct finding *f, struct bus_err *err)
{
    const struct bus_config *c = &f->t->config;
    const char *last = "";
    if (f->sought->sender != NULL) {
        find_from(f, bus_strv(f->sought->sender));
        return BUS_OK;
    }
    find_from(f, BUS_STRV(""));
    for (size_t i = 0; i < c->operators_count && !finding_full(f); i++) {
        char office[80];
        if (strcmp(c->operators[i].org, last) == 0) {
            continue; /* by id: those of an office mostly stand together */
        }
        last = c->operators[i].org;
        (void)snprintf(office, sizeof(office), "office %s", last);
        find_from(f, bus_strv(office));
    }
    return finding_full(f)
               ? bus_fail(err, BUS_EUSAGE,
                          "too many offices; name the system with --sender")
               : BUS_OK;
}

static int find_ids(struct finding *f,
                    struct bus_strv number,
                    enum sought_as as,
                    struct bus_err *err)
{
    switch (as) {
    case SOUGHT_NUMBER:
        find_by_number(f, number);
        return BUS_OK;
    case SOUGHT_LAST:
        f->last = number;
        return bus_ledger_lookups(f->t->pg, f->sought->division, find_by_last,
                                  f, err);
    case SOUGHT_REFERENCE:
        break;
    }
    return find_by_reference(f, err);
}

/* A row for each case that will be shown, before it is. */
static int find_note(struct finding *f,
                     const char *document,
                     enum sought_as as,
                     struct bus_err *err)
{
    json_t *d = json_loads(document, 0, NULL), *row;
    const json_t *cases = json_object_get(d, "cases");
    size_t i, n = json_array_size(cases);
    struct bus_web_read read = {.via = "lianou case find",
                                .purpose = f->sought->purpose,
                                .record = "-",
                                .fields = sought_words[as]};
    int rc = BUS_OK;
    if (n > CASE_FIND_MAX) {
        rc = bus_fail(err, BUS_EUSAGE,
                      "more than %d cases; narrow it with --village / "
                      "超过 %d 件,请用 --village 缩小范围",
                      CASE_FIND_MAX, CASE_FIND_MAX);
    } else if (n == 0) {
        rc = cli_tool_note_why(f->t, &read, err);
    }
    json_array_foreach(cases, i, row)
    {
        read.record = json_string_value(json_object_get(row, "case_id"));
        if (rc == BUS_OK) {
            rc = cli_tool_note_why(f->t, &read, err);
        }
    }
    json_decref(d);
    return rc;
}

static int find_all(struct finding *f,
                    const struct bus_ledger_cases *cases,
                    struct bus_buf *out,
                    struct bus_err *err)
{
    char to[NUMBER_MAX];
    struct bus_strv number;
    enum sought_as as = SOUGHT_REFERENCE;
    BUS_TRY(case_find_kind(f->sought->what, to, &number, &as, err));
    BUS_TRY(find_ids(f, number, as, err));
    if (f->ids.failed) {
        return bus_fail(err, BUS_ENOMEM, "what is looked for");
    }
    struct bus_ledger_cases_query q = {
        .state = "",
        .division = f->sought->division,
        .limit = CASE_FIND_MAX + 1,
        .ids = f->count > 0 ? bus_buf_cstr(&f->ids) : "-"};
    BUS_TRY(bus_ledger_list(cases, f->t->pg, &q, out, err));
    return find_note(f, bus_buf_cstr(out), as, err);
}

int cli_case_find(struct tool *t,
                  const struct bus_ledger_cases *cases,
                  const struct case_sought *sought,
                  struct bus_buf *out,
                  struct bus_err *err)
{
    uint8_t key[BUS_WIRE_KEY_BYTES];
    struct finding f = {.t = t, .sought = sought};
    if (sought->purpose == NULL ||
        sought->purpose[strspn(sought->purpose, " \t")] == '\0') {
        return bus_fail(err, BUS_EUSAGE, "--why: what for? / 请写明用途");
    }
    BUS_TRY(bus_wire_key_file(t->config.keys.person_key, key, err));
    f.key = (struct bus_strv){(const char *)key, sizeof(key)};
    int rc = find_all(&f, cases, out, err);
    explicit_bzero(key, sizeof(key));
    bus_buf_fini(&f.ids);
    return rc;
}
