/* logfmt lines to stderr. For programs' top level only: rooms return errors
 * and do not log. Never personal data, payloads or SQL parameters. */
#ifndef BUS_BASE_LOG_H
#define BUS_BASE_LOG_H

#include <stddef.h>

enum bus_log_level { BUS_LOG_DEBUG, BUS_LOG_INFO, BUS_LOG_WARN, BUS_LOG_ERROR };

void bus_log_level_set(enum bus_log_level level);
/* Put in front of every line: role=matcher name=... (copied, cut at 64). */
void bus_log_role_set(const char *role, const char *name);
/* bus_log(BUS_LOG_WARN, "broker away", "host=%s try=%d", host, n)
 *   -> time=... lvl=warn role=matcher msg="broker away" host=... try=3
 * fields may be NULL. Values with spaces must be quoted by the caller
 * ("err=\"%s\""); control characters and inner quotes become '?' and '\''. */
void bus_log(enum bus_log_level level, const char *msg, const char *fields, ...)
    __attribute__((format(printf, 3, 4)));

#endif
