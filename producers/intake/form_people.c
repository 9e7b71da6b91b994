/* Who took an application down, and who helped: operators by the register, a
 * relative or neighbour by his name (S06, S44). */
#include "producers/intake/form_parts.h"

static const struct bus_register_operator *
operator_of(struct form_reading *r, const struct form_actor *a)
{
    return bus_registers_operator_in(r->rules->index->registers, a->operator_id,
                                     a->org_code, a->role, r->day);
}

static bool check_actor(struct form_reading *r,
                        const char *base,
                        bool there,
                        const struct form_actor *in,
                        struct sa_actor *ret)
{
    *ret = (struct sa_actor){.operator_id = in->operator_id,
                             .org_code = in->org_code,
                             .role = in->role};
    if (!there) {
        return false;
    }
    const struct bus_register_operator *op = operator_of(r, in);
    if (op == NULL) {
        intake_form_fault(
            r, (struct form_at){base, "operator_id"}, "OPERATOR",
            "此人在申请当日于该机构没有(此)职务; 须为实名经办人",
            "nobody of this id has a (this) role in that organisation "
            "on the day of the application; operators are named "
            "persons");
        return false;
    }
    ret->role = bus_strv(op->role);
    return true;
}

/* May this office take down what this village applies for: the village's own,
 * its station, its town, the county's; another one of no town where the county
 * stands above it or has delegated this (register, act take_down). */
static struct bus_strv taker_of(const struct form_reading *r,
                                struct bus_strv org,
                                const struct bus_village *v)
{
    const char *const near[] = {v->code,
                                v->station != NULL ? v->station->code : "",
                                v->town_code, r->rules->config->county.code};
    for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
        if (bus_strv_is(org, near[i])) {
            return org;
        }
    }
    bool townless =
        bus_registers_town(r->rules->index->registers, org, r->day).n == 0;
    return townless ? bus_strv(r->rules->config->county.code)
                    : bus_strv(v->code);
}

/* Another village's assistant, another town's clerk, a role that takes nothing
 * down: S44, S55. */
static void check_take_down(struct form_reading *r)
{
    const struct sa_application *a = &r->form->application;
    const struct bus_village *v =
        bus_conf_village(r->rules->config, r->record.division_code);
    if (!a->has_operator || v == NULL) {
        return; /* nobody, or a fault of its own */
    }
    struct bus_register_claim claim = {.operator_id = a->operator.operator_id,
                                       .org = a->operator.org_code,
                                       .act = BUS_REGISTER_TAKE_DOWN,
                                       .owner =
                                           taker_of(r, a->operator.org_code, v),
                                       .town = bus_strv(v->town_code),
                                       .day = r->day};
    enum bus_register_answer answer =
        bus_registers_may(r->rules->index->registers, &claim);
    if (answer != BUS_REGISTER_YES) {
        intake_form_fault(
            r, (struct form_at){"/operator", "operator_id"}, "OPERATOR_MAY_NOT",
            intake_form_text(r, "此人不能受理该村(居)的申请 (%s)",
                             bus_registers_answer_word(answer)),
            intake_form_text(r,
                             "may not take down an application of this "
                             "village (%s)",
                             bus_registers_answer_word(answer)));
    }
}

/* A relative or neighbour: his telephone number as those of members. */
static int check_helped_by(struct form_reading *r)
{
    struct form_helped *h = &r->record.helped_by;
    struct form_at at = {"/helped_by", "phone"};
    if (!r->record.has_helped_by) {
        return BUS_OK;
    }
    h->phone = intake_form_phone(r->mem, h->phone);
    if (h->phone.n < FORM_PHONE_MIN || h->phone.n > FORM_PHONE_MAX) {
        intake_form_fault(r, at, "PHONE_LENGTH", "电话号码应为5至20位数字",
                          "a telephone number has 5 to 20 digits");
    }
    r->form->helped_by = (struct sa_helped_by){
        .name = h->name, .relation = h->relation, .phone = h->phone};
    r->form->has_helped_by = true;
    return BUS_OK;
}

int intake_form_people(struct form_reading *r, const json_t *j)
{
    const struct form_record *in = &r->record;
    struct sa_application *a = &r->form->application;
    a->has_helper =
        check_actor(r, "/helper", in->has_helper, &in->helper, &a->helper);
    a->has_operator = check_actor(r, "/operator", in->has_operator,
                                  &in->operator, & a->operator);
    bool alone =
        a->channel == SA_CHANNEL_WEB || a->channel == SA_CHANNEL_MOBILE;
    const json_t *operator= json_object_get(j, "operator");
    if (!alone && (operator== NULL || json_is_null(operator))) {
        intake_form_fault(r, (struct form_at){"", "operator"},
                          "OPERATOR_MISSING",
                          "电话、口述、服务站渠道须记录受理人",
                          "this channel needs the operator who took it down");
    }
    check_take_down(r);
    return check_helped_by(r);
}
