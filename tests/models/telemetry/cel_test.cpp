#include "models/telemetry/cel.h"

#include <gtest/gtest.h>

namespace meshsim::models {
namespace {

CelValue sample(const std::vector<std::string>& path) {
  if (path == std::vector<std::string>{"request", "headers", "x-env"}) return std::string("prod");
  if (path == std::vector<std::string>{"response", "code"}) return std::int64_t{404};
  if (path == std::vector<std::string>{"connection", "mtls"}) return true;
  return CelError{};
}
std::string tag(std::string_view text) { return cel_tag(text, sample).value_or("(not CEL)"); }

TEST(Cel, TM174_Literals) {
  EXPECT_EQ(tag("'test'"), "test");
  EXPECT_EQ(tag("\"it's\""), "it's");
  EXPECT_EQ(tag("42"), "42");
  EXPECT_EQ(tag("true"), "true");
  EXPECT_EQ(tag("bar"), "unknown");  // an attribute that does not exist, not a string
}

TEST(Cel, Attributes) {
  EXPECT_EQ(tag("request.headers['x-env']"), "prod");
  EXPECT_EQ(tag("request.headers[\"x-other\"]"), "unknown");
  EXPECT_EQ(tag("response.code"), "404");
  EXPECT_EQ(tag("string(response.code) + '/' + request.headers['x-env']"), "404/prod");
  EXPECT_EQ(tag("has(request.headers['x-other']) ? 'yes' : 'no'"), "no");
  EXPECT_EQ(tag("request.headers['x-env'].startsWith('pr')"), "true");
}

TEST(Cel, Logic) {
  EXPECT_TRUE(cel_true("response.code >= 400 && response.code < 500", sample));
  EXPECT_TRUE(cel_true("unknown_thing == 1 || connection.mtls", sample));
  EXPECT_FALSE(cel_true("unknown_thing == 1 && connection.mtls", sample));
  EXPECT_TRUE(cel_true("!(response.code == 200)", sample));
  EXPECT_TRUE(cel_true("request.headers['x-env'] != 'dev'", sample));
}

TEST(Cel, MembershipAndArithmetic) {
  EXPECT_EQ(tag("request.headers['x-env'] in ['dev', 'prod']"), "true");
  EXPECT_EQ(tag("response.code in [200, 201]"), "false");
  EXPECT_EQ(tag("response.code - 4"), "400");
  EXPECT_EQ(tag("response.code * 2 + 1"), "809");
}

TEST(Cel, WhatIsNotImitatedIsAnErrorNotBadText) {
  for (const char* text : {"1.5", "request.headers['x-env'].matches('p.*')", "[1].exists(x, x > 0)"})
    EXPECT_NE(tag(text), "true") << text;
  EXPECT_EQ(tag("request.headers['x-env'].matches('p.*')"), "unknown");
  EXPECT_EQ(tag("1.5"), "unknown");
}

TEST(Cel, TM174_BadTextIsNoExpressionAndNeverLoops) {
  for (const char* text :
       {"", "(", "'open", "a[", "1 +", "a ? b", "))", "\"\\", "!", "-", "a.b.c(", "cannot _ parse | 1"})
    EXPECT_FALSE(cel_tag(text, sample)) << text;
  EXPECT_FALSE(cel_tag(std::string(100000, '('), sample));
  EXPECT_FALSE(cel_tag(std::string(100000, '!'), sample));
  EXPECT_FALSE(cel_tag("a" + std::string(100000, '['), sample));
}

}  // namespace
}  // namespace meshsim::models
