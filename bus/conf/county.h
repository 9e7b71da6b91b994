/* The county in the configuration: villages, stations, operators, funds. Part
 * of bus_config.h, never changed after loading. */
#ifndef BUS_CONF_COUNTY_H
#define BUS_CONF_COUNTY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/base/node.h"
#include "bus/conf/keys.h"

struct bus_village
{
    const char *code;      /* 12 digits */
    const char *name;      /* Chinese */
    const char *town_code; /* 9 digits */
    const char *town;
    bool community; /* urban neighbourhood, else village */
    const struct bus_station *station;
    struct bus_place at;
};
struct bus_station
{
    const char *code; /* "371425101S01" */
    const char *name;
    const char *town_code;
    size_t villages;
};
struct bus_operator
{
    const char *id; /* "op-000123" */
    const char *name;
    const char *org;          /* village, station, town, county, partner code */
    const char *role;         /* assistant, clerk, approver, ... */
    int32_t from_day, to_day; /* to_day INT32_MAX = open; both inclusive */
    struct bus_place at;
};
struct bus_fund
{
    const char *code; /* first: the map's key */
    const char *name, *name_zh;
    const char *bank;    /* partner code */
    const char *account; /* of the fund at that bank; NULL: not said */
    const char *source, *confidence;
    const struct bus_node *node;
};

#endif
