/* The parts of bus_conf_open(). Internal to the conf room. Each reads its
 * files and adds what is wrong to faults; what could not be read stays empty.
 */
#ifndef BUS_CONF_LOAD_H
#define BUS_CONF_LOAD_H

#include "bus/conf/bus_config.h"

void bus_conf_load_partners(struct bus_config *c, struct bus_faults *faults);
void bus_conf_load_funds(struct bus_config *c, struct bus_faults *faults);
void bus_conf_load_facts(struct bus_config *c, struct bus_faults *faults);
void bus_conf_load_calendars(struct bus_config *c, struct bus_faults *faults);
void bus_conf_load_policies(struct bus_config *c, struct bus_faults *faults);
void bus_conf_load_county(struct bus_config *c, struct bus_faults *faults);
void bus_conf_load_operators(struct bus_config *c, struct bus_faults *faults);
/* "<folder>/<name>" in the configuration's arena; NULL without memory. */
char *bus_conf_load_path(struct bus_config *c, const char *name);
/* n digits and nothing else. */
bool bus_conf_load_digits(const char *s, size_t n);

#endif
