#include "producers/intake/form_schema.h"

#include <inttypes.h>
#include <string.h>

#include "bus/base/check.h"
#include "producers/intake/form_parts.h"
#include "producers/intake/openapi_frame.h"
#include "producers/intake/requests/request_form.h"

#define REF "\"$ref\":\"#/components/schemas/"

/* Where the generated schemas stand in the frame. */
static const char mark[] = "\"@form\": true";

const char *const intake_form_county_codes[] = {"ACCOUNT_LENGTH",
                                                "BANK",
                                                "BIRTH_DIFFERS",
                                                "DATE_RANGE",
                                                "DIVISION",
                                                "ID_CHECK_DIGIT",
                                                "ID_DATE",
                                                "ID_DIGITS",
                                                "ID_LENGTH",
                                                "ID_NUMBER",
                                                "MEMBER_TWICE",
                                                "OPERATOR",
                                                "OPERATOR_MAY_NOT",
                                                "OPERATOR_NOT_YOU",
                                                "PHONE_LENGTH",
                                                "REFERENCE_REUSED",
                                                "RELATION_DIFFERS",
                                                "SEX_DIFFERS",
                                                NULL};

/* What hangs together between members of the form, as form.c and
 * intake_form_members.c check it. */
static const char together[] =
    "\"allOf\":["
    "{\"if\":{\"properties\":{\"channel\":{\"const\":\"TELEPHONE\"}}},"
    "\"then\":{\"required\":[\"evidence\"],\"properties\":{\"evidence\":{"
    "\"type\":\"object\",\"required\":[\"call_reference\"],\"properties\":{"
    "\"call_reference\":{\"type\":\"string\"}}}}},"
    "\"else\":{\"properties\":{\"evidence\":{\"properties\":{"
    "\"call_reference\":{\"type\":\"null\"}}}}}},\n"
    "{\"if\":{\"properties\":{\"channel\":{\"const\":\"SPOKEN\"}}},"
    "\"then\":{\"required\":[\"evidence\"],\"properties\":{\"evidence\":{"
    "\"type\":\"object\",\"required\":[\"read_back\"],\"properties\":{"
    "\"read_back\":{\"type\":\"string\"}}}}},"
    "\"else\":{\"properties\":{\"evidence\":{\"properties\":{"
    "\"read_back\":{\"type\":\"null\"}}}}}},\n"
    "{\"if\":{\"properties\":{\"channel\":{\"enum\":[\"TELEPHONE\","
    "\"SPOKEN\",\"STATION_CSV\"]}}},"
    "\"then\":{\"required\":[\"operator\"],\"properties\":{\"operator\":{"
    "\"type\":\"object\"}}}},\n"
    "{\"properties\":{\"members\":{\"contains\":{\"required\":[\"head\"],"
    "\"properties\":{\"head\":{\"const\":true}}},\"minContains\":1,"
    "\"maxContains\":1}}},\n"
    "{\"properties\":{\"members\":{\"contains\":{\"required\":[\"applicant\"],"
    "\"properties\":{\"applicant\":{\"const\":true}}},\"minContains\":0,"
    "\"maxContains\":1}}},\n"
    "{\"if\":{\"properties\":{\"members\":{\"contains\":{\"required\":["
    "\"applicant\"],\"properties\":{\"applicant\":{\"const\":true}}}}}},"
    "\"then\":{\"properties\":{\"members\":{\"contains\":{\"required\":["
    "\"applicant\",\"name\"],\"properties\":{\"applicant\":{\"const\":true},"
    "\"name\":{\"type\":\"string\"}}}}}},"
    "\"else\":{\"properties\":{\"members\":{\"contains\":{\"required\":["
    "\"head\",\"name\"],\"properties\":{\"head\":{\"const\":true},"
    "\"name\":{\"type\":\"string\"}}}}}}}]";

static void schema_string(struct bus_buf *out, const char *s)
{
    bus_buf_putc(out, '"');
    for (; *s != '\0'; s++) {
        if (*s == '"' || *s == '\\') {
            bus_buf_putc(out, '\\');
        }
        bus_buf_putc(out, (uint8_t)*s);
    }
    bus_buf_putc(out, '"');
}

static void schema_description(struct bus_buf *out, const char *text)
{
    if (text != NULL) {
        bus_buf_puts(out, ",\"description\":");
        schema_string(out, text);
    }
}

/* --- members of the form --- */

static void schema_text(struct bus_buf *out, const struct form_field *f)
{
    bus_buf_printf(out,
                   "\"type\":%s,\"minLength\":%" PRId64
                   ",\"maxLength\":%" PRId64
                   ",\"not\":{\"type\":\"string\",\"pattern\":",
                   f->doc.required ? "\"string\"" : "[\"string\",\"null\"]",
                   f->doc.min > 0 ? f->doc.min : 1, f->doc.max);
    if (f->more == FORM_DIGITS) {
        bool dash = strchr(f->others, '-') != NULL; /* last in a class */
        bus_buf_puts(out, "\"[^0-9");
        for (const char *c = f->others; *c != '\0'; c++) {
            if (*c != '-') {
                bus_buf_putc(out, (uint8_t)*c);
            }
        }
        bus_buf_puts(out, dash ? "-]\"}" : "]\"}");
    } else {
        bus_buf_puts(out, "\"" HIDDEN_PATTERN "\"}");
    }
}

static void schema_words(struct bus_buf *out, const struct form_field *f)
{
    bus_buf_puts(out, "\"enum\":[");
    for (const struct bus_partner_document_word *w = f->doc.words;
         w->word != NULL; w++) {
        bus_buf_puts(out, w == f->doc.words ? "" : ",");
        schema_string(out, w->word);
    }
    bus_buf_puts(out, f->doc.required ? "]" : ",null]");
}

static void schema_items(struct bus_buf *out,
                         const struct form_field *f,
                         const struct bus_config *config)
{
    bus_buf_printf(out,
                   "\"type\":[\"array\",\"null\"],\"maxItems\":%" PRId64
                   ",\"items\":{\"enum\":[",
                   f->doc.max);
    bool first = true;
    for (size_t i = 0; i < config->policies_count; i++) {
        const char *code =
            bus_node_cstr(bus_node_get(config->policies[i], "code"));
        if (code != NULL) {
            bus_buf_puts(out, first ? "" : ",");
            schema_string(out, code);
            first = false;
        }
    }
    bus_buf_puts(out, "]}");
}

static void schema_reference(struct bus_buf *out, const struct form_field *f)
{
    bus_buf_printf(out,
                   f->doc.required ? REF "%s\""
                                   : "\"anyOf\":[{" REF
                                     "%s\"},{\"type\":\"null\"}]",
                   f->schema);
}

static void schema_member(struct bus_buf *out,
                          const struct form_field *f,
                          const struct bus_config *config)
{
    switch (f->doc.type) {
    case BUS_DOC_TEXT:
        if (f->more == FORM_FACTS) {
            schema_reference(out, f);
        } else {
            schema_text(out, f);
        }
        break;
    case BUS_DOC_WORD:
        schema_words(out, f);
        break;
    case BUS_DOC_BOOL:
        bus_buf_puts(out, f->doc.required ? "\"type\":\"boolean\""
                                          : "\"type\":[\"boolean\",\"null\"]");
        break;
    case BUS_DOC_DATE:
        bus_buf_puts(out, REF "Day\"");
        break;
    case BUS_DOC_PART:
        schema_reference(out, f);
        break;
    case BUS_DOC_LIST:
        if (f->more == FORM_ITEMS) {
            schema_items(out, f, config);
        } else {
            bus_buf_printf(out,
                           "\"type\":\"array\",\"minItems\":%" PRId64
                           ",\"maxItems\":%" PRId64 ",\"items\":{" REF "%s\"}",
                           f->doc.min, f->doc.max, f->schema);
        }
        break;
    default:
        BUS_CHECK(!"a type the contract has no words for");
    }
    schema_description(out, f->describe);
}

/* keyed: the reference is the request's Idempotency-Key. */
static void schema_object(struct bus_buf *out,
                          const char *name,
                          const struct form_field *fields,
                          const struct bus_config *config,
                          const char *left_out)
{
    const char *comma = "";
    bus_buf_printf(out,
                   "\"%s\":{\"type\":\"object\",\"additionalProperties\":false,"
                   "\"required\":[",
                   name);
    for (const struct form_field *f = fields; f->doc.name != NULL; f++) {
        if (f->doc.required && strcmp(f->doc.name, left_out) != 0) {
            bus_buf_printf(out, "%s\"%s\"", comma, f->doc.name);
            comma = ",";
        }
    }
    bus_buf_puts(out, "],\n\"properties\":{");
    for (const struct form_field *f = fields; f->doc.name != NULL; f++) {
        bus_buf_printf(out, "%s\"%s\":{", f == fields ? "" : ",\n",
                       f->doc.name);
        schema_member(out, f, config);
        bus_buf_putc(out, '}');
    }
    bus_buf_putc(out, '}');
}

/* --- facts --- */

static void schema_words_of(struct bus_buf *out, const struct bus_fact *fact)
{
    const struct bus_fact_word *words = fact->words.items;
    bus_buf_puts(out, "{\"enum\":[");
    for (size_t i = 0; i < fact->words.count; i++) {
        schema_string(out, words[i].word);
        bus_buf_putc(out, ',');
    }
    bus_buf_puts(out, "null]}");
}

static void schema_fact_text(struct bus_buf *out, const struct bus_bounds *b)
{
    bus_buf_printf(out,
                   "{\"type\":[\"string\",\"null\"],\"minLength\":%" PRId64
                   ",\"maxLength\":%" PRId64
                   ",\"not\":{\"type\":\"string\",\"pattern\":\"[\\u0000-"
                   "\\u001f\\u007f]\"}",
                   b->min, b->max);
    if (b->pattern != NULL) {
        bus_buf_puts(out, ",\"pattern\":");
        schema_string(out, b->pattern);
    }
    bus_buf_putc(out, '}');
}

/* A value of the dictionary within its bounds; days are Day, and what is
 * beyond them a fault of the county's (DATE_RANGE). */
static void schema_value(struct bus_buf *out, const struct bus_fact *fact)
{
    const struct bus_bounds *b = &fact->bounds;
    switch (b->type) {
    case BUS_BOUNDS_MONEY_FEN:
    case BUS_BOUNDS_COUNT:
    case BUS_BOUNDS_NUMBER:
        bus_buf_printf(out,
                       "{\"type\":[\"integer\",\"null\"],\"minimum\":%" PRId64
                       ",\"maximum\":%" PRId64 "}",
                       b->min, b->max);
        break;
    case BUS_BOUNDS_BOOLEAN:
        bus_buf_puts(out, "{\"type\":[\"boolean\",\"null\"]}");
        break;
    case BUS_BOUNDS_DATE:
        bus_buf_puts(out, "{" REF "Day\"}");
        break;
    case BUS_BOUNDS_ENUM:
        schema_words_of(out, fact);
        break;
    case BUS_BOUNDS_TEXT:
        schema_fact_text(out, b);
        break;
    }
}

static void schema_facts(struct bus_buf *out,
                         const char *name,
                         enum bus_fact_scope scope,
                         const struct bus_config *config)
{
    const char *comma = "";
    bus_buf_printf(out,
                   "\"%s\":{\"type\":\"object\",\"additionalProperties\":false,"
                   "\"maxProperties\":%d,\"description\":\"what is declared, "
                   "by bus-config/facts.yaml; null: not known\","
                   "\n\"properties\":{",
                   name, FORM_FACTS_MAX);
    for (size_t i = 0; i < config->facts_count; i++) {
        const struct bus_fact *f = &config->facts[i];
        if (f->scope != (int)scope || f->derived != NULL || f->pii) {
            continue;
        }
        bus_buf_printf(out, "%s\"%s\":{\"title\":", comma, f->name);
        schema_string(out, f->zh != NULL ? f->zh : f->name);
        bus_buf_puts(out, ",\"anyOf\":[");
        schema_value(out, f);
        bus_buf_puts(out, ",{\"type\":\"object\",\"additionalProperties\":"
                          "false,\"required\":[\"value\"],\"properties\":{"
                          "\"value\":");
        schema_value(out, f);
        bus_buf_puts(out, ",\"as_of\":{" REF "Day\"}}}]}");
        comma = ",\n";
    }
    bus_buf_puts(out, "}}");
}

static void schema_types(struct bus_buf *out)
{
    bus_buf_puts(
        out,
        "\"Day\":{\"type\":[\"string\",\"null\"],\"format\":\"date\","
        "\"minLength\":10,\"maxLength\":10,"
        "\"pattern\":\"^(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})"
        "-[0-9]{2}-[0-9]{2}$\"},\n");
}

static const struct form_field *field_named(const char *name)
{
    const struct form_field *f = intake_form_fields;
    while (f->doc.name != NULL && strcmp(f->doc.name, name) != 0) {
        f++;
    }
    BUS_CHECK(f->doc.name != NULL && f->sub != NULL);
    return f;
}

static void schema_form(struct bus_buf *out, const struct bus_config *config)
{
    static const char *const parts[] = {"evidence", "operator", "helped_by",
                                        "members"};
    schema_types(out);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const struct form_field *f = field_named(parts[i]);
        schema_object(out, f->schema, f->sub, config, "");
        bus_buf_puts(out, "},\n");
    }
    schema_facts(out, "HouseholdFacts", BUS_FACT_HOUSEHOLD, config);
    bus_buf_puts(out, ",\n");
    schema_facts(out, "MemberFacts", BUS_FACT_MEMBER, config);
    bus_buf_puts(out, ",\n");
    bus_buf_puts(out, "\"FactsOfMembers\":{\"type\":\"object\","
                      "\"propertyNames\":{\"pattern\":\"^[1-9][0-9]?$\"},"
                      "\"additionalProperties\":{" REF
                      "MemberFacts\"},\"description\":\"by the numbers that "
                      "`wanted` of a progress has\"},\n");
    schema_object(out, "HouseholdRequest", intake_request_fields, config, "");
    bus_buf_puts(out, "},\n");
    schema_object(out, "Application", intake_form_fields, config, "");
    bus_buf_printf(out, ",\n%s},\n", together);
    schema_object(out, "KeyedApplication", intake_form_fields, config,
                  "channel_reference");
    bus_buf_printf(out,
                   ",\n\"description\":\"An application sent with an "
                   "Idempotency-Key, which is its reference when it has "
                   "none.\",\n%s},\n\"CountyCode\":{\"enum\":[",
                   together);
    for (size_t i = 0; intake_form_county_codes[i] != NULL; i++) {
        bus_buf_printf(out, "%s\"%s\"", i > 0 ? "," : "",
                       intake_form_county_codes[i]);
    }
    bus_buf_puts(out, "]}");
}

int intake_form_openapi_write(const struct bus_config *config,
                              struct bus_buf *out,
                              struct bus_err *err)
{
    const char *at = strstr(openapi_frame, mark);
    BUS_CHECK(at != NULL);
    bus_buf_put(out, openapi_frame, (size_t)(at - openapi_frame));
    schema_form(out, config);
    bus_buf_puts(out, at + sizeof(mark) - 1);
    return out->failed ? bus_fail(err, BUS_ENOMEM, "the contract") : BUS_OK;
}
