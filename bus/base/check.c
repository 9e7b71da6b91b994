#include "bus/base/check.h"

#include <stdlib.h>

#include "bus/base/log.h"

_Noreturn void bus_check_failed(const char *condition,
                                const char *file,
                                int line,
                                const char *function)
{
    bus_log(BUS_LOG_ERROR, "a fault of this program",
            "check=\"%s\" at=%s:%d in=%s", condition, file, line, function);
    abort();
}
