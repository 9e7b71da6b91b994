/* `lianou run registry`: the Confluent Schema Registry API over the schemas of
 * this program, for reading, look-up and compatibility.
 *
 * Subjects are topics after Confluent's TopicNameStrategy ("<topic>-value");
 * each has one version, the schema this program writes and reads. Registering
 * a schema that is there answers its id, as the serializers expect; a new one
 * is refused (schemas change by a release, schemas/README.md), with 422 and
 * the reason. Error codes are Confluent's: 40401 subject, 40402 version, 40403
 * schema, 42201 not a valid schema. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "bus/base/check.h"
#include "bus/base/heap.h"
#include "bus/role/frame.h"
#include "bus/role/types.h"
#include "bus/run/exit.h"
#include "consumers/registry/subjects.h"

#define JSON_TYPE "application/vnd.schemaregistry.v1+json"
#define LEVEL     "BACKWARD_TRANSITIVE"

struct registry
{
    struct bus_role_frame frame;
    struct registry_subjects subjects;
};

static void
registry_answer(struct bus_run_http_request *rq, int status, json_t *j)
{
    BUS_CHECK(status >= 200 && status < 600);
    char *text = json_dumps(j, JSON_COMPACT);
    if (text == NULL) {
        bus_run_http_problem(rq, 500, "no memory", NULL);
    } else {
        bus_run_http_answer(rq, status, JSON_TYPE, text, strlen(text));
    }
    free(text); /* jansson's own */
    json_decref(j);
}

static void registry_refuse(struct bus_run_http_request *rq,
                            int status,
                            int code,
                            const char *why)
{
    BUS_CHECK(code / 100 == status); /* as the error codes are made */
    registry_answer(rq, status,
                    json_pack("{s:i,s:s}", "error_code", code, "message", why));
}

/* NULL: refused already. */
static const struct registry_subject *
subject_of(struct registry *r, struct bus_run_http_request *rq)
{
    const struct registry_subject *s =
        registry_subject_find(&r->subjects, bus_run_http_param(rq, "subject"));
    if (s == NULL) {
        registry_refuse(rq, 404, 40401, "Subject not found.");
        return NULL;
    }
    BUS_CHECK(s->type != NULL && s->name != NULL);
    struct bus_strv v = bus_run_http_param(rq, "version");
    if (v.p != NULL && !bus_strv_is(v, "latest") && !bus_strv_is(v, "1") &&
        !bus_strv_is(v, "-1")) {
        registry_refuse(rq, 404, 40402, "Version not found.");
        return NULL;
    }
    return s;
}

static json_t *described(const struct registry_subject *s)
{
    BUS_CHECK(s->type->id > 0 && s->type->id <= INT32_MAX);
    return json_pack("{s:s,s:i,s:i,s:s}", "subject", s->name, "version", 1,
                     "id", (int)s->type->id, "schema", s->type->json);
}

static void get_subjects(struct bus_run_http_request *rq, void *data)
{
    const struct registry *r = data;
    BUS_CHECK(r->subjects.n == 0 || r->subjects.v != NULL);
    json_t *list = json_array();
    for (size_t i = 0; i < r->subjects.n; i++) {
        (void)json_array_append_new(list, json_string(r->subjects.v[i].name));
    }
    registry_answer(rq, 200, list);
}

static void get_versions(struct bus_run_http_request *rq, void *data)
{
    if (subject_of(data, rq) != NULL) {
        registry_answer(rq, 200, json_pack("[i]", 1));
    }
}

static void get_version(struct bus_run_http_request *rq, void *data)
{
    const struct registry_subject *s = subject_of(data, rq);
    if (s != NULL) {
        registry_answer(rq, 200, described(s));
    }
}

static void get_version_schema(struct bus_run_http_request *rq, void *data)
{
    const struct registry_subject *s = subject_of(data, rq);
    if (s != NULL) {
        BUS_CHECK(s->type->json != NULL);
        bus_run_http_answer(rq, 200, JSON_TYPE, s->type->json,
                            strlen(s->type->json));
    }
}

static const struct bus_wire_type *
registry_id_of(struct bus_run_http_request *rq)
{
    int64_t id = -1;
    const struct bus_wire_type *t =
        bus_strv_to_i64(bus_run_http_param(rq, "id"), &id) && id >= 0 &&
                id <= UINT32_MAX
            ? bus_role_types_by_id((uint32_t)id)
            : NULL;
    BUS_CHECK(t == NULL || t->id == (uint32_t)id);
    if (t == NULL) {
        registry_refuse(rq, 404, 40403, "Schema not found");
    }
    return t;
}

static void get_id(struct bus_run_http_request *rq, void *data)
{
    const struct bus_wire_type *t = registry_id_of(rq);
    (void)data;
    if (t != NULL) {
        registry_answer(rq, 200, json_pack("{s:s}", "schema", t->json));
    }
}

static void get_id_versions(struct bus_run_http_request *rq, void *data)
{
    const struct registry *r = data;
    const struct bus_wire_type *t = registry_id_of(rq);
    if (t == NULL) {
        return;
    }
    json_t *list = json_array();
    for (size_t i = 0; i < r->subjects.n; i++) {
        if (r->subjects.v[i].type == t) {
            (void)json_array_append_new(list, json_pack("{s:s,s:i}", "subject",
                                                        r->subjects.v[i].name,
                                                        "version", 1));
        }
    }
    registry_answer(rq, 200, list);
}

/* The schema in a body {"schema": "..."}; NULL: refused. Free set after use. */
static const struct bus_wire_schema *posted(struct bus_run_http_request *rq,
                                            struct bus_wire_set **ret_set)
{
    struct bus_strv body = bus_run_http_body(rq);
    json_t *j = json_loadb(body.p ? body.p : "", body.n, 0, NULL);
    const json_t *text = json_object_get(j, "schema");
    const char *kind = json_string_value(json_object_get(j, "schemaType"));
    const struct bus_wire_schema *s = NULL;
    struct bus_err err = {.msg = "expected {\"schema\": \"...\"} of type AVRO"};
    *ret_set = bus_wire_set_new();
    if (*ret_set == NULL || !json_is_string(text) ||
        (kind != NULL && strcmp(kind, "AVRO") != 0) ||
        bus_wire_set_parse(*ret_set,
                           (struct bus_strv){json_string_value(text),
                                             json_string_length(text)},
                           &s, &err) != BUS_OK) {
        s = NULL;
        registry_refuse(rq, 422, 42201, err.msg);
    }
    BUS_CHECK((s == NULL) || *ret_set != NULL);
    json_decref(j);
    return s;
}

static bool registry_same(const struct bus_wire_schema *a,
                          const struct bus_wire_schema *b)
{
    BUS_CHECK(a != NULL && b != NULL);
    struct bus_buf one = {0}, two = {0};
    bool equal = bus_wire_schema_canonical(a, &one, NULL) == BUS_OK &&
                 bus_wire_schema_canonical(b, &two, NULL) == BUS_OK &&
                 bus_strv_eq(bus_buf_view(&one), bus_buf_view(&two));
    bus_buf_fini(&one);
    bus_buf_fini(&two);
    return equal;
}

static void
registry_search(struct registry *r, struct bus_run_http_request *rq, bool reg)
{
    const struct registry_subject *s = subject_of(r, rq);
    struct bus_wire_set *set = NULL;
    const struct bus_wire_schema *p = s ? posted(rq, &set) : NULL;
    if (p != NULL && registry_same(p, bus_wire_type_schema(s->type))) {
        registry_answer(rq, 200,
                        reg ? json_pack("{s:i}", "id", (int)s->type->id)
                            : described(s));
    } else if (p != NULL && reg) {
        registry_refuse(
            rq, 422, 42205,
            "This registry is for reading: schemas change by a release.");
    } else if (p != NULL) {
        registry_refuse(rq, 404, 40403, "Schema not found");
    }
    bus_wire_set_free(set);
}

static void post_subject(struct bus_run_http_request *rq, void *data)
{
    registry_search(data, rq, false);
}

static void post_version(struct bus_run_http_request *rq, void *data)
{
    registry_search(data, rq, true);
}

/* May readers with the posted schema read what was written with ours? */
static void post_compatibility(struct bus_run_http_request *rq, void *data)
{
    const struct registry_subject *s = subject_of(data, rq);
    struct bus_wire_set *set = NULL;
    const struct bus_wire_schema *p = s ? posted(rq, &set) : NULL;
    struct bus_err err;
    if (p != NULL) {
        BUS_CHECK(set != NULL);
        bool well = bus_wire_resolvable(bus_wire_type_schema(s->type), p,
                                        &err) == BUS_OK;
        json_t *j = json_pack("{s:b}", "is_compatible", well);
        if (!well) {
            (void)json_object_set_new(j, "messages", json_pack("[s]", err.msg));
        }
        registry_answer(rq, 200, j);
    }
    bus_wire_set_free(set);
}

static void get_config(struct bus_run_http_request *rq, void *data)
{
    (void)data;
    registry_answer(rq, 200, json_pack("{s:s}", "compatibilityLevel", LEVEL));
}

static void get_mode(struct bus_run_http_request *rq, void *data)
{
    (void)data;
    registry_answer(rq, 200, json_pack("{s:s}", "mode", "READONLY"));
}

static void get_kinds(struct bus_run_http_request *rq, void *data)
{
    (void)data;
    registry_answer(rq, 200, json_pack("[s]", "AVRO"));
}

static void get_root(struct bus_run_http_request *rq, void *data)
{
    (void)data;
    registry_answer(rq, 200, json_object());
}

static const struct
{
    const char *method, *pattern;
    bus_run_http_handler handler;
} routes[] = {
    {"GET", "/", get_root},
    {"GET", "/subjects", get_subjects},
    {"GET", "/subjects/{subject}/versions", get_versions},
    {"GET", "/subjects/{subject}/versions/{version}", get_version},
    {"GET", "/subjects/{subject}/versions/{version}/schema",
     get_version_schema},
    {"POST", "/subjects/{subject}", post_subject},
    {"POST", "/subjects/{subject}/versions", post_version},
    {"GET", "/schemas/ids/{id}", get_id},
    {"GET", "/schemas/ids/{id}/versions", get_id_versions},
    {"GET", "/schemas/types", get_kinds},
    {"POST", "/compatibility/subjects/{subject}/versions", post_compatibility},
    {"POST", "/compatibility/subjects/{subject}/versions/{version}",
     post_compatibility},
    {"GET", "/config", get_config},
    {"GET", "/config/{subject}", get_config},
    {"GET", "/mode", get_mode},
};

static int registry_start(struct registry *r, struct bus_err *err)
{
    BUS_CHECK(r->frame.http != NULL && r->subjects.n == 0);
    int rc = registry_subjects_fill(&r->subjects, &r->frame.config,
                                    &r->frame.mem, err);
    for (size_t i = 0; rc == BUS_OK && i < sizeof(routes) / sizeof(*routes);
         i++) {
        rc = bus_run_http_route(r->frame.http, routes[i].method,
                                routes[i].pattern, routes[i].handler, r, err);
    }
    return rc;
}

static int registry_run(const struct bus_run_role_args *args)
{
    struct registry *r = bus_calloc(1, sizeof(*r));
    struct bus_err err;
    if (r == NULL) {
        return BUS_EXIT_FAULT;
    }
    int rc = bus_role_frame_open(&r->frame, args, "registry");
    if (rc == BUS_EXIT_OK) {
        rc = registry_start(r, &err) == BUS_OK ? bus_role_frame_run(&r->frame)
                                               : bus_role_frame_fail(&err);
        bus_role_frame_close(&r->frame);
    }
    bus_free(r);
    return rc;
}

const struct bus_run_role registry_role = {
    .name = "registry",
    .usage = "",
    .summary = "serves the schemas by the Confluent Schema Registry API",
    .run = registry_run,
};
