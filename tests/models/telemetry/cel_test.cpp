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
std::string tag(std::string_view text) { return cel_tag(text, sample); }

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

TEST(Cel, BadTextIsAnErrorAndNeverLoops) {
  for (const char* text : {"", "(", "'open", "a[", "1 +", "a ? b", "))", "\"\\", "!", "-", "1.5", "a.b.c("})
    EXPECT_EQ(cel_tag(text, sample), "unknown") << text;
  EXPECT_EQ(cel_tag(std::string(100000, '('), sample), "unknown");
  EXPECT_EQ(cel_tag(std::string(100000, '!'), sample), "unknown");
}

}  // namespace
}  // namespace meshsim::models
