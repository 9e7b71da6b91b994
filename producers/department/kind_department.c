/* A decision as a department writes it, the steps before it, and changes of the
 * account it pays to. */
#include "bus/base/clock.h"
#include "bus/partner/kind_tables.h"
#include "bus/role/signed.h"
#include "bus/wire/framing.h"
#include "schemas/actor.h"
#include "schemas/decision.h"
#include "schemas/delivery.h"
#include "schemas/payee_change.h"
#include "schemas/period.h"
#include "schemas/step.h"

BUS_KIND_HEAD(sa_decision);
BUS_KIND_HEAD(sa_step);
BUS_KIND_HEAD(sa_payee_change);

struct department_answer
{
    struct sa_decision r; /* first */
    struct bus_partner_kind_reply reply;
};
#define AT(type, field) offsetof(struct type, field)

static const struct bus_partner_document_field reply_fields[] = {
    BUS_KIND_QUESTION(department_answer, sa_decision, assignment_id),
    {"department", BUS_DOC_TEXT, AT(sa_decision, department), .required = true,
     .max = 32},
    {"item", BUS_DOC_TEXT, AT(sa_decision, item), .required = true, .max = 32},
    BUS_KIND_END};
static const struct bus_partner_document_field fields[] = {
    BUS_KIND_ANSWER(department_answer, sa_decision),
    {"decision_id", BUS_DOC_ID, .offset = AT(sa_decision, decision_id)},
    {"outcome", BUS_DOC_WORD, AT(sa_decision, outcome), .required = true,
     .symbols = &sa_decision_outcome_words},
    {"amount_fen", BUS_DOC_LONG, AT(sa_decision, amount_fen),
     .has_offset = AT(sa_decision, has_amount_fen), .min = 1,
     .max = BUS_KIND_FEN_MAX},
    {"deviation", BUS_DOC_TEXT, AT(sa_decision, deviation),
     .has_offset = AT(sa_decision, has_deviation), .max = 400},
    {"payee_hash", BUS_DOC_HEX, AT(sa_decision, payee_hash),
     .has_offset = AT(sa_decision, has_payee_hash), .max = 64},
    {"uncovered_fen", BUS_DOC_LONG, AT(sa_decision, uncovered_fen), .min = 0,
     .max = BUS_KIND_FEN_MAX},
    {"delivery", BUS_DOC_WORD, AT(sa_decision, delivery),
     .dflt = SA_DELIVERY_SERVICE, .symbols = &sa_delivery_words},
    {"goods", BUS_DOC_TEXT, AT(sa_decision, goods),
     .has_offset = AT(sa_decision, has_goods), .max = 400},
    {"period", BUS_DOC_WORD, AT(sa_decision, period), .dflt = SA_PERIOD_ONCE,
     .symbols = &sa_period_words},
    {"from_month", BUS_DOC_MONTH, AT(sa_decision, from_month),
     .has_offset = AT(sa_decision, has_from_month)},
    {"reason", BUS_DOC_TEXT, AT(sa_decision, reason), .max = 1000},
    {"decided_by", BUS_DOC_PART, AT(sa_decision, decided_by), .required = true,
     .sub = bus_partner_kind_actor_fields},
    {"authority_ref", BUS_DOC_TEXT, AT(sa_decision, authority_ref),
     .has_offset = AT(sa_decision, has_authority_ref), .max = 200},
    {"signed_at", BUS_DOC_TIME, AT(sa_decision, signed_at), .required = true},
    {"document_hash", BUS_DOC_HEX, AT(sa_decision, document_hash),
     .has_offset = AT(sa_decision, has_document_hash), .max = 64},
    {"seal_id", BUS_DOC_TEXT, AT(sa_decision, seal_id),
     .has_offset = AT(sa_decision, has_seal_id), .max = 64},
    {"seal", BUS_DOC_HEX, AT(sa_decision, seal),
     .has_offset = AT(sa_decision, has_seal)},
    BUS_KIND_END};
static const struct bus_partner_document document = {
    "decision", 1, fields, sizeof(struct department_answer)};

static void department_finish(const struct bus_partner_kind_env *env,
                              void *doc,
                              struct bus_partner_document_faults *faults)
{
    struct sa_decision *d = doc;
    bool yes = d->outcome == SA_DECISION_OUTCOME_CONFIRMED;
    bool money =
        d->delivery == SA_DELIVERY_BANK || d->delivery == SA_DELIVERY_POST_CASH;
    if (bus_id_is_nil(&d->decision_id)) {
        d->decision_id = bus_wire_decision_id(&d->event_id);
    }
    if (!bus_strv_is(d->department, env->partner->code)) {
        bus_partner_document_fault_add(faults, "/reply_to/department",
                                       "DEPARTMENT", "这项派单不是本部门的",
                                       "not this department's");
    }
    if (yes && money && !d->has_amount_fen) {
        bus_partner_document_fault_add(
            faults, "/amount_fen", "MISSING", "同意发放资金时须填金额(分)",
            "needed when money is confirmed, in fen");
    }
    if (yes && d->delivery == SA_DELIVERY_POST_GOODS && !d->has_goods) {
        bus_partner_document_fault_add(faults, "/goods", "MISSING",
                                       "发放实物时须填物资",
                                       "needed when goods are confirmed");
    }
    if (!yes && d->reason.n == 0) {
        bus_partner_document_fault_add(faults, "/reason", "MISSING",
                                       "不同意或退回须填理由",
                                       "a refusal or return states its reason");
    }
}

/* With the seal at the partner's site, unless it brings one of its own. */
static int department_sign(const struct bus_partner_kind_env *env,
                           void *record,
                           struct bus_arena *mem,
                           struct bus_err *err)
{
    struct sa_decision *d = record;
    if (d->has_seal || env->sealer == NULL || env->partner->seal.id == NULL) {
        return BUS_OK;
    }
    return bus_role_decision_sign(d, bus_strv(env->partner->seal.id),
                                  env->sealer, mem, err);
}

/* --- steps --- */

struct department_step
{
    struct sa_step r; /* first */
    struct bus_partner_kind_reply reply;
};
static const struct bus_partner_document_field step_reply_fields[] = {
    BUS_KIND_QUESTION(department_step, sa_step, assignment_id),
    {"department", BUS_DOC_TEXT, AT(sa_step, department), .required = true,
     .max = 32},
    {"item", BUS_DOC_TEXT, AT(sa_step, item), .required = true, .max = 32},
    BUS_KIND_END};
static const struct bus_partner_document_field step_fields[] = {
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = step_reply_fields},
    {"reference", BUS_DOC_TEXT, AT(department_step, reply.reference),
     .has_offset = AT(department_step, reply.has_reference), .max = 64},
    {"occurred_at", BUS_DOC_TIME, AT(sa_step, occurred_at), .required = true},
    {"kind", BUS_DOC_WORD, AT(sa_step, kind), .required = true,
     .symbols = &sa_step_kind_words},
    {"done_by", BUS_DOC_PART, AT(sa_step, done_by), .required = true,
     .sub = bus_partner_kind_actor_fields},
    {"second", BUS_DOC_PART, AT(sa_step, second),
     .has_offset = AT(sa_step, has_second),
     .sub = bus_partner_kind_actor_fields},
    {"document_hash", BUS_DOC_HEX, AT(sa_step, document_hash),
     .has_offset = AT(sa_step, has_document_hash), .max = 64},
    {"facts", BUS_DOC_LIST, AT(sa_step, facts),
     .sub = bus_partner_kind_found_fields, .sub_size = sizeof(struct sa_fact)},
    BUS_KIND_END};
static const struct bus_partner_document step_document = {
    "step", 1, step_fields, sizeof(struct department_step)};

/* What two people saw, in the survey's name. */
static void department_found(const struct bus_partner_kind_env *env,
                             struct sa_step *s,
                             struct bus_partner_document_faults *faults)
{
    if (s->facts.n > 0 && s->kind != SA_STEP_KIND_SURVEYED) {
        bus_partner_document_fault_add(faults, "/facts", "NOT_OF_A_SURVEY",
                                       "只有入户调查可以附事实",
                                       "facts come with a survey alone");
    }
    for (size_t i = 0; i < s->facts.n; i++) {
        s->facts.v[i].source = BUS_STRV(BUS_CONF_SURVEY);
        s->facts.v[i].verified = true;
        bus_partner_kind_fact_held(env->config, BUS_CONF_SURVEY, &s->facts.v[i],
                                   i, bus_china_day(s->occurred_at), faults);
    }
}

static void step_finish(const struct bus_partner_kind_env *env,
                        void *doc,
                        struct bus_partner_document_faults *faults)
{
    struct sa_step *s = doc;
    department_found(env, s, faults);
    if (!bus_strv_is(s->department, env->partner->code)) {
        bus_partner_document_fault_add(faults, "/reply_to/department",
                                       "DEPARTMENT", "这项派单不是本部门的",
                                       "not this department's");
    }
    if (s->kind != SA_STEP_KIND_SURVEYED && s->kind != SA_STEP_KIND_HEARD) {
        return;
    }
    if (!s->has_second) {
        bus_partner_document_fault_add(
            faults, "/second", "MISSING",
            "入户调查、听取意见须由两人进行, "
            "请填第二名经办人",
            "a survey is made by two people, and two "
            "hear who would lose by a decision");
    } else if (bus_strv_eq(s->done_by.operator_id, s->second.operator_id)) {
        bus_partner_document_fault_add(faults, "/second/operator_id",
                                       "SAME_PERSON", "两名经办人须为不同的人",
                                       "the two are the same person");
    }
}

/* --- another account --- */

struct department_payee
{
    struct sa_payee_change r; /* first */
    struct bus_partner_kind_reply reply;
    struct sa_personal account;
};
static const struct bus_partner_document_field payee_reply_fields[] = {
    BUS_KIND_QUESTION(department_payee, sa_payee_change, assignment_id),
    {"department", BUS_DOC_TEXT, AT(sa_payee_change, department),
     .required = true, .max = 32},
    {"item", BUS_DOC_TEXT, AT(sa_payee_change, item), .required = true,
     .max = 32},
    BUS_KIND_END};
#define ACCOUNT(field)                                                 \
    BUS_KIND_FIELD(BUS_DOC_TEXT, sa_personal, field, .required = true, \
                   .max = 128,                                         \
                   .has_offset = offsetof(struct sa_personal, has_##field))
static const struct bus_partner_document_field payee_account_fields[] = {
    ACCOUNT(bank_code), ACCOUNT(account), ACCOUNT(account_holder),
    BUS_KIND_END};
static const struct bus_partner_document_field payee_fields[] = {
    {"reply_to", BUS_DOC_PART, 0, .required = true, .sub = payee_reply_fields},
    /* Its own number: what it is about is sealed, and tells no two apart. */
    {"reference", BUS_DOC_TEXT, AT(department_payee, reply.reference),
     .has_offset = AT(department_payee, reply.has_reference), .required = true,
     .max = 64},
    {"occurred_at", BUS_DOC_TIME, AT(sa_payee_change, occurred_at),
     .required = true},
    {"asked_by", BUS_DOC_WORD, AT(sa_payee_change, asked_by), .required = true,
     .symbols = &sa_payee_asker_words},
    {"name_check", BUS_DOC_WORD, AT(sa_payee_change, name_check),
     .required = true, .symbols = &sa_payee_name_check_words},
    {"document_hash", BUS_DOC_HEX, AT(sa_payee_change, document_hash),
     .has_offset = AT(sa_payee_change, has_document_hash), .max = 64},
    {"done_by", BUS_DOC_PART, AT(sa_payee_change, done_by), .required = true,
     .sub = bus_partner_kind_actor_fields},
    {"second", BUS_DOC_PART, AT(sa_payee_change, second),
     .has_offset = AT(sa_payee_change, has_second),
     .sub = bus_partner_kind_actor_fields},
    {"signed_at", BUS_DOC_TIME, AT(sa_payee_change, signed_at),
     .required = true},
    {"payee", BUS_DOC_PART, AT(department_payee, account), .required = true,
     .sub = payee_account_fields},
    BUS_KIND_END};
static const struct bus_partner_document payee_document = {
    "payee-change", 1, payee_fields, sizeof(struct department_payee)};

static void payee_finish(const struct bus_partner_kind_env *env,
                         void *doc,
                         struct bus_partner_document_faults *faults)
{
    const struct sa_payee_change *p = doc;
    if (!bus_strv_is(p->department, env->partner->code)) {
        bus_partner_document_fault_add(faults, "/reply_to/department",
                                       "DEPARTMENT", "这项派单不是本部门的",
                                       "not this department's");
    }
    if (p->name_check == SA_PAYEE_NAME_CHECK_DIFFERS) {
        bus_partner_document_fault_add(
            faults, "/name_check", "NAME_DIFFERS",
            "户名既不是受助人也不是其监护人, 不得变更",
            "the account is neither the beneficiary's nor his guardian's");
    }
    if (!p->has_second) {
        bus_partner_document_fault_add(faults, "/second", "MISSING",
                                       "账户变更须由另一人审批",
                                       "somebody else approves the change");
    } else if (bus_strv_eq(p->done_by.operator_id, p->second.operator_id)) {
        bus_partner_document_fault_add(
            faults, "/second/operator_id", "SAME_PERSON",
            "经办人与审批人须为不同的人", "the two are the same person");
    }
    if (env->keys == NULL ||
        !bus_wire_keyring_seals(env->keys, BUS_STRV("bus"))) {
        bus_partner_document_fault_add(
            faults, "/payee", "KEY_MISSING",
            "密钥文件中没有 bus 的公钥, 账户无法封装(ops/docs/keys.md)",
            "the keyring has no public key of `bus` to seal the account to "
            "(ops/docs/keys.md)");
    }
}

/* The account is sealed for the bus, then the whole with the site's seal. */
static int payee_sign(const struct bus_partner_kind_env *env,
                      void *record,
                      struct bus_arena *mem,
                      struct bus_err *err)
{
    struct department_payee *p = record;
    struct bus_wire_binding b = {"payee_change", "personal", &p->r.event_id};
    struct bus_strv plain;
    struct sa_personal account = {
        .has_bank_code = true,
        .bank_code = p->account.bank_code,
        .has_account = true,
        .account = p->account.account,
        .has_account_holder = true,
        .account_holder = p->account.account_holder,
    };
    BUS_TRY(
        bus_wire_encode_framed(&sa_personal_type, &account, mem, &plain, err));
    BUS_TRY(bus_wire_seal(env->keys, BUS_STRV("bus"), &b, plain, mem,
                          &p->r.personal, err));
    p->r.has_personal = true;
    if (env->sealer == NULL || env->partner->seal.id == NULL) {
        return BUS_OK;
    }
    p->r.has_seal_id = true;
    p->r.seal_id = bus_strv(env->partner->seal.id);
    BUS_TRY(bus_role_record_sign(&sa_payee_change_type, &p->r, p->r.signed_at,
                                 env->sealer, mem, &p->r.seal, err));
    p->r.has_seal = true;
    return BUS_OK;
}

static const struct bus_partner_kind_in department_payee_in = {
    .kind = "department",
    .topic = "decisions",
    .record = "payee_change",
    .ce_type = "sa.payee_change.v1",
    .type = &sa_payee_change_type,
    .document = &payee_document,
    .about_offset = AT(sa_payee_change, assignment_id),
    .reply_offset = AT(department_payee, reply),
    .finish = payee_finish,
    .tells = true,
    .sign = payee_sign,
};

static const struct bus_partner_kind_in department_step_in = {
    .kind = "department",
    .topic = "decisions",
    .record = "step",
    .ce_type = "sa.step.v1",
    .type = &sa_step_type,
    .document = &step_document,
    .about_offset = AT(sa_step, assignment_id),
    .reply_offset = AT(department_step, reply),
    .finish = step_finish,
    .also = &department_payee_in,
    .tells = true,
};

const struct bus_partner_kind_in kind_department_in = {
    .kind = "department",
    .topic = "decisions",
    .record = "decision",
    .ce_type = "sa.decision.v1",
    .type = &sa_decision_type,
    .document = &document,
    .about_offset = AT(sa_decision, assignment_id),
    .reply_offset = AT(department_answer, reply),
    .finish = department_finish,
    .also = &department_step_in,
    .sign = department_sign,
};
