/* A role: one long-running process of the bus. `role_<name>.c` in a folder of
 * producers/ or consumers/ defines `const struct bus_run_role bus_role_<name>`;
 * the table that `lianou run` looks into is made of the file names. */
#ifndef BUS_RUN_ROLE_H
#define BUS_RUN_ROLE_H

struct bus_run_role_args
{
    const char *config_dir;
    const char *name; /* the partner's code for `run partner NAME`, or NULL */
    int argc;         /* what stands behind ROLE [NAME] */
    char **argv;
};

struct bus_run_role
{
    const char *name;  /* "matcher" */
    const char *usage; /* "" or "NAME" */
    const char *summary;
    /* Runs until it has drained; returns the exit code (enum lianou_exit). */
    int (*run)(const struct bus_run_role_args *args);
};

#endif
