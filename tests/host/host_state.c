// SPDX-License-Identifier: GPL-3.0-or-later
/*
   Goal: no state reaches the library that restores states which it would follow beyond its end.
   Method: one whole state, into which each of the known traps is put, and the reason that must be given.
*/
#include "host-test/lv2/state_check.h"
#include "tests/support/support.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 1024 };

#define STATE_URI "urn:fieldiq:state"

typedef struct {
  const char* values; ///< of the state, in brackets
  const char* reason; ///< NULL: whole
} Case;

static const Case cases[] = {
    {"<urn:x:a> 7", NULL},
    {"<urn:x:a> [ a atom:Vector ; atom:childType atom:Float ; rdf:value ( 1.0 2.0 ) ]", NULL},
    {"<urn:x:a> [ a atom:Tuple ; rdf:value ( 1 \"x\" ) ]", NULL},
    {"<urn:x:a> [ a <urn:x:O> ; <urn:x:b> [ a <urn:x:P> ] ]", NULL},
    {"<urn:x:a> <file:///tmp/a%20b.scl>", NULL},
    {"<urn:x:a> [ a atom:Vector ; rdf:value ( 1.0 ) ]", "a vector lacks the type"},
    {"<urn:x:a> [ a atom:Vector ; atom:childType atom:Float ]", "a vector lacks the type"},
    {"<urn:x:a> [ a atom:Vector ; atom:childType <urn:x:T> ; rdf:value ( 1 ) ]",
     "the elements of a vector have no type"},
    {"<urn:x:a> [ a atom:Vector ; atom:childType atom:Int ; rdf:value ( 1 ) ; rdf:value ( 2 ) ]",
     "a value is given twice"},
    {"<urn:x:a> [ a atom:Tuple ]", "a tuple lacks its elements"},
    {"<urn:x:a> [ a atom:Sequence ; rdf:value ( [ ] ) ]", "it holds a sequence"},
    {"<urn:x:a> _:n ] . _:n rdf:first 1 ; rdf:rest _:n . <urn:x:b> <urn:x:c> [ a <urn:x:d>",
     "one of its nodes is no whole URI"},
    {"<urn:x:a> <urn:x:l> ] . <urn:x:l> rdf:first 1 ; rdf:rest <urn:x:l> . <urn:x:b> <urn:x:c> [ a "
     "<urn:x:d>",
     "one of its lists has a name"},
    {"<urn:x:a> <file://a>", "one of its paths is damaged"},
    {"<urn:x:a> <file:///a%2>", "one of its paths is damaged"},
    {"<urn:x:a> nobody:knows", "it uses a prefix that it does not declare"},
    {"<urn:x:a> <relative>", "it uses a URI that is not whole"},
};

static void test_traps_are_found(void** unused)
{
  (void)unused;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
    char      text[TEXT_BYTES];
    char      reason[FIQ_TURTLE_REASON_BYTES] = "";
    const int n =
        snprintf(text, sizeof text,
                 "<" STATE_URI "> a pset:Preset ; lv2:appliesTo <urn:x:plugin> ; lv2:port "
                 "[ lv2:symbol \"a\" ; pset:value 1.0 ] ; state:state [ %s ] .\n",
                 cases[i].values);
    assert_true(n > 0 && n < TEXT_BYTES);
    const bool is_whole = fiq_state_check(text, (size_t)n, STATE_URI, reason);
    if (is_whole != !cases[i].reason || (!is_whole && !strstr(reason, cases[i].reason))) {
      fail_msg("%s: %s", cases[i].values, reason);
    }
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_traps_are_found)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
