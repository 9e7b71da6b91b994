/* POST /v1/requests: what a household says of its own case (request_form.h).
 *
 * Who says it: the applicant, by his application's id and the last six
 * characters of his document, as for his progress (reads.h, with the same waits
 * for wrong ones); or who works on the case's village, in a session, as a
 * system or on this machine. Anybody else: 404, as if there were no such
 * application. At most REQUESTS_DAY of one application a day.
 *
 * Answered 202 when Kafka has it; while Kafka or the ledger is away 503 with
 * Retry-After: there is no journal for these. 409: the application counts in no
 * case yet, or was set aside. Each is a row of the reading log. */
#ifndef PRODUCERS_INTAKE_REQUESTS_REQUEST_HTTP_H
#define PRODUCERS_INTAKE_REQUESTS_REQUEST_HTTP_H

#include "producers/intake/intake.h"

#define REQUESTS_DAY 20

int intake_request_routes(struct intake *in, struct bus_err *err) BUS_MUSTCHECK;
/* The producer's answer (intake_kafka.c). NULL err: Kafka has it. */
void intake_request_acked(void *token, const struct bus_err *err);

#endif
