#include "bus/partner/kind.h"

#include <stdio.h>
#include <string.h>

#include "bus/base/bounds.h"
#include "bus/base/check.h"

#include "bus/partner/kind_tables.h"
#include "bus/wire/framing.h"
#include "schemas/actor.h"
#include "schemas/delivery.h"
#include "schemas/fact.h"
#include "schemas/missing_fact.h"
#include "schemas/period.h"

#define PERSONAL "personal"

static const struct bus_partner_kind_head *head_of(const void *record)
{
    return record;
}

static struct bus_id kind_id_at(const void *record, size_t offset)
{
    struct bus_id id;
    memcpy(&id, (const char *)record + offset, sizeof(id));
    return id;
}

/* --- bus -> partner --- */

static int kind_open_personal(const struct bus_partner_kind_out *out,
                              const struct bus_partner_kind_env *env,
                              char *view,
                              struct bus_arena *mem,
                              struct bus_err *err)
{
    struct bus_strv sealed, plain, body;
    void *personal = NULL;
    uint32_t id = 0;
    if (out->sealed_offset == 0 || !*(bool *)(view + out->has_sealed_offset)) {
        return BUS_OK;
    }
    memcpy(&sealed, view + out->sealed_offset, sizeof(sealed));
    struct bus_wire_binding b = {out->record, PERSONAL,
                                 &head_of(view)->event_id};
    BUS_TRY(bus_wire_open(env->keys, &b, sealed, mem, &plain, err));
    BUS_TRY(bus_wire_unframe(plain, &id, &body, err));
    if (id != sa_personal_type.id) {
        return bus_fail(err, BUS_EUNKNOWN, "%s.%s is of schema %u, not %u",
                        out->record, PERSONAL, id, sa_personal_type.id);
    }
    BUS_TRY(bus_wire_decode_own(&sa_personal_type, body, mem, &personal, err));
    memcpy(view + out->personal_offset, personal, sizeof(struct sa_personal));
    *(bool *)(view + out->has_personal_offset) = true;
    return BUS_OK;
}

int bus_partner_kind_out_map(const struct bus_partner_kind_out *out,
                             const struct bus_partner_kind_env *env,
                             const void *record,
                             struct bus_arena *mem,
                             struct bus_partner_kind_task *ret,
                             struct bus_err *err)
{
    struct bus_buf text;
    char *view = bus_arena_calloc(mem, 1, out->document->size);
    if (view == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a %s", out->document->name);
    }
    BUS_CHECK(out->document->size >= out->type->size);
    memcpy(view, record, out->type->size);
    BUS_TRY(kind_open_personal(out, env, view, mem, err));
    bus_buf_init(&text, (size_t)env->partner->limits.message_bytes_max);
    int rc = bus_partner_document_write(out->document, view, &text, err);
    const char *kept = rc ? NULL : bus_arena_dup(mem, text.data, text.len);
    if (rc == BUS_OK && kept == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "a %s", out->document->name);
    }
    *ret = (struct bus_partner_kind_task){
        .document = {kept, text.len},
        .event_id = head_of(record)->event_id,
        .household_id = head_of(record)->household_id,
        .about = kind_id_at(record, out->about_offset),
        .effect = out->effect ? out->effect(record) : BUS_KIND_OPENS,
    };
    bus_buf_fini(&text);
    return rc;
}

int bus_partner_kind_out_read(const struct bus_partner_kind_out *out,
                              const struct bus_config *config,
                              struct bus_strv document,
                              struct bus_arena *mem,
                              void **ret,
                              struct bus_partner_document_faults *faults,
                              struct bus_err *err)
{
    *ret = bus_arena_calloc(mem, 1, out->document->size);
    return *ret == NULL
               ? bus_fail(err, BUS_ENOMEM, "a %s", out->document->name)
               : bus_partner_document_read(out->document, config, document, mem,
                                           *ret, faults, err);
}

/* --- partner -> bus --- */

static int kind_derive(const struct bus_partner_kind_in *in,
                       const struct bus_partner_kind_env *env,
                       char *view,
                       struct bus_arena *mem,
                       struct bus_err *err)
{
    struct bus_partner_kind_reply reply;
    struct bus_strv content = {0};
    BUS_CHECK(in->reply_offset + sizeof(reply) <= in->document->size);
    struct bus_id about = kind_id_at(view, in->about_offset);
    memcpy(&reply, view + in->reply_offset, sizeof(reply));
    if (reply.has_reference) {
        content = reply.reference;
    } else {
        int rc = bus_wire_encode_arena(in->type, view, mem, &content, err);
        if (rc != BUS_OK) {
            return rc;
        }
    }
    struct bus_id id =
        bus_wire_answer_id(bus_strv(env->partner->code), in->record, &about,
                           reply.has_reference, content);
    memcpy(view, &id, sizeof(id));
    return BUS_OK;
}

/* By the document's own name; what names none of them is the first one's, to
 * say what is wrong with it. */
static const struct bus_partner_kind_in *
kind_in_named(const struct bus_partner_kind_in *in, struct bus_strv document)
{
    const struct bus_partner_kind_in *k = in->also;
    while (k != NULL &&
           !bus_partner_document_named(document, k->document->name)) {
        k = k->also;
    }
    return k != NULL ? k : in;
}

const struct bus_partner_kind_in *
bus_partner_kind_in_of(const struct bus_partner_kind_in *in,
                       const struct bus_wire_type *type)
{
    while (in != NULL && in->type != type) {
        in = in->also;
    }
    return in;
}

int bus_partner_kind_in_map(const struct bus_partner_kind_in *in,
                            const struct bus_partner_kind_env *env,
                            struct bus_strv document,
                            struct bus_arena *mem,
                            struct bus_partner_kind_answer *ret,
                            struct bus_partner_document_faults *faults,
                            struct bus_err *err)
{
    in = kind_in_named(in, document);
    BUS_CHECK(in->about_offset < in->document->size);
    BUS_CHECK(in->document->size >= in->type->size);
    char *view = bus_arena_calloc(mem, 1, in->document->size);
    *faults = (struct bus_partner_document_faults){.mem = mem};
    if (view == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a %s", in->document->name);
    }
    BUS_TRY(bus_partner_document_read(in->document, env->config, document, mem,
                                      view, faults, err));
    if (in->who != NULL) {
        BUS_CHECK(env->person_key.n > 0);
        in->who(env, view, faults);
    }
    BUS_TRY(kind_derive(in, env, view, mem, err));
    if (in->finish != NULL) {
        in->finish(env, view, faults);
    }
    if (faults->total > 0) {
        return bus_fail(err, BUS_ESCHEMA, "%s: %zu faults, the first at '%s'",
                        in->document->name, faults->total,
                        faults->v[0].pointer);
    }
    if (in->sign != NULL) {
        BUS_TRY(in->sign(env, view, mem, err));
    }
    struct bus_partner_kind_reply reply;
    memcpy(&reply, view + in->reply_offset, sizeof(reply));
    *ret = (struct bus_partner_kind_answer){
        .in = in,
        .record = view,
        .event_id = head_of(view)->event_id,
        .household_id = head_of(view)->household_id,
        .case_id =
            in->who == NULL ? head_of(view)->case_id : (struct bus_id){{0}},
        .cause_id = reply.question,
        .about = kind_id_at(view, in->about_offset),
        .occurred_at = head_of(view)->occurred_at,
    };
    return BUS_OK;
}

int bus_partner_kind_in_write(const struct bus_partner_kind_in *in,
                              const void *record,
                              const struct bus_partner_kind_reply *reply,
                              struct bus_arena *mem,
                              struct bus_strv *ret,
                              struct bus_err *err)
{
    BUS_CHECK(in->document->size >= in->type->size &&
              in->document->size >= in->reply_offset + sizeof(*reply));
    struct bus_buf text = {0};
    char *view = bus_arena_calloc(mem, 1, in->document->size);
    if (view == NULL) {
        return bus_fail(err, BUS_ENOMEM, "a %s", in->document->name);
    }
    memcpy(view, record, in->type->size);
    memcpy(view + in->reply_offset, reply, sizeof(*reply));
    int rc = bus_partner_document_write(in->document, view, &text, err);
    *ret = (struct bus_strv){
        rc ? NULL : bus_arena_dup(mem, text.data, text.len), text.len};
    if (rc == BUS_OK && ret->p == NULL) {
        rc = bus_fail(err, BUS_ENOMEM, "a %s", in->document->name);
    }
    bus_buf_fini(&text);
    return rc;
}

/* --- all kinds --- */

const struct bus_partner_kind *
bus_partner_kind_find(const struct bus_partner_kind *kinds, const char *name)
{
    BUS_CHECK(kinds != NULL && name != NULL);
    for (; kinds->name != NULL; kinds++) {
        if (strcmp(kinds->name, name) == 0) {
            return kinds;
        }
    }
    return NULL;
}

const char *bus_partner_kind_word(const struct bus_conf_partner *partner)
{
    return bus_conf_partner_kind_names[partner->kind].word;
}

/* --- shared tables --- */

#define AT(type, field) offsetof(struct type, field)

const struct bus_partner_document_field bus_partner_kind_missing_fields[] = {
    {"name", BUS_DOC_TEXT, AT(sa_missing_fact, name), .required = true,
     .max = 128},
    {"member", BUS_DOC_ID, AT(sa_missing_fact, member),
     .has_offset = AT(sa_missing_fact, has_member)},
    BUS_KIND_END};
const struct bus_partner_document_field bus_partner_kind_fact_fields[] = {
    {"name", BUS_DOC_TEXT, AT(sa_fact, name), .required = true, .max = 128},
    {"member", BUS_DOC_ID, AT(sa_fact, member),
     .has_offset = AT(sa_fact, has_member)},
    {"value", BUS_DOC_FACT, AT(sa_fact, value), .required = true},
    {"as_of", BUS_DOC_DATE, AT(sa_fact, as_of), .required = true},
    {"source", BUS_DOC_TEXT, AT(sa_fact, source), .required = true, .max = 64},
    {"verified", BUS_DOC_BOOL, AT(sa_fact, verified), .required = true},
    BUS_KIND_END};
const struct bus_partner_document_field bus_partner_kind_found_fields[] = {
    {"name", BUS_DOC_TEXT, AT(sa_fact, name), .required = true, .max = 128},
    {"member", BUS_DOC_ID, AT(sa_fact, member),
     .has_offset = AT(sa_fact, has_member)},
    {"value", BUS_DOC_FACT, AT(sa_fact, value), .required = true},
    {"as_of", BUS_DOC_DATE, AT(sa_fact, as_of), .required = true},
    BUS_KIND_END};

static bool kind_fact_said_by(const struct bus_config *config,
                              const char *source,
                              const struct sa_fact *fact)
{
    bool member = fact->name.n > 0 && fact->name.p[0] == 'm';
    size_t skip = member ? strlen("member.") : strlen("household.");
    const struct bus_fact *f =
        fact->name.n <= skip
            ? NULL
            : bus_conf_fact(
                  config, member ? BUS_FACT_MEMBER : BUS_FACT_HOUSEHOLD,
                  (struct bus_strv){fact->name.p + skip, fact->name.n - skip});
    const char *const *sources = f != NULL ? f->sources.items : NULL;
    for (size_t i = 0; f != NULL && !f->pii && i < f->sources.count; i++) {
        if (strcmp(sources[i], source) == 0) {
            return true;
        }
    }
    return false;
}

void bus_partner_kind_fact_held(const struct bus_config *config,
                                const char *source,
                                const struct sa_fact *fact,
                                size_t i,
                                int32_t said_on,
                                struct bus_partner_document_faults *faults)
{
    char at[48];
    if (!kind_fact_said_by(config, source, fact)) {
        (void)snprintf(at, sizeof(at), "/facts/%zu/name", i);
        bus_partner_document_fault_add(
            faults, at, "FACT_NOT_YOURS", "事实字典未将此来源列入此项",
            "facts.yaml does not name this source for this fact");
    }
    if (fact->as_of < BUS_BOUNDS_AS_OF_FIRST || fact->as_of > said_on) {
        (void)snprintf(at, sizeof(at), "/facts/%zu/as_of", i);
        bus_partner_document_fault_add(
            faults, at, "DATE_RANGE", "应为1949-10-01至报送当日的日期",
            "must be a day from 1949-10-01 to that on which it is said");
    }
}

const struct bus_partner_document_field bus_partner_kind_actor_fields[] = {
    {"operator_id", BUS_DOC_TEXT, AT(sa_actor, operator_id), .required = true,
     .max = 64},
    {"org_code", BUS_DOC_TEXT, AT(sa_actor, org_code), .required = true,
     .max = 64},
    {"role", BUS_DOC_TEXT, AT(sa_actor, role), .required = true, .max = 64},
    BUS_KIND_END};
