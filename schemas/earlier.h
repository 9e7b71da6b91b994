/* Schemas as they were before a change, by the id they were written under. */
#ifndef SCHEMAS_EARLIER_H
#define SCHEMAS_EARLIER_H

#include <stddef.h>
#include <stdint.h>

struct sa_earlier
{
    uint32_t id;
    const char *json; /* stands alone; NULL ends the list */
};
extern const struct sa_earlier sa_earlier[];

#endif
