/* Rows of the five tables into sorted lists. A row that is wrong is a fault at
 * its place and left out; what several rows say together is register_check.c's.
 */
#include "bus/registers/registers_parts.h"

#include <stdlib.h>
#include <string.h>

#include "bus/base/clock.h"
#include "bus/wire/sign.h"

#define CODES_MAX 512 /* of one cell */

struct reading
{
    struct bus_register *r;
    struct bus_faults *faults;
    size_t cap; /* of the list in hand */
};

static void tell_wrong(const struct reading *x,
                       const struct bus_csv_row *row,
                       const char *column,
                       const char *found,
                       const char *must)
{
    bus_faults_add(x->faults, row->at, column, "found '%.60s'; must be %s",
                   found, must);
}

static bool is_code(const char *s)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
    size_t n = strlen(s);
    return n > 0 && n <= BUS_REGISTER_CODE_MAX && strspn(s, letters) == n;
}

static bool read_code(const struct reading *x,
                      const struct bus_csv_row *row,
                      const char *column,
                      const char *cell)
{
    if (!is_code(cell)) {
        tell_wrong(
            x, row, column, cell,
            "a code of 1 to 32 letters, digits, '-', '_', '.' / 应为 1 至 "
            "32 位字母、数字、-、_、.");
        return false;
    }
    return true;
}

/* Both days included; an empty `to` is open. */
static bool read_days(const struct reading *x,
                      const struct bus_csv_row *row,
                      const char *const cells[2],
                      int32_t *ret_from,
                      int32_t *ret_to)
{
    *ret_to = INT32_MAX;
    if (!bus_date_parse(bus_strv(cells[0]), ret_from) ||
        (cells[1][0] && !bus_date_parse(bus_strv(cells[1]), ret_to)) ||
        *ret_to < *ret_from) {
        bus_faults_add(x->faults, row->at, "from",
                       "found '%.20s' to '%.20s'; must be dates in order, the "
                       "last one may be empty / 应为先后两个日期,后者可空",
                       cells[0], cells[1]);
        return false;
    }
    return true;
}

static bool read_instant(const char *cell, int64_t *ret_ms)
{
    *ret_ms = INT64_MAX;
    return cell[0] == '\0' || bus_time_parse(bus_strv(cell), ret_ms);
}

static bool read_public_key(const struct reading *x,
                            const struct bus_csv_row *row,
                            const char *column,
                            const char *cell,
                            uint8_t ret[BUS_REGISTER_KEY_BYTES])
{
    struct bus_err err;
    if (bus_wire_sm2_point_parse(bus_strv(cell), ret, &err) != BUS_OK) {
        bus_faults_add(x->faults, row->at, column, "found '%.60s'; %s", cell,
                       err.msg);
        return false;
    }
    return true;
}

static bool read_codes(const struct reading *x,
                       const struct bus_csv_row *row,
                       const char *column,
                       const char *cell,
                       struct register_codes *ret)
{
    *ret = (struct register_codes){.all = strcmp(cell, "*") == 0};
    if (ret->all) {
        return true;
    }
    char *list = bus_arena_strdup(&x->r->mem, cell);
    ret->v = bus_arena_calloc(&x->r->mem, CODES_MAX, sizeof(*ret->v));
    if (list == NULL || ret->v == NULL) {
        x->faults->out_of_memory = true;
        return false;
    }
    char *rest = NULL;
    for (char *s = strtok_r(list, " ", &rest); s != NULL;
         s = strtok_r(NULL, " ", &rest)) {
        if (ret->n == CODES_MAX || !is_code(s)) {
            break;
        }
        ret->v[ret->n++] = s;
    }
    if (ret->n == 0 || (rest != NULL && *rest != '\0')) {
        tell_wrong(
            x, row, column, cell,
            "* or codes with a space between / 应为 * 或以空格分隔的代码");
        return false;
    }
    return true;
}

bool registers_codes_has(const struct register_codes *c, struct bus_strv code)
{
    for (size_t i = 0; i < c->n; i++) {
        if (bus_strv_is(code, c->v[i])) {
            return true;
        }
    }
    return c->all;
}

/* For one more row of a list; what has no room is a fault at its row. */
static bool
has_room(const struct reading *x, const struct bus_csv_row *row, size_t n)
{
    if (n >= x->cap) {
        bus_faults_add(x->faults, row->at, NULL,
                       "more than %zu rows / 行数过多", x->cap);
    }
    return n < x->cap;
}

static void on_organisation_row(void *data, const struct bus_csv_row *row)
{
    struct reading *x = data;
    struct register_organisation o = {
        .o = {.code = row->cell[0],
              .name_zh = row->cell[1],
              .kind = row->cell[2],
              .parent = row->cell[3],
              .uscc = row->cell[4]},
        .at = row->at,
    };
    if (!read_code(x, row, "code", row->cell[0]) ||
        !read_days(x, row, &row->cell[5], &o.o.from_day, &o.o.to_day) ||
        !has_room(x, row, x->r->counts.organisations)) {
        return;
    }
    if (o.o.name_zh[0] == '\0' || o.o.kind[0] == '\0') {
        bus_faults_add(x->faults, row->at, "zh",
                       "zh and kind must be there / 名称与类别必填");
    } else if (o.o.uscc[0] && !bus_registers_uscc_valid(bus_strv(o.o.uscc))) {
        tell_wrong(x, row, "uscc", o.o.uscc,
                   "a unified social credit code with its check character (GB "
                   "32100) / 统一社会信用代码校验位不符");
    } else {
        x->r->organisations[x->r->counts.organisations++] = o;
    }
}

static void on_operator_row(void *data, const struct bus_csv_row *row)
{
    struct reading *x = data;
    struct register_operator o = {
        .o = {.id = row->cell[0],
              .name = row->cell[1],
              .org = row->cell[2],
              .role = row->cell[3],
              .limit_fen = INT64_MAX},
        .acts = registers_role_acts(row->cell[3]),
        .at = row->at,
    };
    const char *name = bus_registers_name_fault(bus_strv(o.o.name));
    if (!read_code(x, row, "id", o.o.id) ||
        !read_days(x, row, &row->cell[5], &o.o.from_day, &o.o.to_day) ||
        !has_room(x, row, x->r->counts.operators)) {
        return;
    }
    if (name != NULL) {
        bus_faults_add(x->faults, row->at, "name", "'%.60s' %s", o.o.name,
                       name);
    } else if (o.acts == 0) {
        tell_wrong(x, row, "role", o.o.role,
                   "director, approver, clerk, assistant, cashier or auditor, "
                   "or several with a space between / 应为上列职务,可并列,空格"
                   "分隔");
    } else if (row->cell[4][0] != '\0' &&
               (!bus_strv_to_i64(bus_strv(row->cell[4]), &o.o.limit_fen) ||
                o.o.limit_fen < 0)) {
        tell_wrong(
            x, row, "limit_fen", row->cell[4],
            "a number of fen, 0 or more, or empty / 应为以分计的数,可空");
    } else {
        x->r->operators[x->r->counts.operators++] = o;
    }
}

static void on_delegation_row(void *data, const struct bus_csv_row *row)
{
    struct reading *x = data;
    struct register_delegation d = {.id = row->cell[0],
                                    .giver = row->cell[1],
                                    .taker = row->cell[2],
                                    .basis = row->cell[9],
                                    .at = row->at};
    if (!read_code(x, row, "id", d.id) ||
        !read_codes(x, row, "item", row->cell[3], &d.items) ||
        !read_codes(x, row, "towns", row->cell[6], &d.towns) ||
        !read_days(x, row, &row->cell[7], &d.from_day, &d.until_day) ||
        !has_room(x, row, x->r->counts.delegations)) {
        return;
    }
    if (!registers_act_parse(row->cell[4], &d.act)) {
        tell_wrong(x, row, "act", row->cell[4],
                   "take_down, survey, opinion, decide or pay / 应为上列之一");
    } else if (!bus_strv_to_i64(bus_strv(row->cell[5]), &d.amount_fen) ||
               d.amount_fen < 0) {
        tell_wrong(x, row, "amount_fen", row->cell[5],
                   "a number of fen, 0 or more / 应为以分计的数");
    } else if (d.basis[0] == '\0') {
        tell_wrong(x, row, "basis", "",
                   "the document it rests on / 须写明依据文件");
    } else {
        x->r->delegations[x->r->counts.delegations++] = d;
    }
}

static void on_seal_row(void *data, const struct bus_csv_row *row)
{
    struct reading *x = data;
    struct register_seal s = {.id = row->cell[0],
                              .org = row->cell[1],
                              .operator_id = row->cell[2],
                              .has_maker = row->count > 9 && row->cell[9][0],
                              .at = row->at};
    bool times = row->cell[5][0] && read_instant(row->cell[5], &s.from_ms) &&
                 read_instant(row->cell[6], &s.expires_ms) &&
                 read_instant(row->cell[7], &s.suspended_ms) &&
                 read_instant(row->cell[8], &s.revoked_ms);
    if (!read_code(x, row, "id", s.id) ||
        !read_public_key(x, row, "public_key", row->cell[3], s.key) ||
        (s.has_maker &&
         !read_public_key(x, row, "maker", row->cell[9], s.maker)) ||
        !read_codes(x, row, "items", row->cell[4], &s.items) ||
        !has_room(x, row, x->r->counts.seals)) {
        return;
    }
    if (!times || s.expires_ms <= s.from_ms) {
        tell_wrong(
            x, row, "from", row->cell[5],
            "an instant as 2020-11-19T10:00:00+08:00 before `expires`; all "
            "but the first may be empty / 应为早于 expires 的时刻,其余可空");
        return;
    }
    x->r->seals[x->r->counts.seals++] = s;
}

static void on_key_row(void *data, const struct bus_csv_row *row)
{
    struct reading *x = data;
    struct register_key k = {
        .id = row->cell[0], .partner = row->cell[1], .at = row->at};
    bool times = row->cell[3][0] && read_instant(row->cell[3], &k.from_ms) &&
                 read_instant(row->cell[4], &k.until_ms) &&
                 read_instant(row->cell[5], &k.revoked_ms);
    if (!read_code(x, row, "id", k.id) ||
        !read_public_key(x, row, "public_key", row->cell[2], k.key) ||
        !has_room(x, row, x->r->counts.partner_keys)) {
        return;
    }
    if (!times || k.until_ms <= k.from_ms) {
        tell_wrong(
            x, row, "from", row->cell[3],
            "an instant before `until`; all but the first may be empty / 应为"
            "早于 until 的时刻,其余可空");
        return;
    }
    x->r->keys[x->r->counts.partner_keys++] = k;
}

static int by_two(const char *a, const char *b, int64_t x, int64_t y)
{
    int c = strcmp(a, b);
    return c != 0 ? c : (x > y) - (x < y);
}

static int organisation_row_cmp(const void *a, const void *b)
{
    const struct bus_register_organisation *x = a, *y = b;
    return by_two(x->code, y->code, x->from_day, y->from_day);
}

static int operator_row_cmp(const void *a, const void *b)
{
    const struct bus_register_operator *x = a, *y = b;
    return by_two(x->id, y->id, x->from_day, y->from_day);
}

static int delegation_row_cmp(const void *a, const void *b)
{
    const struct register_delegation *x = a, *y = b;
    int c = strcmp(x->taker, y->taker);
    return c != 0 ? c : by_two(x->id, y->id, x->from_day, y->from_day);
}

static int seal_row_cmp(const void *a, const void *b)
{
    const struct register_seal *x = a, *y = b;
    return strcmp(x->id, y->id);
}

static int key_row_cmp(const void *a, const void *b)
{
    const struct register_key *x = a, *y = b;
    return strcmp(x->id, y->id);
}

/* Room for as many rows as the text has lines; NULL without memory. */
static void *
list_for(struct reading *x, const struct bus_source *source, size_t size)
{
    size_t rows = 1;
    for (size_t i = 0; i < source->text.n; i++) {
        rows += source->text.p[i] == '\n';
    }
    x->cap = rows < REGISTER_ROWS_MAX ? rows : REGISTER_ROWS_MAX;
    void *list = bus_arena_calloc(&x->r->mem, x->cap, size);
    if (list == NULL) {
        x->cap = 0;
        x->faults->out_of_memory = true;
    }
    return list;
}

static void read_rows(struct reading *x,
                      const struct bus_source *source,
                      const char *head,
                      void (*row)(void *, const struct bus_csv_row *))
{
    if (x->cap > 0) {
        (void)bus_conf_csv_parse(&x->r->mem, source, head, row, x, x->faults);
    }
}

static void sort_rows(void *list,
                      size_t n,
                      size_t size,
                      int (*cmp)(const void *, const void *))
{
    if (n > 1) {
        qsort(list, n, size, cmp);
    }
}

#define SEALS_HEAD \
    "id,org,operator,public_key,items,from,expires,suspended,revoked"

/* The last column came later: a published register may be without. */
static const char *seals_head(const struct bus_source *s)
{
    static const char with[] = SEALS_HEAD ",maker";
    struct bus_strv rest = s->text;
    while (rest.n > 0 && (rest.p[0] == '#' || rest.p[0] == '\n')) {
        const char *end = memchr(rest.p, '\n', rest.n);
        size_t n = end != NULL ? (size_t)(end - rest.p) + 1 : rest.n;
        rest = (struct bus_strv){rest.p + n, rest.n - n};
    }
    return rest.n >= sizeof(with) - 1 &&
                   memcmp(rest.p, with, sizeof(with) - 1) == 0
               ? with
               : SEALS_HEAD;
}

#define READ(field, source, head, row, n, cmp)                      \
    do {                                                            \
        r->field = list_for(&x, &(source), sizeof(*r->field));      \
        read_rows(&x, &(source), (head), (row));                    \
        sort_rows(r->field, r->counts.n, sizeof(*r->field), (cmp)); \
    } while (0)

void registers_read(struct bus_register *r,
                    const struct bus_register_sources *sources,
                    struct bus_faults *faults)
{
    struct reading x = {r, faults, 0};
    READ(organisations, sources->organisations,
         "code,zh,kind,parent,uscc,from,to", on_organisation_row, organisations,
         organisation_row_cmp);
    READ(operators, sources->operators, "id,name,org,role,limit_fen,from,to",
         on_operator_row, operators, operator_row_cmp);
    READ(delegations, sources->delegations,
         "id,giver,taker,item,act,amount_fen,towns,from,until,basis",
         on_delegation_row, delegations, delegation_row_cmp);
    READ(seals, sources->seals, seals_head(&sources->seals), on_seal_row, seals,
         seal_row_cmp);
    READ(keys, sources->partner_keys,
         "id,partner,public_key,from,until,revoked", on_key_row, partner_keys,
         key_row_cmp);
}
