#include <string.h>

#include "bus/base/buf.h"
#include "bus/base/clock.h"
#include "producers/intake/form_parts.h"

const char *intake_form_type_zh(const struct bus_fact *fact)
{
    static const char *const words[] = {
        [BUS_FACT_MONEY_FEN] = "以分为单位的整数",
        [BUS_FACT_COUNT] = "非负整数",
        [BUS_FACT_NUMBER] = "整数",
        [BUS_FACT_BOOLEAN] = "true 或 false",
        [BUS_FACT_DATE] = "日期 yyyy-mm-dd",
        [BUS_FACT_ENUM] = "字典中的词",
        [BUS_FACT_TEXT] = "文字(不超过400字)",
    };
    return words[fact->type];
}

const char *intake_form_type_en(const struct bus_fact *fact)
{
    static const char *const words[] = {
        [BUS_FACT_MONEY_FEN] = "a whole number of fen",
        [BUS_FACT_COUNT] = "a whole number, not negative",
        [BUS_FACT_NUMBER] = "a whole number",
        [BUS_FACT_BOOLEAN] = "true or false",
        [BUS_FACT_DATE] = "a date yyyy-mm-dd",
        [BUS_FACT_ENUM] = "one of the dictionary's words",
        [BUS_FACT_TEXT] = "a text of at most 400 characters",
    };
    return words[fact->type];
}

/* 5, and 5.0 and 5e0, which JSON does not tell from it (RFC 8259, 6). */
static bool facts_whole(const json_t *json, struct sa_fact *ret)
{
    const double beyond = 9223372036854775808.0; /* 2^63 */
    double d = json_real_value(json);
    bool real = json_is_real(json) && d >= -beyond && d < beyond &&
                d == (double)(int64_t)d;
    if (!real && !json_is_integer(json)) {
        return false;
    }
    ret->value.branch = SA_FACT_VALUE_LONG;
    ret->value.u.long_value = real ? (int64_t)d : json_integer_value(json);
    return true;
}

static bool facts_word_of(const struct bus_fact *fact, const char *text)
{
    const struct bus_fact_word *words = fact->words.items;
    for (size_t i = 0; i < fact->words.count; i++) {
        if (strcmp(words[i].word, text) == 0) {
            return true;
        }
    }
    return false;
}

static bool
text_value(const struct bus_fact *fact, const json_t *json, struct sa_fact *ret)
{
    if (!json_is_string(json)) {
        return false;
    }
    const char *text = json_string_value(json);
    struct bus_strv s = {text, json_string_length(json)};
    int32_t day = 0;
    if (fact->type == BUS_FACT_DATE) {
        ret->value.branch = SA_FACT_VALUE_INT;
        bool is_date = intake_form_day(s, &day);
        ret->value.u.int_value = day;
        return is_date;
    }
    ret->value.branch = SA_FACT_VALUE_STRING;
    ret->value.u.string_value = s;
    return fact->type == BUS_FACT_ENUM
               ? facts_word_of(fact, text)
               : bus_utf8_count(s.p, s.n) <= FORM_FACT_TEXT_MAX &&
                     !intake_form_has_control(s);
}

bool intake_form_value(const struct bus_fact *fact,
                       const json_t *json,
                       struct sa_fact *ret)
{
    if (json_is_null(json)) {
        ret->value.branch = SA_FACT_VALUE_NULL;
        return true;
    }
    switch ((enum bus_fact_type)fact->type) {
    case BUS_FACT_BOOLEAN:
        ret->value.branch = SA_FACT_VALUE_BOOLEAN;
        ret->value.u.boolean_value = json_is_true(json);
        return json_is_boolean(json);
    case BUS_FACT_COUNT:
        return facts_whole(json, ret) && ret->value.u.long_value >= 0;
    case BUS_FACT_MONEY_FEN:
    case BUS_FACT_NUMBER:
        return facts_whole(json, ret);
    case BUS_FACT_DATE:
    case BUS_FACT_ENUM:
    case BUS_FACT_TEXT:
        return text_value(fact, json, ret);
    }
    return false;
}
