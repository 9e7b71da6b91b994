/* The life-cycles of this room as tables: `lianou fsm` draws them. */
#ifndef BUS_KAFKA_FSM_H
#define BUS_KAFKA_FSM_H

#include "bus/base/fsm.h"

extern const struct bus_fsm bus_kafka_group_fsm;    /* group.c */
extern const struct bus_fsm bus_kafka_lane_fsm;     /* eos_lane.c */
extern const struct bus_fsm bus_kafka_producer_fsm; /* eos_producer.c */

#endif
