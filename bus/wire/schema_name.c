/* Names of the Avro specification, and its names of kinds. */
#include <ctype.h>

#include "bus/wire/schema_parts.h"

static const char *const kind_names[] = {
    "null",   "boolean", "int",  "long",  "float", "double", "bytes",
    "string", "record",  "enum", "array", "map",   "union",  "fixed"};

const char *wire_kind_name(enum bus_wire_kind kind)
{
    return kind_names[kind];
}

bool wire_name_valid(const char *s, bool dotted)
{
    bool first = true;
    for (; *s != '\0'; s++) {
        if (dotted && *s == '.' && !first) {
            first = true;
            continue;
        }
        bool ok = isalpha((unsigned char)*s) || *s == '_' ||
                  (!first && isdigit((unsigned char)*s));
        if (!ok) {
            return false;
        }
        first = false;
    }
    return !first;
}
