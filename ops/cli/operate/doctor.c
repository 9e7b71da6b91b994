#include "ops/cli/operate/doctor.h"

#include <stdio.h>

static const struct doctor_about grades[DOCTOR_GRADES] = {
    [DOCTOR_WELL] = {"好", "ok"},
    [DOCTOR_WARNING] = {"注意", "warning"},
    [DOCTOR_FAULT] = {"错误", "FAULT"},
    [DOCTOR_AWAY] = {"无应答", "AWAY"},
};

void cli_doctor_tell(struct doctor *d,
                     enum doctor_grade grade,
                     const struct doctor_about *about,
                     const char *format,
                     ...)
{
    va_list args;
    d->count[grade]++;
    (void)printf("%s %-7s  %s %s: ", grades[grade].zh, grades[grade].en,
                 about->zh, about->en);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)putchar('\n');
}

void cli_doctor_advise(const char *zh, const char *en)
{
    (void)printf("           -> %s\n              %s\n", zh, en);
}
