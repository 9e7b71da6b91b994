/* desk: the role with pages. It shows what the ledger has and writes the same
 * events that any partner writes, as the person who is signed in; what is
 * applied for goes to intake, as himself (ops/decisions/0131).
 *
 * One way for every page: desk_serve() says in what language and who asks,
 * reads the form of a POST and holds its token; then the page's function runs,
 * at once or over the pool, and answers once. */
#ifndef PRODUCERS_DESK_DESK_H
#define PRODUCERS_DESK_DESK_H

#include "bus/catalogue/register_watch.h"
#include "bus/kafka/client.h"
#include "bus/ledger/cases.h"
#include "bus/role/frame.h"
#include "bus/web/callers.h"
#include "bus/web/csrf.h"
#include "bus/web/fields.h"
#include "bus/web/limits.h"
#include "bus/web/may.h"
#include "bus/web/page.h"
#include "bus/web/pool.h"
#include "bus/wire/keyring.h"
#include "producers/desk/desk_pages.h"

#define DESK_PAGE_MAX (4u << 20) /* bytes of a page */

struct desk_route;
struct desk_leaving; /* held/held.h */
struct desk
{
    struct bus_role_frame *frame;
    const struct bus_config *config;
    struct bus_register_watch *registers;
    struct bus_web_callers *callers;
    struct bus_web_pool *pool;
    struct bus_web_limits *clients; /* of residents, by address, a day */
    struct bus_policy_catalogue *catalogue;
    struct bus_kafka_producer *producer;
    struct bus_wire_keyring *signs; /* NULL: it has no key */
    struct bus_wire_keyring *seals; /* for the bus; NULL: it has no such file */
    struct bus_ledger_cases cases;
    struct desk_leaving *leaving;
};

/* Somebody asks for a page; in the request's own memory. */
struct desk_visit
{
    struct desk *desk;
    struct bus_run_http_request *rq;
    struct bus_arena *mem; /* the request's */
    const struct desk_route *route;
    enum bus_web_lang lang;
    bool large; /* type */
    bool known; /* caller and the texts below are of who is signed in */
    struct bus_web_caller caller;
    char name[128], org_name[128], role[64];
    bool assists, decides; /* of a village, station or town; of a department */
    bool leads;            /* of the county, or of its lead department */
    bool pays;             /* may approve money, by the register */
    char department[40];   /* "" for none */
    char secret[BUS_WEB_CSRF_HEX + 1], csrf[BUS_WEB_CSRF_HEX + 1];
    struct bus_web_fields fields; /* of a POST */
};
typedef void (*desk_page)(struct desk_visit *v);
enum desk_who { DESK_ANYBODY, DESK_SIGNED_IN };
struct desk_route
{
    const char *method, *pattern;
    enum desk_who who;
    desk_page page;
};

/* serve.c: every route of the list, and of the files. */
int desk_routes(struct desk *d,
                const struct desk_route *list,
                size_t n,
                struct bus_err *err) BUS_MUSTCHECK;
/* The page begins: what stands above and below each. */
struct desk_head desk_head_of(const struct desk_visit *v,
                              enum desk_word title,
                              enum desk_place at);
struct bus_web_page desk_page_begin(const struct desk_visit *v,
                                    struct bus_buf *out);
/* Answers with it and frees it. */
void desk_page_end(const struct desk_visit *v,
                   int status,
                   struct bus_web_page *p);
/* The pages that say no: the same bytes for what is not there and for what is
 * not his to see. */
void desk_not_there(const struct desk_visit *v);
void desk_refused(const struct desk_visit *v, enum desk_word why);
void desk_bad_form(const struct desk_visit *v);
void desk_away(const struct desk_visit *v);
void desk_say(const struct desk_visit *v,
              int status,
              enum desk_word title,
              enum desk_word text);

const char *desk_word_of(const struct desk_visit *v, enum desk_word word);
/* A word with its {0}; plain text, escaped where it is shown. */
const char *
desk_say_with(const struct desk_visit *v, enum desk_word word, const char *arg);
/* zh or en of {"zh", "en"} or of a map of a file; "" for none. */
const char *desk_text_of(const struct desk_visit *v,
                         const struct bus_node *node);
const char *desk_json_text(const struct desk_visit *v, const json_t *text);
/* A copy in the request's memory; "" when there is none left. */
const char *desk_printf(const struct desk_visit *v, const char *fmt, ...)
    BUS_PRINTF(2, 3);
int32_t desk_today(void);

/* A word of words.yaml ("step_kind", "OPINION") or its code. */
const char *
desk_code_text(const struct desk_visit *v, const char *kind, const char *code);
const char *desk_item_name(const struct desk_visit *v, const char *code);
const char *desk_village_name(const struct desk_visit *v, const char *code);
/* Of a department, a bank, a role: as it is called, else its code. */
const char *desk_partner_name(const struct desk_visit *v, const char *code);
const char *desk_fund_name(const struct desk_visit *v, const char *code);
/* Of a town (9 digits). */
const char *desk_town_name(const struct desk_visit *v, const char *code);
/* All of them, the first: all towns. */
const struct desk_choice *
desk_towns(const struct desk_visit *v, const char *chosen, size_t *ret_n);
/* Of an enum's codes with their words. */
const struct desk_choice *desk_choices(const struct desk_visit *v,
                                       const char *kind,
                                       const char *const *codes,
                                       size_t n,
                                       const char *chosen);
/* Which of these the address says (?name=code); "" for none of them. */
const char *desk_chosen(const struct desk_visit *v,
                        const char *name,
                        const struct desk_choice *list,
                        size_t n);
/* Marks that one. */
void desk_choose(struct desk_choice *list, size_t n, const char *code);
/* "1,200.5" -> 120050; false: no amount with two places at most. */
bool desk_yuan_to_fen(struct bus_strv s, int64_t *ret);

/* Who is signed in, by the name of his account. */
struct bus_strv desk_account_name(const struct desk_visit *v);
/* Why he is not confirmed: his password or his code. */
const char *desk_confirm_fault(const struct desk_visit *v,
                               enum bus_web_sign_in how,
                               int64_t wait_ms);

/* The pages. */
void desk_home(struct desk_visit *v);
void desk_style(struct desk_visit *v);
void desk_sign_in(struct desk_visit *v);
void desk_sign_in_post(struct desk_visit *v);
void desk_sign_out_post(struct desk_visit *v);
void desk_account(struct desk_visit *v);
void desk_sessions_post(struct desk_visit *v);
void desk_password_post(struct desk_visit *v);
void desk_factor_post(struct desk_visit *v);
void desk_factor_confirm_post(struct desk_visit *v);
void desk_catalogue(struct desk_visit *v);
void desk_item(struct desk_visit *v);
void desk_apply_begin(struct desk_visit *v);
void desk_apply_post(struct desk_visit *v);
void desk_resume(struct desk_visit *v);
void desk_resume_post(struct desk_visit *v);
void desk_sent(struct desk_visit *v);
void desk_sent_post(struct desk_visit *v);
void desk_progress(struct desk_visit *v);
void desk_progress_post(struct desk_visit *v);
void desk_request_post(struct desk_visit *v);
void desk_withdraw_post(struct desk_visit *v);
void desk_queue(struct desk_visit *v);
void desk_queue_csv(struct desk_visit *v);
void desk_money(struct desk_visit *v);
void desk_money_lines(struct desk_visit *v);
void desk_money_prepare_post(struct desk_visit *v);
void desk_differences(struct desk_visit *v);
void desk_differences_post(struct desk_visit *v);
void desk_awards(struct desk_visit *v);
void desk_awards_post(struct desk_visit *v);
void desk_budgets(struct desk_visit *v);
void desk_budgets_post(struct desk_visit *v);
void desk_batch(struct desk_visit *v);
void desk_batch_post(struct desk_visit *v);
void desk_cases(struct desk_visit *v);
void desk_county(struct desk_visit *v);
void desk_county_csv(struct desk_visit *v);
void desk_waiting(struct desk_visit *v);
void desk_waiting_csv(struct desk_visit *v);
void desk_case_show(struct desk_visit *v);
void desk_step_post(struct desk_visit *v);
void desk_case_request_post(struct desk_visit *v);
void desk_decide(struct desk_visit *v);
void desk_decide_post(struct desk_visit *v);
void desk_award_end(struct desk_visit *v);
void desk_award_end_post(struct desk_visit *v);
void desk_payee(struct desk_visit *v);
void desk_payee_post(struct desk_visit *v);

#endif
