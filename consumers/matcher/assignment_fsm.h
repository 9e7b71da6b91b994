/* The life of an assignment, for those who draw it. */
#ifndef CONSUMERS_MATCHER_ASSIGNMENT_FSM_H
#define CONSUMERS_MATCHER_ASSIGNMENT_FSM_H

#include "bus/base/fsm.h"

extern const struct bus_fsm matcher_assignment_fsm;

#endif
