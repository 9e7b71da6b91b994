/* cmocka with what it needs in front of it, in that order. */
#ifndef TESTS_LIB_CHECK_H
#define TESTS_LIB_CHECK_H

/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#endif
