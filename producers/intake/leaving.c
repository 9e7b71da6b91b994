#include "producers/intake/leaving.h"

#include <string.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/wire/framing.h"
#include "bus/wire/ids.h"

#define ID_RESIDENT "111"
#define TEXT_MAX    64

/* A text of this object; "" where it may be left out. */
static int leaving_text(const json_t *j,
                        const char *name,
                        const char *dflt,
                        struct bus_strv *ret,
                        struct bus_err *err)
{
    const json_t *v = json_object_get(j, name);
    if (v == NULL && dflt != NULL) {
        *ret = bus_strv(dflt);
        return BUS_OK;
    }
    *ret = (struct bus_strv){json_string_value(v), json_string_length(v)};
    return json_is_string(v) && ret->n > 0 && ret->n <= TEXT_MAX
               ? BUS_OK
               : bus_fail(err, BUS_EPARSE,
                          "%s: 应为 1 至 %d 字节的文字 / a text of 1 to %d "
                          "bytes",
                          name, TEXT_MAX, TEXT_MAX);
}

/* Nothing that nobody reads: a word spelled wrong says nothing. */
static int
leaving_only(const json_t *j, const char *const *names, struct bus_err *err)
{
    const char *key = NULL;
    json_t *v = NULL;
    if (!json_is_object(j)) {
        return bus_fail(err, BUS_EPARSE, "应为 JSON 对象 / an object");
    }
    json_object_foreach((json_t *)(uintptr_t)j, key, v)
    {
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], key) != 0) {
            i++;
        }
        if (names[i] == NULL) {
            return bus_fail(err, BUS_EPARSE,
                            "%.32s: 没有此项 / there is no such member", key);
        }
    }
    return BUS_OK;
}

static int leaving_person(const json_t *j,
                          struct bus_strv person_key,
                          struct bus_id *ret,
                          struct bus_err *err)
{
    static const char *const names[] = {"id_type", "id_no", NULL};
    struct bus_strv type, number;
    char canonical[TEXT_MAX]; /* as every door has it */
    BUS_TRY(leaving_only(j, names, err));
    BUS_TRY(leaving_text(j, "id_type", ID_RESIDENT, &type, err));
    BUS_TRY(leaving_text(j, "id_no", NULL, &number, err));
    *ret = bus_wire_person_id(person_key, type,
                              bus_wire_document_number(number, canonical));
    explicit_bzero(canonical, sizeof(canonical));
    return BUS_OK;
}

static int leaving_members(const json_t *j,
                           struct bus_strv person_key,
                           struct bus_arena *mem,
                           struct sa_membership_change *c,
                           struct bus_err *err)
{
    size_t n = json_array_size(j);
    if (n == 0 || n > LEAVING_MEMBERS_MAX) {
        return bus_fail(err, n == 0 ? BUS_EPARSE : BUS_ETOOBIG,
                        "members: 应为 1 至 %d 人 / 1 to %d people",
                        LEAVING_MEMBERS_MAX, LEAVING_MEMBERS_MAX);
    }
    c->members.v = bus_arena_calloc(mem, n, sizeof(*c->members.v));
    if (c->members.v == NULL) {
        return bus_fail(err, BUS_ENOMEM, "members");
    }
    for (size_t i = 0; i < n; i++) {
        BUS_TRY(leaving_person(json_array_get(j, i), person_key,
                               &c->members.v[i], err));
        for (size_t k = 0; k < i; k++) {
            if (bus_id_eq(&c->members.v[k], &c->members.v[i])) {
                return bus_fail(err, BUS_EPARSE,
                                "members: 同一人出现两次 / one person twice");
            }
        }
    }
    c->members.n = n;
    return BUS_OK;
}

static int
leaving_said_by(const json_t *j, struct sa_actor *ret, struct bus_err *err)
{
    static const char *const names[] = {"operator_id", "org_code", "role",
                                        NULL};
    BUS_TRY(leaving_only(j, names, err));
    BUS_TRY(leaving_text(j, "operator_id", NULL, &ret->operator_id, err));
    BUS_TRY(leaving_text(j, "org_code", NULL, &ret->org_code, err));
    return leaving_text(j, "role", NULL, &ret->role, err);
}

static int leaving_what(const json_t *j,
                        int64_t now_ms,
                        struct sa_membership_change *c,
                        struct bus_err *err)
{
    struct bus_strv kind, from;
    int n = 0;
    BUS_TRY(leaving_text(j, "kind", NULL, &kind, err));
    BUS_TRY(leaving_text(j, "from", NULL, &from, err));
    while (n < SA_MEMBERSHIP_CHANGE_KIND_UNKNOWN &&
           !bus_strv_is(kind, sa_membership_change_kind_word(n))) {
        n++;
    }
    c->kind = n;
    if (n == SA_MEMBERSHIP_CHANGE_KIND_UNKNOWN) {
        return bus_fail(err, BUS_EPARSE,
                        "kind: 应为 SPLIT | MARRIAGE | DEATH | MOVE / one of "
                        "them");
    }
    return bus_date_parse(from, &c->from) && c->from <= bus_china_day(now_ms)
               ? BUS_OK
               : bus_fail(err, BUS_EPARSE,
                          "from: 应为 yyyy-mm-dd, 不晚于今天 / a day, not "
                          "after today");
}

int intake_leaving_read(const json_t *j,
                        struct bus_strv person_key,
                        int64_t now_ms,
                        struct bus_arena *mem,
                        struct sa_membership_change *ret,
                        struct bus_err *err)
{
    static const char *const names[] = {"kind",    "from",     "head",
                                        "members", "operator", NULL};
    struct sa_membership_change c = {.kind = SA_MEMBERSHIP_CHANGE_KIND_UNKNOWN};
    struct bus_id head;
    struct bus_strv content;
    BUS_CHECK(person_key.n > 0);
    BUS_TRY(leaving_only(j, names, err));
    BUS_TRY(leaving_what(j, now_ms, &c, err));
    BUS_TRY(leaving_person(json_object_get(j, "head"), person_key, &head, err));
    BUS_TRY(leaving_members(json_object_get(j, "members"), person_key, mem, &c,
                            err));
    BUS_TRY(leaving_said_by(json_object_get(j, "operator"), &c.said_by, err));
    c.household_id = bus_wire_household_id(person_key, &head);
    BUS_TRY(bus_wire_encode_arena(&sa_membership_change_type, &c, mem, &content,
                                  err));
    c.event_id = bus_wire_answer_id(BUS_STRV("intake"), "membership_change",
                                    &c.household_id, false, content);
    c.occurred_at = now_ms;
    *ret = c;
    return BUS_OK;
}
