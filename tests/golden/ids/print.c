/* Every derived id over sample parts, one a line: name, id. The k-th part of a
 * type is always the same value; ids.py makes the same ones. */
#include <stdio.h>

#include "bus/wire/ids.h"

static struct bus_id id_at(int k)
{
    struct bus_id id;
    for (int i = 0; i < 16; i++) {
        id.b[i] = (uint8_t)(16 * (k + 1) + i);
    }
    return id;
}

static const char *word_at(int k)
{
    static const char *const words[] = {"一", "part-1", "", "第三-part-3",
                                        "part-4"};
    return words[k];
}

static struct bus_strv text_at(int k)
{
    return bus_strv(word_at(k));
}

static int32_t i32_at(int k)
{
    return (k % 2 == 0 ? -1 : 1) * (0x01020304 + k);
}

static int64_t i64_at(int k)
{
    return (k % 2 == 0 ? -1 : 1) * (INT64_C(0x0102030405060708) + k);
}

static void show(const char *name, struct bus_id id)
{
    char text[BUS_ID_TEXT + 1];
    (void)printf("%s %s\n", name, bus_id_text(&id, text));
}

static void show_of_people(void)
{
    struct bus_id a = id_at(0), b = id_at(1);
    show("person",
         bus_wire_person_id(BUS_STRV("county key"), text_at(0), text_at(1)));
    show("household", bus_wire_household_id(BUS_STRV("county key"), &a));
    show("person without a number", bus_wire_numberless_id(&a, 7));
    show("application",
         bus_wire_application_id(BUS_STRV("county key"), text_at(0), text_at(1),
                                 text_at(2)));
    show("lookup", bus_wire_lookup_id(BUS_STRV("county key"), &a, text_at(1)));
    show("application event", bus_wire_application_event_id(&b));
    show("idempotency", bus_wire_idempotency_id(text_at(0), text_at(1)));
    show("draft", bus_wire_draft_id(text_at(0)));
}

static void show_of_a_case(void)
{
    struct bus_id a = id_at(0), b = id_at(1), c = id_at(2), d = id_at(3);
    show("case", bus_wire_case_id(&a, i32_at(1)));
    show("assignment",
         bus_wire_assignment_id(&a, i32_at(1), text_at(2), i32_at(3)));
    show("request", bus_wire_request_id(&a, text_at(1), i32_at(2)));
    show("conflict", bus_wire_conflict_id(&a, &b, &c));
    show("order", bus_wire_line_id("order", &a, &b));
    show("task", bus_wire_line_id("task", &a, &b));
    show("due line",
         bus_wire_due_line_id(text_at(0), &b, text_at(2), text_at(3)));
    show("payment", bus_wire_payment_id(&a, i32_at(1)));
    show("batch",
         bus_wire_batch_id(text_at(0), text_at(1), i32_at(2), i32_at(3)));
    show("event of the matcher",
         bus_wire_event_id(word_at(0), &b, i32_at(2), &d));
    show("event of dispatch",
         bus_wire_dispatch_event_id(word_at(0), &b, text_at(2), &d));
    show("notice", bus_wire_notice_id(text_at(1), i32_at(2), i32_at(3)));
    show("review", bus_wire_review_id(&b, text_at(2), &d));
    show("catalogue", bus_wire_catalogue_id(text_at(0)));
    show("register", bus_wire_register_id(text_at(0)));
    show("sheet", bus_wire_sheet_id(text_at(0), text_at(1)));
    show("sheet event", bus_wire_sheet_event_id(&b, i32_at(2), word_at(3)));
}

static void show_of_answers(void)
{
    struct bus_id a = id_at(0), b = id_at(1), c = id_at(2);
    show("answer with a reference",
         bus_wire_answer_id(text_at(0), word_at(1), &c, true, text_at(4)));
    show("answer without",
         bus_wire_answer_id(text_at(0), word_at(1), &c, false, text_at(4)));
    show("decision", bus_wire_decision_id(&a));
    show("claim", bus_wire_claim_id(&a));
    show("dead letter",
         bus_wire_place_id("dead_letter", text_at(0), i32_at(1), i64_at(2)));
    show("unreadable",
         bus_wire_place_id("unreadable", text_at(0), i32_at(1), i64_at(2)));
    show("redriven", bus_wire_redriven_id(text_at(0)));
    show("simulated", bus_wire_simulated_id(word_at(0), &b, i64_at(2)));
}

int main(void)
{
    show_of_people();
    show_of_a_case();
    show_of_answers();
    return 0;
}
