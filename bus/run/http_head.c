/* What a request's head must be before a handler sees it (RFC 9112): what two
 * readers could read in two ways is refused, and its connection ends. */
#include <string.h>
#include <strings.h>

#include "bus/run/http_parts.h"

struct http_head
{
    size_t hosts, lengths, codings, fields, bytes;
    struct bus_strv host, transfer, content_coding;
};

static enum MHD_Result on_header_field(void *cls,
                                       enum MHD_ValueKind kind,
                                       const char *name,
                                       const char *value)
{
    struct http_head *head = cls;
    struct bus_strv v = value != NULL ? bus_strv(value) : bus_strv("");
    (void)kind;
    head->fields++;
    head->bytes += strlen(name) + v.n;
    if (strcasecmp(name, "Host") == 0) {
        head->hosts++;
        head->host = v;
    } else if (strcasecmp(name, "Content-Length") == 0) {
        head->lengths++;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        head->codings++;
        head->transfer = v;
    } else if (strcasecmp(name, "Content-Encoding") == 0) {
        head->content_coding = v;
    }
    return MHD_YES;
}

static enum MHD_Result on_argument(void *cls,
                                   enum MHD_ValueKind kind,
                                   const char *name,
                                   const char *value)
{
    bool *text = cls;
    (void)kind;
    *text = *text && bus_utf8_valid(name, strlen(name)) &&
            (value == NULL || bus_utf8_valid(value, strlen(value)));
    return MHD_YES;
}

/* Path and query, as they are decoded. */
static bool address_is_text(const struct bus_run_http_request *rq)
{
    bool text = bus_utf8_valid(rq->path, strlen(rq->path));
    (void)MHD_get_connection_values(rq->conn, MHD_GET_ARGUMENT_KIND,
                                    on_argument, &text);
    return text;
}

static bool host_allowed(struct bus_strv host)
{
    static const char others[] = "-._~%!$&'()*+;=:[]";
    for (size_t i = 0; i < host.n; i++) {
        char c = host.p[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                      (c >= '0' && c <= '9');
        if (!letter && strchr(others, c) == NULL) {
            return false;
        }
    }
    return true;
}

static bool header_is(struct bus_strv s, const char *word)
{
    return s.n == strlen(word) && strncasecmp(s.p, word, s.n) == 0;
}

static const struct http_refusal *framing_refused(const struct http_head *head,
                                                  bool old)
{
    static const struct http_refusal lengths = {
        400, "Content-Length stands there more than once",
        "Content-Length 出现多次"};
    static const struct http_refusal both = {
        400, "Content-Length and Transfer-Encoding exclude each other",
        "Content-Length 与 Transfer-Encoding 不能并用"};
    static const struct http_refusal codings = {
        400, "Transfer-Encoding stands there more than once, or in HTTP/1.0",
        "Transfer-Encoding 出现多次, 或用于 HTTP/1.0"};
    static const struct http_refusal unknown = {
        501, "the only Transfer-Encoding is chunked",
        "Transfer-Encoding 只支持 chunked"};
    if (head->lengths > 1) {
        return &lengths;
    }
    if (head->codings > 0 && head->lengths > 0) {
        return &both;
    }
    if (head->codings > 1 || (head->codings == 1 && old)) {
        return &codings;
    }
    return head->codings == 1 && !header_is(head->transfer, "chunked")
               ? &unknown
               : NULL;
}

const struct http_refusal *
run_http_head_refused(struct bus_run_http_request *rq, const char *version)
{
    static const struct http_refusal host = {
        400, "exactly one Host with a valid name is needed",
        "须有且仅有一个有效的 Host"};
    static const struct http_refusal nul = {400, "%00 in the address",
                                            "地址中含有 %00"};
    static const struct http_refusal coding = {400, "the address is not UTF-8",
                                               "地址不是 UTF-8 编码"};
    static const struct http_refusal scheme = {
        400, "the address is neither a path nor an http URI",
        "地址既非路径也非 http URI"};
    static const struct http_refusal long_uri = {
        414, "the address has more than 8192 bytes", "地址超过8192字节"};
    static const struct http_refusal large = {
        431, "the header has more than 100 fields or 16384 bytes",
        "请求头超过100项或16384字节"};
    struct http_head head = {0};
    bool old = strcmp(version, "HTTP/1.0") == 0;
    (void)MHD_get_connection_values(rq->conn, MHD_HEADER_KIND, on_header_field,
                                    &head);
    if (rq->uri_bytes > HTTP_URI_BYTES) {
        return &long_uri;
    }
    if (head.fields > HTTP_FIELDS_MAX || head.bytes > HTTP_HEAD_BYTES) {
        return &large;
    }
    if (rq->uri_has_nul) {
        return &nul;
    }
    if (!address_is_text(rq)) {
        return &coding;
    }
    if (head.hosts > 1 || (head.hosts == 0 && !old) ||
        !host_allowed(head.host)) {
        return &host;
    }
    if (rq->path[0] != '/' && strcmp(rq->path, "*") != 0) {
        return &scheme;
    }
    rq->coded = head.content_coding.n > 0 &&
                !header_is(head.content_coding, "identity");
    return framing_refused(&head, old);
}

/* "http://host:1/v1" -> "/v1"; a path stays. A recipient of an absolute URI
 * looks at it, not at Host (RFC 9112, 3.2.2). */
const char *run_http_head_path(const char *target)
{
    size_t n = strncasecmp(target, "http://", 7) == 0    ? 7
               : strncasecmp(target, "https://", 8) == 0 ? 8
                                                         : 0;
    if (n == 0) {
        return target;
    }
    const char *path = strchr(target + n, '/');
    return path != NULL ? path : "/";
}
