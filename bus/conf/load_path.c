/* What every part of the configuration's folder is loaded with. */
#include <string.h>

#include "bus/conf/file.h"
#include "bus/conf/load.h"

char *bus_conf_load_path(struct bus_config *c, const char *name)
{
    return bus_conf_join(&c->mem, c->folder, name);
}

bool bus_conf_load_digits(const char *s, size_t n)
{
    return strlen(s) == n && strspn(s, "0123456789") == n;
}
