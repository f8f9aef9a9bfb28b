// The place of a value in a line: what --update may replace, and what it must leave.
#include "scenarios/expect/test_update.h"

#include <gtest/gtest.h>

namespace meshsim::scenarios {
namespace {

TEST(UpdateLine, ReplacesTheValueAndNothingElse) {
  struct Case {
    const char *line, *key, *literal, *after;
  };
  for (const Case& c : {
           Case{"verdict: denied", "verdict", "allowed", "verdict: allowed"},
           Case{"  verdict: denied  # why", "verdict", "allowed", "  verdict: allowed  # why"},
           Case{"e: { verdict: denied, httpStatus: 403 }", "verdict", "allowed",
                "e: { verdict: allowed, httpStatus: 403 }"},
           Case{"e: { verdict: denied, httpStatus: 403 }", "httpStatus", "200",
                "e: { verdict: denied, httpStatus: 200 }"},
           Case{"e: { path: [sidecar, ztunnel], x: 1 }", "path", "[\"ztunnel\"]", "e: { path: [\"ztunnel\"], x: 1 }"},
           Case{"\"verdict\": \"denied\",", "\"verdict\"", "\"allowed\"", "\"verdict\": \"allowed\","},
           Case{"why: \"a: b\"", "why", "null", "why: null"},
           Case{"why: 'it''s'", "why", "null", "why: null"},
           Case{"policies: { \"AuthorizationPolicy a/b\": open }", "\"AuthorizationPolicy a/b\"", "enforced",
                "policies: { \"AuthorizationPolicy a/b\": enforced }"},
       }) {
    const std::string line = c.line;
    const auto changed = with_value(line, static_cast<std::uint32_t>(line.find(c.key) + 1), c.literal);
    ASSERT_TRUE(changed) << line;
    EXPECT_EQ(*changed, c.after);
  }
}

TEST(UpdateLine, LeavesWhatSpansLines) {
  for (const char* line :
       {"path:", "path: [sidecar,", "path: { a: 1,", "text: |", "text: >-", "x: &a 1", "text: \"open"})
    EXPECT_FALSE(with_value(line, 1, "1")) << line;
  EXPECT_FALSE(with_value("a: 1", 0, "1"));
  EXPECT_FALSE(with_value("a: 1", 9, "1"));
}

}  // namespace
}  // namespace meshsim::scenarios
