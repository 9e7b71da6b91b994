/* How long Kafka is waited for.
 *
 * A broker that stands still, or that the network swallows, is noticed by these
 * alone: its connections stay open, and new ones are taken and never answered.
 * A cluster takes some 10 s to lead such a broker's partitions elsewhere; who
 * asks it until then must have given up soon after, whatever the question. */
#ifndef BUS_KAFKA_WAITS_H
#define BUS_KAFKA_WAITS_H

#define KAFKA_CALL_MS    5000 /* one blocking call */
#define KAFKA_ANSWER_MS  4000 /* one request to a broker */
#define KAFKA_TAKEN_MS   3000 /* a leader for its copies; then it answers */
#define KAFKA_HELLO_MS   3000 /* the first request of a connection */
#define KAFKA_CONNECT_MS 4000 /* all until it is there */
#define KAFKA_LEADER_MS  3000 /* how often a member asks who leads its group */
/* A connection with nothing on it is closed: perhaps nobody is there any more.
 * More than a heartbeat's interval, more than an answer is waited for. */
#define KAFKA_QUIET_MS     6000
#define KAFKA_PROBE_MS     1000 /* is a broker there? */
#define KAFKA_RETRY_MIN_MS 200
#define KAFKA_RETRY_MAX_MS 5000

#endif
