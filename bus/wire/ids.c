/* Every part is typed, so that nobody hashes what a number looks like in the
 * memory of one machine. */
#include "bus/wire/ids.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/wire/crypt.h"

#define PARTS_MAX 5

/* A part as it is hashed; a number's bytes stand in `own`. */
struct part
{
    const char *p; /* NULL: own */
    size_t n;
    uint8_t own[8];
};

static void put_be(uint8_t *to, size_t n, uint64_t value)
{
    for (size_t i = 0; i < n; i++) {
        to[i] = (uint8_t)(value >> (8 * (n - 1 - i)));
    }
}

static struct part text_part(struct bus_strv s)
{
    return (struct part){.p = s.p != NULL ? s.p : "", .n = s.n};
}

static struct part word_part(const char *s)
{
    return (struct part){.p = s, .n = strlen(s)};
}

static struct part id_part(const struct bus_id *id)
{
    return (struct part){.p = (const char *)id->b, .n = sizeof(id->b)};
}

static struct part number_part(uint64_t value, size_t bytes)
{
    struct part p = {.n = bytes};
    put_be(p.own, bytes, value);
    return p;
}

static struct part i32_part(int32_t value)
{
    return number_part((uint32_t)value, 4);
}

static struct part i64_part(int64_t value)
{
    return number_part((uint64_t)value, 8);
}

static struct bus_id
derive(const char *label, const struct part *parts, size_t count)
{
    BUS_CHECK(count <= PARTS_MAX);
    uint8_t lengths[PARTS_MAX][4], hash[BUS_WIRE_SHA256_BYTES];
    struct bus_strv pieces[1 + 2 * PARTS_MAX] = {{label, strlen(label) + 1}};
    size_t n = 1;
    for (size_t i = 0; i < count; i++) {
        const struct part *p = &parts[i];
        BUS_CHECK(p->n <= UINT32_MAX);
        put_be(lengths[i], 4, p->n);
        pieces[n++] = (struct bus_strv){(const char *)lengths[i], 4};
        pieces[n++] =
            (struct bus_strv){p->p != NULL ? p->p : (const char *)p->own, p->n};
    }
    bus_wire_sha256_parts(pieces, n, hash);
    return bus_id_of_hash(hash);
}

#define DERIVE(label, ...)                              \
    derive((label), (const struct part[]){__VA_ARGS__}, \
           sizeof((const struct part[]){__VA_ARGS__}) / sizeof(struct part))

/* The next character of s where it is ASCII, 0 for what is left out, -1 for
 * another script's. *ret_n: its bytes. */
static int number_character(struct bus_strv s, size_t *ret_n)
{
    const uint8_t *p = (const uint8_t *)s.p;
    int c = p[0];
    *ret_n = 1;
    if (c >= 0xc0) {
        *ret_n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
        *ret_n = *ret_n <= s.n ? *ret_n : s.n;
    }
    if (*ret_n == 2) { /* no-break space, middle dot */
        return p[0] == 0xc2 && (p[1] == 0xa0 || p[1] == 0xb7) ? 0 : -1;
    }
    if (*ret_n == 3) {
        int u = (p[0] & 0x0f) << 12 | (p[1] & 0x3f) << 6 | (p[2] & 0x3f);
        bool blank = u == 0x3000 || (u >= 0x2000 && u <= 0x200a);
        bool dash = (u >= 0x2010 && u <= 0x2015) || u == 0x2212;
        return blank || dash || (u >= 0x200b && u <= 0x200d) ? 0 : -1;
    }
    if (*ret_n == 4) {
        return -1;
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 'A';
    }
    return c <= ' ' || strchr("-_.()[]", c) != NULL ? 0 : c;
}

struct bus_strv bus_wire_document_number(struct bus_strv s, char *to)
{
    size_t n = 0, bytes;
    for (size_t i = 0; i < s.n; i += bytes) {
        int c = number_character((struct bus_strv){s.p + i, s.n - i}, &bytes);
        if (c > 0) {
            to[n++] = (char)c;
        } else if (c < 0) {
            memcpy(to + n, s.p + i, bytes);
            n += bytes;
        }
    }
    return (struct bus_strv){to, n};
}

struct bus_id bus_wire_person_id(struct bus_strv key,
                                 struct bus_strv id_type,
                                 struct bus_strv id_no)
{
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    struct bus_strv parts[] = {id_type, {"", 1}, id_no};
    bus_wire_hmac_sha256(key, parts, 3, hash);
    return bus_id_of_hash(hash);
}

struct bus_id bus_wire_household_id(struct bus_strv key,
                                    const struct bus_id *head)
{
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    struct bus_strv parts[] = {
        {"household", sizeof("household")},
        {(const char *)head->b, sizeof(head->b)},
    };
    bus_wire_hmac_sha256(key, parts, 2, hash);
    return bus_id_of_hash(hash);
}

struct bus_id bus_wire_numberless_id(const struct bus_id *application,
                                     uint8_t place)
{
    return DERIVE("person", id_part(application), number_part(place, 1));
}

struct bus_id bus_wire_application_id(struct bus_strv key,
                                      struct bus_strv channel,
                                      struct bus_strv reference,
                                      struct bus_strv sender)
{
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    struct bus_strv parts[] = {
        {"application", sizeof("application")},
        channel,
        {"", 1},
        reference,
        {"", 1},
        sender,
    };
    bus_wire_hmac_sha256(key, parts, sizeof(parts) / sizeof(parts[0]), hash);
    return bus_id_of_hash(hash);
}

struct bus_id bus_wire_lookup_id(struct bus_strv key,
                                 const struct bus_id *application,
                                 struct bus_strv last)
{
    uint8_t hash[BUS_WIRE_SHA256_BYTES];
    struct bus_strv parts[] = {
        {"lookup", sizeof("lookup")},
        {(const char *)application->b, sizeof(application->b)},
        last,
    };
    bus_wire_hmac_sha256(key, parts, sizeof(parts) / sizeof(parts[0]), hash);
    return bus_id_of_hash(hash);
}

struct bus_id bus_wire_application_event_id(const struct bus_id *application)
{
    return DERIVE("event", word_part("application"), id_part(application));
}

struct bus_id bus_wire_idempotency_id(struct bus_strv sender,
                                      struct bus_strv key)
{
    return DERIVE("idempotency", text_part(sender), text_part(key));
}

struct bus_id bus_wire_draft_id(struct bus_strv body)
{
    return DERIVE("draft", text_part(body));
}

struct bus_id bus_wire_sheet_id(struct bus_strv board, struct bus_strv month)
{
    return DERIVE("sheet", text_part(board), text_part(month));
}

struct bus_id bus_wire_sheet_event_id(const struct bus_id *sheet,
                                      int32_t version,
                                      const char *action)
{
    return DERIVE("event", word_part("sheet"), id_part(sheet),
                  i32_part(version), word_part(action));
}

struct bus_id bus_wire_case_id(const struct bus_id *household, int32_t case_no)
{
    return DERIVE("case", id_part(household), i32_part(case_no));
}

struct bus_id bus_wire_assignment_id(const struct bus_id *household,
                                     int32_t case_no,
                                     struct bus_strv item,
                                     int32_t round)
{
    return DERIVE("assignment", id_part(household), i32_part(case_no),
                  text_part(item), i32_part(round));
}

struct bus_id bus_wire_request_id(const struct bus_id *case_id,
                                  struct bus_strv partner,
                                  int32_t facts_version)
{
    return DERIVE("request", id_part(case_id), text_part(partner),
                  i32_part(facts_version));
}

struct bus_id bus_wire_conflict_id(const struct bus_id *household,
                                   const struct bus_id *other,
                                   const struct bus_id *person)
{
    return DERIVE("conflict", id_part(household), id_part(other),
                  id_part(person));
}

struct bus_id bus_wire_line_id(const char *what,
                               const struct bus_id *assignment,
                               const struct bus_id *decision)
{
    return DERIVE(what, id_part(assignment), id_part(decision));
}

struct bus_id bus_wire_due_line_id(struct bus_strv item,
                                   const struct bus_id *beneficiary,
                                   struct bus_strv period,
                                   struct bus_strv purpose)
{
    return DERIVE("due_line", text_part(item), id_part(beneficiary),
                  text_part(period), text_part(purpose));
}

struct bus_id bus_wire_payment_id(const struct bus_id *line, int32_t attempt)
{
    return DERIVE("payment", id_part(line), i32_part(attempt));
}

struct bus_id bus_wire_batch_id(struct bus_strv bank,
                                struct bus_strv fund,
                                int32_t pay_day,
                                int32_t number_of_it)
{
    return DERIVE("batch", text_part(bank), text_part(fund), i32_part(pay_day),
                  i32_part(number_of_it));
}

struct bus_id bus_wire_event_id(const char *record,
                                const struct bus_id *about,
                                int32_t number_of_it,
                                const struct bus_id *cause)
{
    return DERIVE("event", word_part(record), id_part(about),
                  i32_part(number_of_it), id_part(cause));
}

struct bus_id bus_wire_dispatch_event_id(const char *record,
                                         const struct bus_id *about,
                                         struct bus_strv partner,
                                         const struct bus_id *cause)
{
    return DERIVE("event", word_part(record), id_part(about),
                  text_part(partner), id_part(cause));
}

struct bus_id
bus_wire_notice_id(struct bus_strv version, int32_t day, int32_t partition)
{
    return DERIVE("event", word_part("review"), text_part(version),
                  i32_part(day), i32_part(partition));
}

struct bus_id bus_wire_review_id(const struct bus_id *household,
                                 struct bus_strv version,
                                 const struct bus_id *notice)
{
    return DERIVE("event", word_part("review"), id_part(household),
                  text_part(version), id_part(notice));
}

struct bus_id bus_wire_catalogue_id(struct bus_strv version)
{
    return DERIVE("catalogue", text_part(version));
}

struct bus_id bus_wire_register_id(struct bus_strv version)
{
    return DERIVE("register", text_part(version));
}

struct bus_id bus_wire_answer_id(struct bus_strv partner,
                                 const char *record,
                                 const struct bus_id *about,
                                 bool has_reference,
                                 struct bus_strv content)
{
    return DERIVE(
        "answer", text_part(partner), word_part(record), id_part(about),
        word_part(has_reference ? "reference" : "content"), text_part(content));
}

struct bus_id bus_wire_decision_id(const struct bus_id *event)
{
    return DERIVE("decision", id_part(event));
}

struct bus_id bus_wire_claim_id(const struct bus_id *event)
{
    return DERIVE("claim", id_part(event));
}

struct bus_id bus_wire_place_id(const char *what,
                                struct bus_strv topic,
                                int32_t partition,
                                int64_t offset)
{
    return DERIVE(what, text_part(topic), i32_part(partition),
                  i64_part(offset));
}

struct bus_id bus_wire_redriven_id(struct bus_strv letter)
{
    return DERIVE("redriven", text_part(letter));
}

struct bus_id bus_wire_simulated_id(const char *what,
                                    const struct bus_id *about,
                                    int64_t number_of_it)
{
    return DERIVE("simulated", word_part(what), id_part(about),
                  i64_part(number_of_it));
}
