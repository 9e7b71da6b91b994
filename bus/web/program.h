/* Which kind of program a session is used with, and from where, as its owner is
 * shown it: a family of few words, never what was sent. Pure. */
#ifndef BUS_WEB_PROGRAM_H
#define BUS_WEB_PROGRAM_H

#include <stdint.h>

#include "bus/base/strv.h"

#define BUS_WEB_PROGRAM      32 /* bytes of the longest, with its end */
#define BUS_WEB_ADDRESS_TEXT 52
/* Of a sign-in of a command of lianou. */
#define BUS_WEB_PROGRAM_COMMAND "command"

/* Of a User-Agent: "Firefox, Windows", "curl", "Linux"; "" for what it does not
 * know. It looks at the first 512 bytes. */
void bus_web_program(struct bus_strv user_agent, char ret[BUS_WEB_PROGRAM]);
/* Of bus_run_http_client(): "192.0.2.1", an IPv6's /64 as "2001:db8::/64". */
void bus_web_program_address(const uint8_t client[16],
                             char ret[BUS_WEB_ADDRESS_TEXT]);

#endif
