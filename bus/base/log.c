#include "bus/base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bus/base/clock.h"

#define LOG_LINE_MAX 2048

static enum bus_log_level least = BUS_LOG_INFO;
static char who[160];

void bus_log_level_set(enum bus_log_level level)
{
    least = level;
}

void bus_log_role_set(const char *role, const char *name)
{
    if (name != NULL && name[0] != '\0') {
        (void)snprintf(who, sizeof(who), " role=%.64s name=%.64s", role, name);
    } else {
        (void)snprintf(who, sizeof(who), " role=%.64s", role);
    }
}

void bus_log(enum bus_log_level level, const char *msg, const char *fields, ...)
{
    static const char *const words[] = {"debug", "info", "warn", "error"};
    if (level < least) {
        return;
    }
    char line[LOG_LINE_MAX], time[BUS_TIME_TEXT + 1];
    int n = snprintf(line, sizeof(line), "time=%s lvl=%s%s msg=\"%.200s\"",
                     bus_time_text(bus_clock_system.wall_ms(NULL), time),
                     words[level], who, msg);
    size_t len = n < 0 ? 0 : (size_t)n;
    if (fields != NULL && len < sizeof(line) - 2) {
        line[len++] = ' ';
        va_list ap;
        va_start(ap, fields);
        n = vsnprintf(line + len, sizeof(line) - len, fields, ap);
        va_end(ap);
        len += n < 0 ? 0 : (size_t)n;
    }
    len = len > sizeof(line) - 2 ? sizeof(line) - 2 : len;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f) {
            line[i] = '?';
        }
    }
    line[len++] = '\n';
    /* One write a line, so that lines of several threads do not mix. */
    if (write(STDERR_FILENO, line, len) < 0) {
        return; /* there is nowhere left to say it */
    }
}
