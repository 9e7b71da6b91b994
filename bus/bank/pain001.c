/* pain.001.001.09: one batch, one payment information, booked one by one so
 * that a statement shows each. */
#include "bus/bank/bank_parts.h"

#include <inttypes.h>
#include <libxml/xmlwriter.h>
#include <stdio.h>

#include "bus/base/check.h"
#include "bus/base/clock.h"
#include "bus/base/heap.h"

#define PAIN_SPACE  "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
#define NAME_CHARS  140
#define TEXT_CHARS  140
#define ACCOUNT_MAX 34
#define AGENT_MAX   35

struct pain_out
{
    xmlTextWriter *x;
    bool failed; /* of what was written since the last look */
};

static int pain_bytes(void *data, const char *p, int n)
{
    struct bank_writing *w = data;
    BUS_CHECK(n >= 0);
    struct bus_err own, *err = w->err != NULL ? w->err : &own;
    if (w->broken == BUS_OK) {
        w->broken =
            w->sink->write(w->sink->data, (struct bus_strv){p, (size_t)n}, err);
    }
    return n; /* pain_said() tells; libxml2 would tell standard error */
}

static void pain_open(struct pain_out *o, const char *name)
{
    o->failed |= xmlTextWriterStartElement(o->x, (const xmlChar *)name) < 0;
}

static void pain_close(struct pain_out *o, int elements)
{
    for (int i = 0; i < elements; i++) {
        o->failed |= xmlTextWriterEndElement(o->x) < 0;
    }
}

static void pain_element(struct pain_out *o, const char *name, const char *text)
{
    o->failed |= xmlTextWriterWriteElement(o->x, (const xmlChar *)name,
                                           (const xmlChar *)text) < 0;
}

/* name: elements in one another, as "Dbtr/Nm". */
static void pain_text(struct pain_out *o, const char *name, struct bus_strv v)
{
    char text[4 * NAME_CHARS + 1], part[24];
    int deep = 0;
    for (const char *slash; (slash = strchr(name, '/')) != NULL;
         name = slash + 1) {
        struct bus_strv one = {name, (size_t)(slash - name)};
        pain_open(o, bus_strv_copy(part, sizeof(part), one));
        deep++;
    }
    pain_element(o, name, bus_strv_copy(text, sizeof(text), v));
    pain_close(o, deep);
}

static int
pain_said(const struct bank_writing *w, struct pain_out *o, struct bus_err *err)
{
    bool failed = o->failed;
    o->failed = false;
    if (w->broken != BUS_OK) {
        return w->broken; /* with the sink's own text */
    }
    return failed ? bus_fail(err, BUS_ENOMEM, "a writer of XML") : BUS_OK;
}

static void pain_sums(struct pain_out *o, const struct bus_bank_batch *b)
{
    char text[BANK_AMOUNT_TEXT];
    (void)snprintf(text, sizeof(text), "%" PRId64, b->count);
    pain_element(o, "NbOfTxs", text);
    pain_element(o, "CtrlSum", bank_amount_text(b->total_fen, text));
}

static void pain_head(struct pain_out *o, const struct bus_bank_batch *b)
{
    char id[BUS_BANK_ID_TEXT + 1], made[BUS_TIME_TEXT + 1];
    char day[BUS_DATE_TEXT + 1];
    (void)bus_bank_id_text(&b->batch, id);
    pain_open(o, "GrpHdr");
    pain_element(o, "MsgId", id);
    pain_element(o, "CreDtTm", bus_time_text(b->made_ms, made));
    pain_sums(o, b);
    pain_text(o, "InitgPty/Nm", b->payer);
    pain_close(o, 1);
    pain_open(o, "PmtInf");
    pain_element(o, "PmtInfId", id);
    pain_element(o, "PmtMtd", "TRF");
    pain_element(o, "BtchBookg", "false");
    pain_sums(o, b);
    pain_text(o, "ReqdExctnDt/Dt", bus_strv(bus_date_text(b->pay_day, day)));
    pain_text(o, "Dbtr/Nm", b->payer);
    pain_open(o, "DbtrAcct");
    pain_text(o, "Id/Othr/Id", b->payer_account);
    pain_element(o, "Ccy", "CNY");
    pain_close(o, 1);
    pain_text(o, "DbtrAgt/FinInstnId/ClrSysMmbId/MmbId", b->agent);
}

static int pain_begin(struct bank_writing *w, struct bus_err *err)
{
    const struct bus_bank_batch *b = w->batch;
    if (!bank_text_fits(b->payer, NAME_CHARS) ||
        !bank_text_fits(b->payer_account, ACCOUNT_MAX) ||
        !bank_text_fits(b->agent, AGENT_MAX)) {
        return bus_fail(err, BUS_EPARSE,
                        "the payer's name, account or the bank's clearing "
                        "number / 付款人名称、账号或行号有误");
    }
    struct pain_out *o = bus_calloc(1, sizeof(*o));
    xmlOutputBuffer *to = xmlOutputBufferCreateIO(pain_bytes, NULL, w, NULL);
    w->xml = o;
    if (o != NULL && to != NULL) {
        o->x = xmlNewTextWriter(to);
    }
    if (o == NULL || to == NULL || o->x == NULL) {
        if (to != NULL) {
            (void)xmlOutputBufferClose(to);
        }
        return bus_fail(err, BUS_ENOMEM, "a writer of XML");
    }
    o->failed |= xmlTextWriterStartDocument(o->x, NULL, "UTF-8", NULL) < 0;
    pain_open(o, "Document");
    o->failed |= xmlTextWriterWriteAttribute(o->x, (const xmlChar *)"xmlns",
                                             (const xmlChar *)PAIN_SPACE) < 0;
    pain_open(o, "CstmrCdtTrfInitn");
    pain_head(o, b);
    return pain_said(w, o, err);
}

static int pain_add(struct bank_writing *w,
                    const struct bus_bank_payment *p,
                    struct bus_err *err)
{
    struct pain_out *o = w->xml;
    char text[BANK_AMOUNT_TEXT + BUS_BANK_ID_TEXT];
    const char *wrong =
        !bank_text_fits(p->name, NAME_CHARS)       ? "name / 户名"
        : !bank_text_fits(p->account, ACCOUNT_MAX) ? "account / 账号"
        : !bank_text_fits(p->remark, TEXT_CHARS)   ? "remark / 附言"
                                                   : NULL;
    if (wrong != NULL) {
        return bus_fail(err, BUS_EPARSE,
                        "payment %" PRId64 ": the %s cannot be written",
                        w->count, wrong);
    }
    pain_open(o, "CdtTrfTxInf");
    pain_text(o, "PmtId/EndToEndId",
              bus_strv(bus_bank_id_text(&p->order, text)));
    pain_open(o, "Amt");
    pain_open(o, "InstdAmt");
    o->failed |= xmlTextWriterWriteAttribute(o->x, (const xmlChar *)"Ccy",
                                             (const xmlChar *)"CNY") < 0;
    o->failed |=
        xmlTextWriterWriteString(
            o->x, (const xmlChar *)bank_amount_text(p->amount_fen, text)) < 0;
    pain_close(o, 2);
    pain_text(o, "Cdtr/Nm", p->name);
    pain_text(o, "CdtrAcct/Id/Othr/Id", p->account);
    pain_text(o, "RmtInf/Ustrd", p->remark);
    pain_close(o, 1);
    return pain_said(w, o, err);
}

static int pain_end(struct bank_writing *w, struct bus_err *err)
{
    struct pain_out *o = w->xml;
    o->failed |= xmlTextWriterEndDocument(o->x) < 0;
    o->failed |= xmlTextWriterFlush(o->x) < 0;
    return pain_said(w, o, err);
}

static void pain_drop(struct bank_writing *w)
{
    struct pain_out *o = w->xml;
    if (o != NULL && o->x != NULL) {
        xmlFreeTextWriter(o->x);
    }
    bus_free(o);
}

const struct bank_format bank_pain001 = {pain_begin, pain_add, pain_end,
                                         pain_drop};
