/* An admission: what a person gets for an application without faults that he
 * has submitted and may still change (http.changeable). Who keeps it for him,
 * the desk, sends it when the time is over, and he may have signed out by then;
 * so intake says beforehand that it was he who sent it, and that with the
 * desk's word for nothing (ops/decisions/0200).
 *
 *   Authorization: Lianou-Admission <account>,<operator>,<org>,<ms>,<64 hex>
 *
 * is HMAC-SHA-256 of the four, the Idempotency-Key and the very bytes of the
 * body, under a key made of the county's key of persons for this alone: good
 * for that application, as that person, and for nothing else. The application
 * is judged as of that hour, the register too. Good for INTAKE_ADMISSION_DAYS;
 * used again it is the same application, as anything sent twice is. */
#ifndef PRODUCERS_INTAKE_ADMIT_H
#define PRODUCERS_INTAKE_ADMIT_H

#include "producers/intake/intake.h"

#define INTAKE_ADMISSION_DAYS 31
#define INTAKE_ADMISSION_MAX  320 /* bytes of the header's value, with NUL */

/* Of sent's key, bytes and admitted_ms, by this person. */
void intake_admission_make(const struct intake *in,
                           const struct bus_web_caller *person,
                           const struct intake_sent *sent,
                           char ret[INTAKE_ADMISSION_MAX]);
/* Does it begin like one? */
bool intake_admission_is(struct bus_strv authorization);
/* True: it is ours, of this key and these bytes; who, and sent->admitted_ms. */
bool intake_admission_holds(const struct intake *in,
                            struct bus_strv authorization,
                            int64_t now_ms,
                            struct intake_sent *sent,
                            struct bus_web_caller *ret_person);

#endif
