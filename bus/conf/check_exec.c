/* A partner's program, and its database: told at the key that is wrong. */
#include <string.h>

#include "bus/conf/bus_config.h"
#include "bus/conf/check_parts.h"

static struct bus_place exec_at(const struct bus_conf_partner *p,
                                const char *key)
{
    const struct bus_node *exec = bus_node_get(p->node, "exec");
    const struct bus_node *n = exec != NULL ? bus_node_get(exec, key) : NULL;
    return n != NULL ? n->at : exec != NULL ? exec->at : p->node->at;
}

static bool exec_variables_good(const struct bus_conf_partner_exec *exec)
{
    const char *const *list = exec->environment.items;
    for (size_t i = 0; i < exec->environment.count; i++) {
        size_t name = strspn(list[i], "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "abcdefghijklmnopqrstuvwxyz0123456789_");
        if (name == 0 || list[i][name] != '=') {
            return false;
        }
    }
    return true;
}

static const char *exec_command_wrong(const struct bus_conf_partner_exec *exec)
{
    const char *const *list = exec->command.items;
    return exec->command.count == 0
               ? "missing: the program's path and arguments"
           : list[0][0] != '/' ? "must begin with the program's absolute "
                                 "path: no shell looks for it"
                               : NULL;
}

void bus_conf_check_exec(const struct bus_conf_partner *p,
                         struct bus_faults *faults)
{
    bool has = bus_node_get(p->node, "exec") != NULL;
    bool runs = p->transport == BUS_TRANSPORT_EXEC;
    const char *command = exec_command_wrong(&p->exec);
    if (!runs) {
        if (has) {
            bus_faults_add(faults, exec_at(p, ""), "exec",
                           "only transport exec has it");
        }
        return;
    }
    if (command != NULL) {
        bus_faults_add(faults, exec_at(p, "command"), "exec.command", "%s",
                       command);
    }
    if (p->exec.folder == NULL) {
        bus_faults_add(faults, exec_at(p, "folder"), "exec.folder",
                       "missing: where the program runs");
    }
    if (!exec_variables_good(&p->exec)) {
        bus_faults_add(faults, exec_at(p, "environment"), "exec.environment",
                       "must be NAME=value, one each");
    }
}

void bus_conf_check_postgres(const struct bus_conf_partner *p,
                             struct bus_faults *faults)
{
    const struct bus_node *has = bus_node_get(p->node, "postgres");
    struct bus_place at = has != NULL ? has->at : p->node->at;
    if (p->transport != BUS_TRANSPORT_POSTGRES) {
        if (has != NULL) {
            bus_faults_add(faults, at, "postgres",
                           "only transport postgres has it");
        }
        return;
    }
    if (p->postgres.conninfo_file == NULL) {
        bus_faults_add(faults, at, "postgres.conninfo_file",
                       "missing: where its database is, and as whom");
    }
    if (p->postgres.plain == BUS_HTTP_PLAIN_ANYWHERE) {
        bus_faults_warn(faults, at, "postgres.plain",
                        "open: events with personal data are readable on the "
                        "way unless something else does TLS");
    }
}
