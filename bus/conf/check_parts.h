/* The cross-checks that look into policies. Internal to the conf room. */
#ifndef BUS_CONF_CHECK_PARTS_H
#define BUS_CONF_CHECK_PARTS_H

#include "bus/conf/bus_config.h"

/* Owners, funds, delivery partners, the ten attributes (S27-S36). */
void bus_conf_check_policies(const struct bus_config *c,
                             struct bus_faults *faults);
/* Facts of forms and grants, items of the interaction rules. */
void bus_conf_check_links(const struct bus_config *c,
                          struct bus_faults *faults);
/* A partner's database (check_exec.c, as the next). */
void bus_conf_check_postgres(const struct bus_conf_partner *p,
                             struct bus_faults *faults);
/* A partner's program, and how it is run (check_exec.c). */
void bus_conf_check_exec(const struct bus_conf_partner *p,
                         struct bus_faults *faults);
/* Where a partner's events are pushed to, and how (check_push.c). */
void bus_conf_check_push(const struct bus_conf_partner *p,
                         struct bus_faults *faults);
/* A warning for every mark that is not F: what a county must confirm. */
void bus_conf_check_marks(const struct bus_config *c,
                          struct bus_faults *faults);

#endif
