// The scalar types of kubectl: sigs.k8s.io/yaml, goyaml.v2/resolve.go (v1.4).
#include "scenarios/read/scalar_kind.h"

#include <gtest/gtest.h>

namespace meshsim::scenarios {
namespace {

using models::NodeKind;

struct Case {
  const char* text;
  NodeKind kind;
};

TEST(ScalarKind, FollowsGoYamlVersion2) {
  const Case cases[] = {
      // Booleans of YAML 1.1, in three spellings each; anything else is text.
      {"y", NodeKind::Bool},
      {"Y", NodeKind::Bool},
      {"yes", NodeKind::Bool},
      {"Yes", NodeKind::Bool},
      {"YES", NodeKind::Bool},
      {"true", NodeKind::Bool},
      {"True", NodeKind::Bool},
      {"TRUE", NodeKind::Bool},
      {"on", NodeKind::Bool},
      {"On", NodeKind::Bool},
      {"ON", NodeKind::Bool},
      {"n", NodeKind::Bool},
      {"N", NodeKind::Bool},
      {"no", NodeKind::Bool},
      {"No", NodeKind::Bool},
      {"NO", NodeKind::Bool},
      {"false", NodeKind::Bool},
      {"False", NodeKind::Bool},
      {"FALSE", NodeKind::Bool},
      {"off", NodeKind::Bool},
      {"Off", NodeKind::Bool},
      {"OFF", NodeKind::Bool},
      {"yEs", NodeKind::String},
      {"tRue", NodeKind::String},
      {"oN", NodeKind::String},
      {"enabled", NodeKind::String},
      {"yess", NodeKind::String},
      // Nulls.
      {"", NodeKind::Null},
      {"~", NodeKind::Null},
      {"null", NodeKind::Null},
      {"Null", NodeKind::Null},
      {"NULL", NodeKind::Null},
      {"nULL", NodeKind::String},
      {"nil", NodeKind::String},
      {"~~", NodeKind::String},
      // Integers: Go base 0, with underscores and signs.
      {"0", NodeKind::Int},
      {"-0", NodeKind::Int},
      {"15020", NodeKind::Int},
      {"+5", NodeKind::Int},
      {"-17", NodeKind::Int},
      {"0x1F", NodeKind::Int},
      {"0X1f", NodeKind::Int},
      {"-0x10", NodeKind::Int},
      {"0o17", NodeKind::Int},
      {"0O17", NodeKind::Int},
      {"017", NodeKind::Int},
      {"0b101", NodeKind::Int},
      {"-0b11", NodeKind::Int},
      {"1_000", NodeKind::Int},
      {"0x_ff", NodeKind::Int},
      {"9223372036854775807", NodeKind::Int},
      {"18446744073709551615", NodeKind::Int},
      {"184467440737095516150000", NodeKind::Int},
      {"0x", NodeKind::String},
      {"0b12", NodeKind::String},
      {"0xZZ", NodeKind::String},
      {"0o8", NodeKind::String},
      {"1 000", NodeKind::String},
      {"--1", NodeKind::String},
      {"+", NodeKind::String},
      {"-", NodeKind::String},
      // Floats.
      {"1.5", NodeKind::Float},
      {".5", NodeKind::Float},
      {"1.", NodeKind::Float},
      {"1e3", NodeKind::Float},
      {"1E-3", NodeKind::Float},
      {"-1.5e+2", NodeKind::Float},
      {"1_0.5", NodeKind::Float},
      {"08", NodeKind::Float},
      {"09.5", NodeKind::Float},
      {".nan", NodeKind::Float},
      {".NaN", NodeKind::Float},
      {".inf", NodeKind::Float},
      {"-.inf", NodeKind::Float},
      {"+.Inf", NodeKind::Float},
      {".iNf", NodeKind::String},
      {"nan", NodeKind::String},
      {"inf", NodeKind::String},
      {".", NodeKind::String},
      {"..5", NodeKind::String},
      {"._5", NodeKind::String},
      {"1e", NodeKind::String},
      {"1e999", NodeKind::String},
      {"1.2.3", NodeKind::String},
      {"1.2.3.4", NodeKind::String},
      {"0x1p-2", NodeKind::String},
      {"1m", NodeKind::String},
      {"30s", NodeKind::String},
      {"100Mi", NodeKind::String},
      {"200/s", NodeKind::String},
      {"8080:80", NodeKind::String},
      {"190:20:30", NodeKind::String},
      // Timestamps are left as text by the conversion to JSON.
      {"2001-12-14", NodeKind::String},
      {"2001-12-14t21:59:43.10-05:00", NodeKind::String},
      {"2025-01-01T00:00:00Z", NodeKind::String},
      {"2001-12-14 21:59:43", NodeKind::String},
      // Words.
      {"=", NodeKind::String},
      {"<<", NodeKind::String},
      {"*", NodeKind::String},
      {"ambient", NodeKind::String},
  };
  for (const Case& c : cases) EXPECT_EQ(plain_scalar_kind(c.text), c.kind) << c.text;
}

TEST(ScalarKind, KeysBecomeTheTextThatKubectlSends) {
  EXPECT_EQ(json_key(NodeKind::Bool, "on"), "true");
  EXPECT_EQ(json_key(NodeKind::Bool, "N"), "false");
  EXPECT_EQ(json_key(NodeKind::Int, "0x10"), "16");
  EXPECT_EQ(json_key(NodeKind::Int, "8080"), "8080");
  EXPECT_EQ(json_key(NodeKind::Float, "1.50"), "1.5");
  EXPECT_EQ(json_key(NodeKind::String, "app"), "app");
}

TEST(ScalarKind, NumbersKeepTheirValue) {
  const auto value = [](NodeKind kind, const char* text) {
    models::TreeBuilder builder;
    builder.scalar(kind, text);
    return builder.finish()->root().number().value();
  };
  EXPECT_EQ(value(NodeKind::Int, "0x1F"), 31);
  EXPECT_EQ(value(NodeKind::Int, "017"), 15);
  EXPECT_EQ(value(NodeKind::Int, "0b101"), 5);
  EXPECT_EQ(value(NodeKind::Int, "1_000"), 1000);
  EXPECT_EQ(value(NodeKind::Float, "1_0.5"), 10.5);
  EXPECT_EQ(value(NodeKind::Float, "08"), 8);
  EXPECT_GT(value(NodeKind::Float, ".inf"), 1e300);
  EXPECT_LT(value(NodeKind::Float, "-.inf"), -1e300);
}

}  // namespace
}  // namespace meshsim::scenarios
