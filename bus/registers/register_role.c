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

unsigned registers_role_acts(const char *role)
{
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(roles[i].role, role) == 0) {
            return roles[i].acts;
        }
    }
    return 0;
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
