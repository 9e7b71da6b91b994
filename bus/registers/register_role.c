/* What a role may do. A role that is not here may nothing. */
#include "bus/registers/registers_parts.h"

#include <string.h>

#define MAY(act) (1u << BUS_REGISTER_##act)

static const struct
{
    const char *role;
    unsigned acts;
} roles[] = {
    {"director", MAY(OPINION) | MAY(DECIDE) | MAY(PAY)},
    {"approver", MAY(OPINION) | MAY(DECIDE)},
    {"clerk", MAY(TAKE_DOWN) | MAY(SURVEY) | MAY(OPINION)},
    {"assistant", MAY(TAKE_DOWN) | MAY(SURVEY)},
    {"cashier", MAY(PAY)},
    {"auditor", 1u << BUS_REGISTER_ACTS}, /* reads, and does nothing */
};

static unsigned acts_of(struct bus_strv role)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (bus_strv_is(role, roles[i].role)) {
            return roles[i].acts;
        }
    }
    return 0;
}

/* The next word of a list with a space between. */
static struct bus_strv next_word(const char **at)
{
    size_t n = strcspn(*at, " ");
    struct bus_strv word = {*at, n};
    *at += n + ((*at)[n] == ' ');
    return word;
}

unsigned registers_role_acts(const char *role)
{
    unsigned acts = 0;
    for (const char *at = role;;) {
        unsigned one = acts_of(next_word(&at));
        acts |= one;
        if (one == 0 || *at == '\0') {
            return one == 0 ? 0 : acts;
        }
    }
}

bool bus_registers_has_role(const struct bus_register_operator *o,
                            const char *role)
{
    for (const char *at = o->role; *at != '\0';) {
        if (bus_strv_is(next_word(&at), role)) {
            return true;
        }
    }
    return false;
}

bool registers_act_parse(const char *word, enum bus_register_act *ret)
{
    static const char *const words[] = {
        [BUS_REGISTER_TAKE_DOWN] = "take_down",
        [BUS_REGISTER_SURVEY] = "survey",
        [BUS_REGISTER_OPINION] = "opinion",
        [BUS_REGISTER_DECIDE] = "decide",
        [BUS_REGISTER_PAY] = "pay",
    };
    for (int i = 0; i < BUS_REGISTER_ACTS; i++) {
        if (strcmp(words[i], word) == 0) {
            *ret = (enum bus_register_act)i;
            return true;
        }
    }
    return false;
}
