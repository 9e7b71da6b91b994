#include "bus/dmn/tck.h"

#include <string.h>

#include <libxml/parser.h>

#include "bus/dmn/parts.h"

#define GIVEN_MAX  256
#define VALUES_MAX 4096
#define CASE_BYTES (64u << 20)

struct tck
{
    struct bus_arena mem; /* of one case */
    const struct dmn_model *m;
    const struct feel_value *now;
};

static struct bus_strv
tck_attr(struct tck *t, const xmlNode *n, const char *name)
{
    xmlChar *s = xmlGetNoNsProp((xmlNode *)(uintptr_t)n, (const xmlChar *)name);
    char *c = s ? bus_arena_strdup(&t->mem, (const char *)s) : NULL;
    xmlFree(s);
    return bus_strv(c);
}

static struct bus_strv
any_attr(struct tck *t, const xmlNode *n, const char *name)
{
    xmlChar *s = xmlGetProp((xmlNode *)(uintptr_t)n, (const xmlChar *)name);
    char *c = s ? bus_arena_strdup(&t->mem, (const char *)s) : NULL;
    xmlFree(s);
    return bus_strv(c);
}

static struct feel_value
tck_simple(struct tck *t, struct bus_strv type, struct bus_strv text)
{
    struct feel_value v = feel_null;
    const char *colon = type.n ? memchr(type.p, ':', type.n) : NULL;
    const char *w = colon ? colon + 1 : type.p ? type.p : "string";
    bool ok = true;
    if (strcmp(w, "string") == 0) {
        v = feel_string(text);
    } else if (strcmp(w, "boolean") == 0) {
        v = feel_bool(bus_strv_is(text, "true") || bus_strv_is(text, "1"));
    } else if (strcmp(w, "date") == 0) {
        ok = feel_date_parse(text, &v);
    } else if (strcmp(w, "time") == 0) {
        ok = feel_time_parse(&t->mem, text, &v);
    } else if (strcmp(w, "dateTime") == 0) {
        ok = feel_date_time_parse(&t->mem, text, &v);
    } else if (strcmp(w, "duration") == 0 || strstr(w, "Duration") != NULL) {
        ok = feel_duration_parse(text, &v);
    } else {
        ok = feel_number_parse(text, &v);
    }
    return ok ? v : feel_wrong("a value of the test that cannot be read");
}

static struct feel_value value_in(struct tck *t, const xmlNode *n);

static struct feel_value list_in(struct tck *t, const xmlNode *n)
{
    size_t count = dmn_count(n, "item"), i = 0;
    struct feel_value *v = bus_arena_calloc(&t->mem, count + 1, sizeof(*v));
    for (const xmlNode *c = dmn_first(n); v != NULL && c != NULL;
         c = dmn_next(c)) {
        if (dmn_is(c, "item")) {
            v[i++] = value_in(t, c);
        }
    }
    return feel_list_of(v, v ? count : 0);
}

static struct feel_value components_in(struct tck *t, const xmlNode *n)
{
    size_t count = dmn_count(n, "component"), i = 0;
    struct feel_value *v = bus_arena_calloc(&t->mem, count + 1, sizeof(*v));
    struct feel_entry *e = bus_arena_calloc(&t->mem, count + 1, sizeof(*e));
    for (const xmlNode *c = dmn_first(n); v && e && c != NULL;
         c = dmn_next(c)) {
        if (dmn_is(c, "component")) {
            v[i] = value_in(t, c);
            e[i] = (struct feel_entry){tck_attr(t, c, "name"), &v[i]};
            i++;
        }
    }
    return (struct feel_value){.kind = FEEL_CONTEXT, .context = {e, i}};
}

static struct feel_value value_in(struct tck *t, const xmlNode *n)
{
    xmlNode *list = dmn_child(n, "list"), *value = dmn_child(n, "value");
    if (list != NULL) {
        return list_in(t, list);
    }
    if (dmn_child(n, "component") != NULL) {
        return components_in(t, n);
    }
    if (value == NULL || bus_strv_is(any_attr(t, value, "nil"), "true") ||
        bus_strv_is(any_attr(t, n, "nil"), "true")) {
        return feel_null;
    }
    xmlChar *s = xmlNodeGetContent(value);
    char *c = s ? bus_arena_strdup(&t->mem, (const char *)s) : NULL;
    xmlFree(s);
    return tck_simple(t, any_attr(t, value, "type"), bus_strv(c));
}

static bool tck_near(const struct feel_value *a, const struct feel_value *b)
{
    struct feel_value limit, d = feel_number_op(FEEL_OP_SUB, a, b);
    struct feel_value zero = feel_long(0);
    (void)feel_number_parse(BUS_STRV("1e-8"), &limit);
    if (d.kind == FEEL_NUMBER && feel_number_cmp(&d, &zero) < 0) {
        d = feel_number_fn('-', &d);
    }
    return d.kind == FEEL_NUMBER && feel_number_cmp(&d, &limit) < 0;
}

static bool
tck_same(struct tck *t, const struct feel_value *a, const struct feel_value *b)
{
    if (a->kind != b->kind) {
        return false;
    }
    if (a->kind == FEEL_NUMBER) {
        return tck_near(a, b);
    }
    if (a->kind == FEEL_LIST) {
        for (size_t i = 0; a->list.n == b->list.n && i < a->list.n; i++) {
            if (!tck_same(t, &a->list.v[i], &b->list.v[i])) {
                return false;
            }
        }
        return a->list.n == b->list.n;
    }
    if (a->kind == FEEL_CONTEXT) {
        for (size_t i = 0; i < a->context.n; i++) {
            const struct feel_value *x =
                feel_entry_get(&b->context, a->context.v[i].key);
            if (x == NULL || !tck_same(t, a->context.v[i].value, x)) {
                return false;
            }
        }
        return a->context.n == b->context.n;
    }
    struct feel_value r = feel_equal(&t->mem, a, b);
    return feel_is_true(&r);
}

static const char *tck_shown(struct tck *t, const struct feel_value *v)
{
    const char *s = feel_literal(&t->mem, v);
    return v->kind == FEEL_NULL && v->why
               ? bus_arena_printf(&t->mem, "null (%s)", v->why)
               : s;
}

/* A service of several decisions is asked for each by its name. */
static struct feel_value one_output(const struct dmn_model *m,
                                    struct bus_strv invoked,
                                    struct bus_strv name,
                                    struct feel_value got)
{
    for (size_t i = 0; i < m->element_count; i++) {
        const struct dmn_element *e = &m->elements[i];
        if (e->output_count > 1 && bus_strv_eq(e->name, invoked) &&
            got.kind == FEEL_CONTEXT) {
            const struct feel_value *v = feel_entry_get(&got.context, name);
            return v ? *v : got;
        }
    }
    return got;
}

static size_t
tck_inputs_of(struct tck *t, const xmlNode *n, struct dmn_given *to)
{
    size_t k = 0;
    for (const xmlNode *c = dmn_first(n); c != NULL && k < GIVEN_MAX;
         c = dmn_next(c)) {
        if (dmn_is(c, "inputNode")) {
            to[k++] =
                (struct dmn_given){tck_attr(t, c, "namespace"),
                                   tck_attr(t, c, "name"), value_in(t, c)};
        }
    }
    return k;
}

static void run_case(struct tck *t,
                     const xmlNode *n,
                     void (*each)(void *data, const struct dmn_tck_result *r),
                     void *data)
{
    struct dmn_given *given =
        bus_arena_calloc(&t->mem, GIVEN_MAX, sizeof(*given));
    struct dmn_tck_result r = {.passed = given != NULL};
    size_t count = given ? tck_inputs_of(t, n, given) : 0;
    struct bus_strv invoke = tck_attr(t, n, "invocableName");
    r.id = tck_attr(t, n, "id");
    for (const xmlNode *c = dmn_first(n); r.passed && c != NULL;
         c = dmn_next(c)) {
        if (!dmn_is(c, "resultNode")) {
            continue;
        }
        struct bus_strv name = tck_attr(t, c, "name");
        struct feel_value want = value_in(t, dmn_child(c, "expected"));
        struct feel_value got = dmn_evaluate(t->m, invoke.n ? invoke : name,
                                             given, count, t->now, &t->mem);
        got = one_output(t->m, invoke, name, got);
        r.passed = tck_same(t, &want, &got);
        r.node = name;
        r.want = tck_shown(t, &want);
        r.got = tck_shown(t, &got);
    }
    each(data, &r);
}

bool dmn_tck_run(const struct dmn_model *m,
                 const struct dmn_source *text,
                 const struct feel_value *now,
                 void (*each)(void *data, const struct dmn_tck_result *r),
                 void *data,
                 struct bus_faults *faults)
{
    struct tck t = {.m = m, .now = now};
    struct bus_place at = {text->file, 1, 1};
    xmlDoc *doc =
        text->text.n > DMN_BYTES_MAX
            ? NULL
            : xmlReadMemory(text->text.p, (int)text->text.n, NULL, NULL,
                            XML_PARSE_NONET | XML_PARSE_NOERROR |
                                XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    if (!dmn_is(root, "testCases")) {
        bus_faults_add(faults, at, NULL, "no file of test cases");
        xmlFreeDoc(doc);
        return false;
    }
    bus_arena_init(&t.mem, 1 << 16, CASE_BYTES);
    for (const xmlNode *c = dmn_first(root); c != NULL; c = dmn_next(c)) {
        if (dmn_is(c, "testCase")) {
            bus_arena_reset(&t.mem);
            run_case(&t, c, each, data);
        }
    }
    bus_arena_fini(&t.mem);
    xmlFreeDoc(doc);
    return true;
}
