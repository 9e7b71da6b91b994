#include "bus/policy/process.h"

#include "bus/base/check.h"
#include "bus/policy/source.h"

/* The catalogue's words for what is a step here; others (list, aid, decide,
 * letter ...) are the decision itself, or come behind it. */
static const struct
{
    const char *word;
    enum bus_policy_step step;
} process_words[] = {
    {"accept", BUS_POLICY_STEP_ACCEPT},   {"survey", BUS_POLICY_STEP_SURVEY},
    {"review", BUS_POLICY_STEP_SURVEY},   {"check", BUS_POLICY_STEP_CHECK},
    {"examine", BUS_POLICY_STEP_CHECK},   {"assess", BUS_POLICY_STEP_CHECK},
    {"opinion", BUS_POLICY_STEP_OPINION}, {"notice", BUS_POLICY_STEP_NOTICE},
    {"hearing", BUS_POLICY_STEP_HEARING},
};

const char *bus_policy_step_word(enum bus_policy_step step)
{
    static const char *const words[] = {
        [BUS_POLICY_STEP_ACCEPT] = "accept",
        [BUS_POLICY_STEP_SURVEY] = "survey",
        [BUS_POLICY_STEP_CHECK] = "check",
        [BUS_POLICY_STEP_OPINION] = "opinion",
        [BUS_POLICY_STEP_NOTICE] = "notice",
        [BUS_POLICY_STEP_HEARING] = "hearing",
    };
    BUS_CHECK(step < BUS_POLICY_STEPS);
    return words[step];
}

static bool process_by_town(const struct bus_node *actor)
{
    return actor != NULL && (bus_strv_is(actor->text, "township") ||
                             bus_strv_is(actor->text, "village") ||
                             bus_strv_is(actor->text, "station"));
}

static void process_add(const struct bus_node *step,
                        struct bus_policy_process *ret)
{
    const struct bus_node *word = bus_node_get(step, "step");
    bool town = process_by_town(bus_node_get(step, "actor"));
    for (size_t i = 0; i < sizeof(process_words) / sizeof(process_words[0]);
         i++) {
        if (word != NULL && bus_strv_is(word->text, process_words[i].word)) {
            unsigned bit = BUS_POLICY_STEP_BIT(process_words[i].step);
            ret->steps |= bit;
            ret->town |= town ? bit : 0;
        }
    }
}

void bus_policy_process_at(const struct bus_policy_catalogue *c,
                           size_t item,
                           int32_t rule_date,
                           struct bus_policy_process *ret)
{
    BUS_CHECK(item < bus_policy_item_count(c));
    const struct bus_node *version =
        bus_policy_version_node(c, item, rule_date);
    const struct bus_node *process = bus_node_get(version, "process");
    int64_t days = 0;
    *ret = (struct bus_policy_process){0};
    if (process == NULL && version != NULL) {
        process = bus_node_get(bus_policy_item_node(c, item), "process");
    }
    const struct bus_node *steps = bus_node_get(process, "steps");
    for (size_t i = 0;
         steps != NULL && steps->kind == BUS_NODE_LIST && i < steps->count;
         i++) {
        process_add(steps->items[i], ret);
    }
    (void)bus_node_to_i64(bus_node_get(process, "notice_days"), &days);
    ret->notice_days = days > 0 && days < 366 ? (int32_t)days : 0;
    if (ret->notice_days > 0) {
        ret->steps |= BUS_POLICY_STEP_BIT(BUS_POLICY_STEP_NOTICE);
        ret->town |= BUS_POLICY_STEP_BIT(BUS_POLICY_STEP_NOTICE);
    }
}
