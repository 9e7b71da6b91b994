/* A heap whose k-th request is refused, alone or with all after it. */
#ifndef TESTS_SWEEP_BUDGET_H
#define TESTS_SWEEP_BUDGET_H

#include <stdbool.h>
#include <stdlib.h>

#include "bus/base/heap.h"

static struct
{
    size_t left;
    bool on;
    bool after; /* everything after it is refused, too */
    bool refused;
} budget;

static bool refuse(void)
{
    if (!budget.on || budget.left > 0) {
        budget.left -= budget.on;
        return false;
    }
    bool no = budget.after || !budget.refused;
    budget.refused = true;
    return no;
}

static void *take(void *data, size_t n)
{
    (void)data;
    return refuse() ? NULL : malloc(n);
}

static void *take_again(void *data, void *p, size_t n)
{
    (void)data;
    return refuse() ? NULL : realloc(p, n);
}

static void give(void *data, void *p)
{
    (void)data;
    free(p);
}

static const struct bus_heap heap = {NULL, take, take_again, give};

static void limit(size_t k, bool after)
{
    budget.left = k;
    budget.after = after;
    budget.refused = false;
    budget.on = true;
}

#endif
