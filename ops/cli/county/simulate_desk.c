#include "ops/cli/county/simulate_desk.h"

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "ops/cli/kinds.h"

int cli_simulate_desk_open(struct simulate_desk *d,
                           const struct simulate_rules *rules,
                           const struct bus_conf_partner *partner,
                           int duplicates,
                           struct bus_err *err)
{
    const char *word = bus_partner_kind_word(partner);
    *d = (struct simulate_desk){
        .rules = rules, .partner = partner, .duplicates = duplicates};
    bus_arena_init(&d->mem, 0, 0);
    d->kind = bus_partner_kind_find(cli_kinds, word);
    return d->kind != NULL ? BUS_OK
                           : bus_fail(err, BUS_ECONFIG, "no kind %s", word);
}

void cli_simulate_desk_close(struct simulate_desk *d)
{
    bus_arena_fini(&d->mem);
}

/* What asks nothing: a notice of a dead letter, what became of a claim. */
static bool simulate_desk_told(const struct simulate_desk *d,
                               struct bus_strv text)
{
    const struct bus_partner_kind_out *more = d->kind->out->more;
    return bus_partner_document_named(text, "notice") ||
           (more != NULL &&
            bus_partner_document_named(text, more->document->name));
}

static int simulate_desk_write(struct simulate_desk *d,
                               const struct cli_simulate_answer *a,
                               struct simulate_said *ret,
                               struct bus_err *err)
{
    struct bus_partner_kind_reply reply = {
        .question = a->cause_id,
        .has_reference = true,
        .reference = bus_strv(bus_id_text(&a->event_id, ret->id)),
    };
    const struct bus_partner_kind_in *in =
        bus_partner_kind_in_of(d->kind->in, a->type);
    BUS_CHECK(in != NULL);
    ret->twice = (int)(a->event_id.b[3] % 100) < d->duplicates;
    struct bus_strv text;
    BUS_TRY(
        bus_partner_kind_in_write(in, a->record, &reply, &d->mem, &text, err));
    char *copy = bus_arena_strndup(&d->mem, text.p, text.n);
    ret->text = (struct bus_strv){copy, text.n};
    return copy != NULL ? BUS_OK : bus_fail(err, BUS_ENOMEM, "an answer");
}

int cli_simulate_desk_ask(struct simulate_desk *d,
                          struct bus_strv document,
                          struct simulate_said ret[SIMULATE_ANSWERS_MAX],
                          size_t *ret_n,
                          struct bus_err *err)
{
    struct simulate_answers answers;
    struct bus_partner_document_faults faults;
    void *record = NULL;
    *ret_n = 0;
    bus_arena_reset(&d->mem);
    if (simulate_desk_told(d, document)) {
        return BUS_OK;
    }
    BUS_TRY(bus_partner_kind_out_read(d->kind->out, d->rules->config, document,
                                      &d->mem, &record, &faults, err));
    BUS_TRY(cli_simulate_answer(d->rules, d->partner, record,
                                bus_clock_system.wall_ms(NULL), &d->mem,
                                &answers, err));
    for (size_t i = 0; i < answers.n; i++) {
        BUS_TRY(simulate_desk_write(d, &answers.v[i], &ret[i], err));
    }
    *ret_n = answers.n;
    return BUS_OK;
}
