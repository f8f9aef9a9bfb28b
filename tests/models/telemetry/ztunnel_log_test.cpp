// Ztunnel's log by its levels (TM-080, TM-087): texts of istio/ztunnel src/state.rs and src/proxy/metrics.rs,
// directives as src/telemetry.rs reads them.
#include <gtest/gtest.h>

#include "models/telemetry/ztunnel_logging.h"
#include "tests/models/telemetry/resources.h"

namespace meshsim::models {
namespace {

using bench::As;
using bench::Bench;
constexpr Transport kHbone = Transport::Hbone;

void add_object(Bench& b, const std::string& text) {
  const auto tree = bench::tree_of(text);
  Diagnostics diagnostics;
  auto object = decode_object(tree, tree->root(), diagnostics);
  ASSERT_TRUE(object);
  b.mesh.objects.push_back(std::move(*object));
}
void add_ztunnel(Bench& b, const std::string& environment) {
  add_object(b, R"({"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{"name":"ztunnel","namespace":"istio-system"},
      "spec":{"template":{"spec":{"containers":[{"name":"istio-proxy","env":[)" +
                    environment + "]}]}}}}");
}

TEST(ZtunnelLogging, TM080_Directives) {
  ZtunnelLogging logging;
  EXPECT_EQ(logging.level_of("access"), LogLevel::Info);
  const auto level = [&](const char* text, const char* target) {
    logging.directives = read_directives(text);
    return logging.level_of(target);
  };
  EXPECT_EQ(level("debug", "access"), LogLevel::Debug);
  EXPECT_EQ(level("info,access=debug", "access"), LogLevel::Debug);
  EXPECT_EQ(level("info,access=debug", "ztunnel::state"), LogLevel::Info);
  EXPECT_EQ(level("access=warn", "ztunnel::state"), LogLevel::Off);
  EXPECT_EQ(level("warn,ztunnel=info,ztunnel::state=TRACE", "ztunnel::state"), LogLevel::Trace);
  EXPECT_EQ(level("access", "access"), LogLevel::Trace);
  EXPECT_EQ(level("off", "access"), LogLevel::Off);
  EXPECT_EQ(level("2", "access"), LogLevel::Warn);
}

std::vector<std::string> messages(const Outcome& out, std::string_view direction) {
  std::vector<std::string> found;
  for (const AccessLog& log : out.telemetry.logs)
    if (log.proxy == ProxyKind::Ztunnel && log.direction == direction) {
      std::string text = log.fields.at("level") + " " + log.fields.at("scope") + " " + log.fields.at("message");
      if (const auto policy = log.fields.find("policy"); policy != log.fields.end()) text += " " + policy->second;
      found.push_back(std::move(text));
    }
  return found;
}
using Lines = std::vector<std::string>;

Outcome pair_of(Bench& b) { return b.outcome({b.ztunnel_out(kHbone), b.ztunnel_in(kHbone, b.client_id())}, kHbone); }

TEST(ZtunnelLogging, TM080_ConnectionOpenedAtDebug) {
  Bench b(As::Ambient, As::Ambient);
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), pair_of(b)), "outbound"), (Lines{"info access connection complete"}));
  add_ztunnel(b, R"({"name":"RUST_LOG","value":"info,access=debug"})");
  const Outcome out = b.observe(b.tcp_flow(), pair_of(b));
  EXPECT_EQ(messages(out, "outbound"), (Lines{"debug access connection opened", "info access connection complete"}));
  EXPECT_EQ(out.telemetry.logs.front().fields.count("bytes_sent"), 0u);
  EXPECT_EQ(out.telemetry.logs.front().fields.count("src.addr"), 1u);
}

TEST(ZtunnelLogging, TM080_WarnHidesWhatWentWell) {
  Bench b(As::Ambient, As::Ambient);
  add_ztunnel(b, R"({"name":"RUST_LOG","value":"warn"})");
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), pair_of(b)), "inbound"), Lines{});
  Outcome refused = pair_of(b);
  refused.verdict = Verdict::Denied;
  refused.denied_by = DeniedBy{ProxyKind::Ztunnel, "back/reviews-v1", {}, {}, {}};
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), refused), "inbound"), (Lines{"error access connection complete"}));
}

PolicyFinding finding(const std::string& name, PolicyStatus status, std::optional<int> rule) {
  PolicyFinding out;
  out.policy = {"AuthorizationPolicy", "back", name, {}};
  out.status = status;
  out.at = ProxyKind::Ztunnel;
  out.at_name = "back/reviews-v1";
  out.matched_rule = rule;
  return out;
}

TEST(ZtunnelLogging, TM087_DecisionsAtInfo) {
  Bench b(As::Ambient, As::Ambient);
  add_ztunnel(b, R"({"name":"AUTHZ_POLICY_INFO_LOGGING","value":"true"})");
  for (const auto& [name, action] : {std::pair{"allow", "ALLOW"}, std::pair{"deny", "DENY"}, std::pair{"try", "DENY"}})
    add_object(
        b,
        std::string(
            R"({"apiVersion":"security.istio.io/v1","kind":"AuthorizationPolicy","metadata":{"namespace":"back","name":")") +
            name + R"("},"spec":{"action":")" + action + R"("}})");
  Outcome out = pair_of(b);
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), out), "inbound"),
            (Lines{"info ztunnel::state no allow policies, allow", "info access connection complete"}));
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), out), "outbound"), (Lines{"info access connection complete"}));

  out.policies = {finding("allow", PolicyStatus::Enforced, 0), finding("try", PolicyStatus::DryRun, 0)};
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), out), "inbound"),
            (Lines{"info ztunnel::state dry-run: deny policy match back/try",
                   "info ztunnel::state allow policy match back/allow", "info access connection complete"}));

  out.policies = {finding("allow", PolicyStatus::Enforced, std::nullopt)};
  out.verdict = Verdict::Denied;
  out.denied_by = DeniedBy{ProxyKind::Ztunnel, "back/reviews-v1", {}, {}, {}};
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), out), "inbound"),
            (Lines{"info ztunnel::state no allow policies matched", "error access connection complete"}));

  out.denied_by->policy = "back/deny";
  out.policies = {finding("deny", PolicyStatus::Enforced, 0)};
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), out), "inbound"),
            (Lines{"info ztunnel::state deny policy match back/deny", "error access connection complete"}));

  // Before 1.30 the variable is not known: debug lines, hidden at info.
  b.mesh.settings.profile.trace_context_propagation_switch = false;
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), out), "inbound"), (Lines{"error access connection complete"}));
}

TEST(ZtunnelLogging, TM087_DecisionsAtDebugInEveryVersion) {
  Bench b(As::Ambient, As::Ambient);
  add_ztunnel(b, R"({"name":"RUST_LOG","value":"debug"})");
  b.mesh.settings.profile.trace_context_propagation_switch = false;
  EXPECT_EQ(messages(b.observe(b.tcp_flow(), pair_of(b)), "inbound"),
            (Lines{"debug access connection opened", "debug ztunnel::state no allow policies, allow",
                   "info access connection complete"}));
}

}  // namespace
}  // namespace meshsim::models
