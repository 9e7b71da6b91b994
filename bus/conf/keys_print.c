/* Descriptor tables as text: what a key allows, and the page for people. */
#include <inttypes.h>
#include <string.h>

#include "bus/conf/keys.h"
#include "bus/conf/walk.h"

static const char *type_word(enum bus_key_type t)
{
    switch (t) {
    case BUS_KEY_STR:
        return "text";
    case BUS_KEY_INT:
        return "int";
    case BUS_KEY_BOOL:
        return "bool";
    case BUS_KEY_ENUM:
        return "word";
    case BUS_KEY_DURATION:
        return "duration";
    case BUS_KEY_SIZE:
        return "size";
    case BUS_KEY_MONEY:
        return "money";
    case BUS_KEY_DATE:
        return "date";
    case BUS_KEY_PATH:
        return "path";
    case BUS_KEY_SECRET:
        return "secret";
    case BUS_KEY_NODE:
        return "any";
    case BUS_KEY_STRUCT:
        return "map";
    case BUS_KEY_LIST:
        return "list";
    case BUS_KEY_MAP:
        return "map by name";
    }
    return "";
}

void bus_conf_key_type_text(const struct bus_key *key, struct bus_buf *out)
{
    bus_buf_puts(out, type_word(key->type));
    if (key->elem) {
        bus_buf_printf(out, " of %s", type_word(key->elem->type));
    }
}

/* 90000 -> "90s": limits are read in the unit they are written in. */
static void put_duration(int64_t ms, struct bus_buf *out)
{
    static const struct
    {
        const char *word;
        int64_t ms;
    } units[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}};
    for (size_t i = 0; i < 4; i++) {
        if (ms && ms % units[i].ms == 0) {
            bus_buf_printf(out, "%" PRId64 "%s", ms / units[i].ms,
                           units[i].word);
            return;
        }
    }
    bus_buf_printf(out, "%" PRId64 "ms", ms);
}

static void put_size(int64_t n, struct bus_buf *out)
{
    static const char *const word[] = {"", "KiB", "MiB", "GiB"};
    size_t i = 0;
    while (i < 3 && n && n % 1024 == 0) {
        n /= 1024;
        i++;
    }
    bus_buf_printf(out, "%" PRId64 "%s", n, word[i]);
}

static void
keys_print_put_number(const struct bus_key *key, int64_t v, struct bus_buf *out)
{
    if (key->type == BUS_KEY_DURATION) {
        put_duration(v, out);
    } else if (key->type == BUS_KEY_SIZE) {
        put_size(v, out);
    } else if (key->type == BUS_KEY_MONEY) {
        bus_buf_printf(out, "%" PRId64 " fen", v);
    } else {
        bus_buf_printf(out, "%" PRId64, v);
    }
}

static void put_limits(const struct bus_key *key, struct bus_buf *out)
{
    if (key->min == 0 && key->max == 0) {
        return;
    }
    bus_buf_puts(out, ", ");
    keys_print_put_number(key, key->min, out);
    bus_buf_puts(out, " to ");
    keys_print_put_number(key, key->max, out);
    if (key->type == BUS_KEY_STR) {
        bus_buf_puts(out, " bytes");
    } else if (key->type == BUS_KEY_LIST || key->type == BUS_KEY_MAP) {
        bus_buf_puts(out, " entries");
    }
}

void bus_conf_key_allowed(const struct bus_key *key, struct bus_buf *out)
{
    static const char *const texts[] = {
        [BUS_KEY_STR] = "a text",
        [BUS_KEY_INT] = "a whole number",
        [BUS_KEY_BOOL] = "true or false",
        [BUS_KEY_DURATION] = "a duration such as 20ms, 5s, 3m, 2h, 3d",
        [BUS_KEY_SIZE] = "a size such as 512, 64KiB, 64MiB",
        [BUS_KEY_MONEY] = "money such as 3000.00 yuan or 300000 fen",
        [BUS_KEY_DATE] = "a date such as 2026-07-01",
        [BUS_KEY_PATH] = "a path",
        [BUS_KEY_SECRET] = "${NAME} of the environment",
        [BUS_KEY_NODE] = "a value",
        [BUS_KEY_STRUCT] = "a map",
        [BUS_KEY_LIST] = "a list",
        [BUS_KEY_MAP] = "a map",
    };
    if (key->type == BUS_KEY_ENUM) {
        for (const struct bus_word *w = key->words; w->word; w++) {
            bus_buf_printf(out, "%s%s", w == key->words ? "" : " | ", w->word);
        }
        return;
    }
    bus_buf_puts(out, texts[key->type]);
    put_limits(key, out);
}

static void print_row(const struct bus_key *k, struct bus_buf *out)
{
    bus_buf_printf(out, "| `%s` | ", k->name);
    bus_conf_key_type_text(k, out);
    bus_buf_puts(out, " | ");
    if (k->required) {
        bus_buf_puts(out, "**required**");
    } else if (k->dflt) {
        bus_buf_printf(out, "`%s`", k->dflt);
    } else {
        bus_buf_puts(out, "-");
    }
    bus_buf_puts(out, " | ");
    struct bus_buf allowed = {0};
    bus_conf_key_allowed(k, &allowed);
    for (const char *p = bus_buf_cstr(&allowed); *p; p++) {
        bus_buf_printf(out, "%s%c", *p == '|' ? "\\" : "", *p);
    }
    bus_buf_fini(&allowed);
    if (k->type == BUS_KEY_SECRET) {
        bus_buf_printf(out, ", or `%s_file`", k->name);
    }
    bus_buf_printf(out, " | %s<br>%s |\n", k->doc ? k->doc : "",
                   k->doc_zh ? k->doc_zh : "");
}

static const struct bus_keys *keys_print_inner(const struct bus_key *k)
{
    if (k->type == BUS_KEY_STRUCT) {
        return k->sub;
    }
    return k->elem && k->elem->type == BUS_KEY_STRUCT ? k->elem->sub : NULL;
}

/* Calls itself for inner structs: as deep as the tables. */
static void print_section(const struct bus_keys *keys,
                          const char *title,
                          struct bus_buf *out)
{
    bus_buf_printf(out, "\n## %s\n\n", title);
    if (keys->doc) {
        bus_buf_printf(out, "%s  \n%s\n\n", keys->doc,
                       keys->doc_zh ? keys->doc_zh : "");
    }
    bus_buf_puts(out, "| key | type | default | allowed | meaning |\n"
                      "|---|---|---|---|---|\n");
    for (const struct bus_key *k = keys->keys; k->name; k++) {
        print_row(k, out);
    }
    for (const struct bus_key *k = keys->keys; k->name; k++) {
        const struct bus_keys *sub = keys_print_inner(k);
        if (!sub) {
            continue;
        }
        struct bus_buf name = {0};
        bus_buf_printf(&name, "%s: %s", title, k->name);
        if (k->type == BUS_KEY_LIST) {
            bus_buf_puts(&name, "[]");
        } else if (k->type == BUS_KEY_MAP) {
            bus_buf_puts(&name, ".<name>");
        }
        print_section(sub, bus_buf_cstr(&name), out);
        bus_buf_fini(&name);
    }
}

void bus_conf_keys_print(const struct bus_keys *keys,
                         const char *title,
                         struct bus_buf *out)
{
    print_section(keys, title, out);
}
