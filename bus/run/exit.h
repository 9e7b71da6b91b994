/* Exit codes of a role, for systemd and for people. */
#ifndef BUS_RUN_EXIT_H
#define BUS_RUN_EXIT_H

enum bus_run_exit {
    BUS_EXIT_OK = 0,       /* drained */
    BUS_EXIT_FAULT = 1,    /* stopped by an error (act STOP) */
    BUS_EXIT_USAGE = 2,    /* wrong command line */
    BUS_EXIT_CONFIG = 3,   /* configuration fault: restarting is of no use */
    BUS_EXIT_UNDRAINED = 4 /* the drain limit passed; nothing was lost, but
                              what was in flight will be done again */
};

#endif
