/* Reads an application by the form's table. What is wrong is noted and reading
 * goes on; a member with a fault stays empty. */
#include <stdio.h>
#include <string.h>

#include "bus/base/buf.h"
#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "producers/intake/form_parts.h"

/* What a member must be, where its row has no words of its own. */
static void field_wrong(struct form_reading *r,
                        const struct form_field *f,
                        struct form_at at)
{
    int64_t max = f->doc.max;
    const char *zh = f->zh, *en = f->en, *code = f->code;
    switch (f->doc.type) {
    case BUS_DOC_TEXT:
        if (f->more == FORM_FACTS) {
            code = "FACTS";
            zh = "对象, 不超过200项";
            en = "an object of at most 200 facts";
        } else if (code == NULL) {
            code = "TEXT";
            zh = intake_form_text(
                r, "1至%d个字的文字, 不含控制、零宽字符, 不能只有空格",
                (int)max);
            en = intake_form_text(
                r,
                "a text of 1 to %d characters, without control or "
                "zero-width characters, not of blanks alone",
                (int)max);
        }
        break;
    case BUS_DOC_BOOL:
        code = code ? code : "BOOLEAN";
        zh = zh ? zh : "true 或 false";
        en = en ? en : "true or false";
        break;
    case BUS_DOC_DATE:
        code = "DATE";
        zh = "日期 yyyy-mm-dd";
        en = "a date yyyy-mm-dd";
        break;
    default:
        BUS_CHECK(code != NULL && zh != NULL && en != NULL);
        break;
    }
    intake_form_fault(r, at, code, intake_form_text(r, "应为%s", zh),
                      intake_form_text(r, "must be %s", en));
}

static bool only_digits(struct bus_strv s, const char *others)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!(s.p[i] >= '0' && s.p[i] <= '9') &&
            (s.p[i] == '\0' || strchr(others, s.p[i]) == NULL)) {
            return false;
        }
    }
    return true;
}

bool intake_form_day(struct bus_strv s, int32_t *ret_days)
{
    return s.n > 4 && memcmp(s.p, "0000", 4) != 0 &&
           bus_date_parse(s, ret_days);
}

/* By the same ranges as HIDDEN_PATTERN (form_parts.h), in their order. */
static bool is_hidden(uint32_t u)
{
    static const uint32_t ranges[][2] = {
        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},
        {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
        {0xfeff, 0xfeff}, {0xfff9, 0xfffb},
    };
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (u >= ranges[i][0] && u <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

static bool is_blank(uint32_t u)
{
    return u == ' ' || u == 0xa0 || u == 0x3000 || (u >= 0x2000 && u <= 0x200a);
}

bool intake_form_has_control(struct bus_strv s)
{
    size_t seen = 0;
    for (size_t i = 0; i < s.n;) {
        uint32_t u = (unsigned char)s.p[i++];
        int more = u >= 0xf0 ? 3 : u >= 0xe0 ? 2 : u >= 0xc0 ? 1 : 0;
        u &= more == 3 ? 0x07 : more == 2 ? 0x0f : more == 1 ? 0x1f : 0xff;
        for (; more > 0 && i < s.n; more--) {
            u = u << 6 | ((unsigned char)s.p[i++] & 0x3f);
        }
        if (is_hidden(u)) {
            return true;
        }
        seen += !is_blank(u);
    }
    return s.n > 0 && seen == 0;
}

static bool
field_text(const struct form_field *f, const json_t *j, struct bus_strv *to)
{
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    size_t min = f->doc.min > 0 ? (size_t)f->doc.min : 1;
    size_t n = json_is_string(j) ? bus_utf8_count(s.p, s.n) : 0;
    if (n < min || n > (size_t)f->doc.max ||
        (f->more == FORM_DIGITS ? !only_digits(s, f->others)
                                : intake_form_has_control(s))) {
        return false;
    }
    *to = s;
    return true;
}

static bool
field_word(const struct form_field *f, const json_t *j, int *ret_value)
{
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    for (const struct bus_partner_document_word *w = f->doc.words;
         w->word != NULL; w++) {
        if (json_is_string(j) && bus_strv_is(s, w->word)) {
            *ret_value = w->value;
            return true;
        }
    }
    return false;
}

static int field_list(struct form_reading *r,
                      const struct form_field *f,
                      const json_t *j,
                      struct form_at at,
                      struct form_persons *ret)
{
    size_t n = json_array_size(j);
    if (!json_is_array(j) || n < (size_t)f->doc.min || n > (size_t)f->doc.max) {
        field_wrong(r, f, at);
        return BUS_OK;
    }
    BUS_CHECK(f->doc.sub_size == sizeof(*ret->v));
    ret->v = bus_arena_calloc(r->mem, n, sizeof(*ret->v));
    if (ret->v == NULL) {
        return bus_fail(r->err, BUS_ETOOBIG, "the application is too large");
    }
    ret->n = n;
    for (size_t i = 0; i < n; i++) {
        const char *base = intake_form_text(r, "%s/%s/%zu", at.base, at.key, i);
        const json_t *one = json_array_get(j, i);
        if (!json_is_object(one)) {
            intake_form_fault(r, (struct form_at){base, ""}, "MEMBER",
                              "成员应为对象", "a member is an object");
            continue;
        }
        BUS_TRY(intake_form_table_read(r, f->sub, one, base, &ret->v[i]));
    }
    return BUS_OK;
}

/* A part is read into its own struct, or its parent's where it has none. */
static int field_part(struct form_reading *r,
                      const struct form_field *f,
                      const json_t *j,
                      struct form_at at,
                      char *record)
{
    if (!json_is_object(j)) {
        field_wrong(r, f, at);
        return BUS_OK;
    }
    size_t before = r->form->fault_count;
    BUS_TRY(intake_form_table_read(
        r, f->sub, j, intake_form_text(r, "%s/%s", at.base, at.key),
        record + f->doc.offset));
    if (f->doc.has_offset != BUS_DOC_NO_HAS) {
        *(bool *)(record + f->doc.has_offset) = before == r->form->fault_count;
    }
    return BUS_OK;
}

static int field_read(struct form_reading *r,
                      const struct form_field *f,
                      const json_t *j,
                      struct form_at at,
                      char *record)
{
    char *to = record + f->doc.offset;
    bool well = true;
    struct bus_strv s = {json_string_value(j), json_string_length(j)};
    switch (f->doc.type) {
    case BUS_DOC_PART:
        return field_part(r, f, j, at, record);
    case BUS_DOC_LIST:
        if (f->more != FORM_ITEMS) {
            return field_list(r, f, j, at, (struct form_persons *)(void *)to);
        }
        well = json_is_array(j) && json_array_size(j) <= (size_t)f->doc.max;
        *(const json_t **)(void *)to = well ? j : NULL;
        break;
    case BUS_DOC_TEXT:
        if (f->more == FORM_FACTS) {
            well = json_is_object(j) && json_object_size(j) <= FORM_FACTS_MAX;
            *(const json_t **)(void *)to = well ? j : NULL;
        } else {
            well = field_text(f, j, (struct bus_strv *)(void *)to);
        }
        break;
    case BUS_DOC_FACT:
        BUS_CHECK(f->more == FORM_VALUE);
        break;
    case BUS_DOC_WORD:
        well = field_word(f, j, (int *)(void *)to);
        break;
    case BUS_DOC_BOOL:
        well = json_is_boolean(j);
        *(bool *)to = json_is_true(j);
        break;
    case BUS_DOC_DATE:
        well = json_is_string(j) && intake_form_day(s, (int32_t *)(void *)to);
        if (f->doc.has_offset != BUS_DOC_NO_HAS) {
            *(bool *)(record + f->doc.has_offset) = well;
        }
        break;
    default:
        BUS_CHECK(!"a type the form's table has no row of");
    }
    if (!well) {
        field_wrong(r, f, at);
    }
    return BUS_OK;
}

static void field_absent(struct form_reading *r,
                         const struct form_field *f,
                         struct form_at at)
{
    bool text = f->doc.type == BUS_DOC_TEXT || f->doc.type == BUS_DOC_WORD;
    if (f->doc.required && text) {
        intake_form_fault(r, at, "MISSING", "缺少此项", "this is needed");
    } else if (f->doc.required) {
        field_wrong(r, f, at);
    }
}

static void fields_unknown(struct form_reading *r,
                           const struct form_field *fields,
                           const json_t *json,
                           const char *base)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)json, key, value)
    {
        const char *near = NULL;
        size_t best = 4;
        for (const struct form_field *f = fields; f->doc.name != NULL; f++) {
            size_t d = bus_edit_distance(key, f->doc.name);
            near = d < best ? f->doc.name : near;
            best = d < best ? d : best;
        }
        if (best == 0) {
            continue;
        }
        intake_form_fault(
            r, (struct form_at){base, key}, "FIELD_UNKNOWN",
            near ? intake_form_text(r, "没有此字段; 是否为 %s?", near)
                 : "没有此字段",
            near ? intake_form_text(
                       r, "there is no such field; did you mean %s?", near)
                 : "there is no such field here");
    }
}

int intake_form_table_read(struct form_reading *r,
                           const struct form_field *fields,
                           const json_t *json,
                           const char *base,
                           void *record)
{
    size_t met = 0;
    BUS_CHECK(json_is_object(json));
    for (const struct form_field *f = fields; f->doc.name != NULL; f++) {
        const json_t *j = json_object_get(json, f->doc.name);
        struct form_at at = {base, f->doc.name};
        met += j != NULL;
        if (j == NULL || json_is_null(j)) {
            field_absent(r, f, at);
        } else {
            BUS_TRY(field_read(r, f, j, at, record));
        }
    }
    if (met < json_object_size(json)) {
        fields_unknown(r, fields, json, base);
    }
    return BUS_OK;
}
