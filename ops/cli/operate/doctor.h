/* What a county needs before its roles can do their work, looked at one by one.
 *
 * Each check says one line: how it is, and what to do. Nothing is changed, and
 * no fault keeps the next check from being made. */
#ifndef OPS_CLI_OPERATE_DOCTOR_H
#define OPS_CLI_OPERATE_DOCTOR_H

#include <stdarg.h>
#include <stddef.h>

#include "ops/cli/tool.h"

enum doctor_grade {
    DOCTOR_WELL,
    DOCTOR_WARNING, /* it runs; somebody should look */
    DOCTOR_FAULT,   /* a role cannot do its work */
    DOCTOR_AWAY, /* a service does not answer: what it would say is unknown */
    DOCTOR_GRADES
};
struct doctor
{
    struct tool *t;
    size_t count[DOCTOR_GRADES];
};

/* One line. about: what was looked at, both languages (of a table). */
struct doctor_about
{
    const char *zh, *en;
};
void cli_doctor_tell(struct doctor *d,
                     enum doctor_grade grade,
                     const struct doctor_about *about,
                     const char *format,
                     ...) __attribute__((format(printf, 4, 5)));
/* What to do about the line before; both languages. */
void cli_doctor_advise(const char *zh, const char *en);

/* What this machine has: files, keys, disk, clock, certificates, ports. */
void cli_doctor_machine(struct doctor *d);
/* What it talks to: Kafka with its topics and rules, PostgreSQL. */
void cli_doctor_services(struct doctor *d);

#endif
