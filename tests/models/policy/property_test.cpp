// Properties over random policies: the evaluators against transcriptions of the reference, against each other, and
// against changes that must not matter.
#include <algorithm>
#include <map>
#include <random>

#include <gtest/gtest.h>

#include "models/policy/authorization/envoy_rule.h"
#include "policy_fixture.h"
#include "random_policy.h"

namespace meshsim::test {

using namespace models;
using namespace models::policy;

namespace {

Dice dice_of(std::mt19937& random) {
  return [&random](std::size_t below) { return static_cast<std::size_t>(random() % below); };
}

// PO-062 and PO-063, transcribed word by word.
bool reference(const ZtunnelPolicy& policy, const std::string& peer, const ConnectionView& connection) {
  const std::string principal = peer.empty() ? "" : peer.substr(9);
  std::string ns, account;
  if (!peer.empty()) {
    const auto at = principal.find("/ns/") + 4;
    ns = principal.substr(at, principal.find("/sa/") - at);
    account = principal.substr(principal.find("/sa/") + 4);
  }
  const auto string_hits = [](const ZString& m, const std::string& text) {
    switch (m.kind) {
      case ZString::Kind::Exact:
        return text == m.text;
      case ZString::Kind::Prefix:
        return text.compare(0, m.text.size(), m.text) == 0;
      case ZString::Kind::Suffix:
        return text.size() >= m.text.size() && text.substr(text.size() - m.text.size()) == m.text;
      case ZString::Kind::Presence:
        return !text.empty();
    }
    return false;
  };
  const auto some = [](const auto& list, auto hit) { return std::any_of(list.begin(), list.end(), hit); };
  const auto dimension = [&](const auto& positive, const auto& negative, auto hit) {
    return (positive.empty() || some(positive, hit)) && (negative.empty() || !some(negative, hit));
  };
  for (const auto& group : policy.groups) {
    bool all = true;
    for (const auto& clause : group) {
      bool any = clause.empty();
      for (const auto& m : clause) {
        if (m == ZtunnelMatch{}) continue;
        any |= dimension(m.destination_ips, m.not_destination_ips,
                         [&](const Cidr& c) { return c.contains(connection.destination_ip); }) &&
               dimension(m.source_ips, m.not_source_ips,
                         [&](const Cidr& c) { return c.contains(connection.source_ip); }) &&
               dimension(m.destination_ports, m.not_destination_ports,
                         [&](std::uint16_t p) { return p == connection.port; }) &&
               dimension(m.service_accounts, m.not_service_accounts,
                         [&](const auto& a) { return !peer.empty() && a.first == ns && a.second == account; }) &&
               dimension(m.principals, m.not_principals,
                         [&](const ZString& s) { return !peer.empty() && string_hits(s, principal); }) &&
               dimension(m.namespaces, m.not_namespaces, [&](const ZString& s) { return string_hits(s, ns); });
      }
      all &= any;
    }
    if (all) return true;
  }
  return false;
}

EnvoyInput input_of(const RandomQuestion& question, bool tcp) {
  EnvoyInput out;
  out.connection = &question.connection;
  out.request = tcp ? nullptr : &question.request;
  out.path = std::string_view(question.path).substr(0, question.path.find('?'));
  if (!question.jwts.empty()) out.token = &question.jwts.front();
  prepare_peer(out);
  return out;
}

bool envoy_matches(const AuthorizationPolicy& policy, const RandomQuestion& question, bool tcp) {
  EnvoyCompiler compiler;
  compiler.trust_domains = {"cluster.local"};
  for (std::size_t i = 0; i < policy.rules.size(); ++i)
    if (const auto rule = compiler.compile(policy, i, tcp))
      if (evaluate(*rule, input_of(question, tcp)) == Tri::Yes) return true;
  return false;
}

}  // namespace

TEST(Property, ztunnel_evaluator_is_PO_062) {
  std::mt19937 random(1);
  const Dice dice = dice_of(random);
  int hits = 0;
  RandomQuestion question;
  for (int i = 0; i < 30000; ++i) {
    const ZtunnelPolicy policy = random_ztunnel_policy(dice);
    random_question(dice, question);
    const bool ours = first_match(policy, ztunnel_peer(question.connection.principal), question.connection).has_value();
    ASSERT_EQ(ours, reference(policy, question.principal, question.connection)) << i;
    hits += ours;
  }
  EXPECT_GT(hits, 3000);
}

// Policies with L4 fields only, non-empty sources and operations, and no stars inside: Envoy (HTTP and TCP) and ztunnel
// must agree (PO-031, PO-062). An empty source is "any" for Envoy and dead for ztunnel: left out here, tested below.
TEST(Property, envoy_and_ztunnel_agree_on_l4_policies) {
  std::mt19937 random(2);
  const Dice dice = dice_of(random);
  int compared = 0, hits = 0;
  RandomQuestion question;
  for (int i = 0; i < 20000; ++i) {
    const AuthorizationPolicy policy = random_policy(dice, Fields::L4);
    const auto converted = convert(policy, {"istio-system", false}).policy;
    const bool some_empty = std::any_of(converted->groups.begin(), converted->groups.end(), [](const ZtunnelGroup& g) {
      return std::any_of(g.begin(), g.end(), [](const ZtunnelClause& c) {
        return std::any_of(c.begin(), c.end(), [](const ZtunnelMatch& m) { return m.empty(); });
      });
    });
    if (some_empty) continue;
    random_question(dice, question);
    const bool ztunnel =
        first_match(*converted, ztunnel_peer(question.connection.principal), question.connection).has_value();
    ASSERT_EQ(envoy_matches(policy, question, false), ztunnel) << i << ' ' << yaml_of(policy) << question.principal;
    ASSERT_EQ(envoy_matches(policy, question, true), ztunnel) << i;
    ++compared;
    hits += ztunnel;
  }
  EXPECT_GT(compared, 3000);
  EXPECT_GT(hits, 300);
}

namespace {

// Why the reference lets the two evaluators differ on a policy; empty: they must agree.
std::vector<std::string> excuses(const AuthorizationPolicy& policy, const ZtunnelConversion& converted) {
  std::vector<std::string> out;
  if (!converted.unsupported.empty()) out.push_back(policy.action == Action::Deny ? "PO-058" : "PO-057");
  const auto empty = [](const ZtunnelGroup& group) {
    return std::any_of(group.begin(), group.end(), [](const ZtunnelClause& clause) {
      return std::any_of(clause.begin(), clause.end(), [](const ZtunnelMatch& match) { return match.empty(); });
    });
  };
  if (std::any_of(converted.policy->groups.begin(), converted.policy->groups.end(), empty)) out.push_back("PO-062");
  const auto star_inside = [](const std::string& value) {
    return value.size() > 2 && value.find('*', 1) < value.size() - 1;
  };
  for (const auto& rule : policy.rules) {
    std::vector<std::string> namespaces;
    for (const auto& source : rule.from) {
      namespaces.insert(namespaces.end(), source.namespaces.any.begin(), source.namespaces.any.end());
      namespaces.insert(namespaces.end(), source.namespaces.none.begin(), source.namespaces.none.end());
      if (!source.trust_domains.empty()) out.push_back("PO-061");
    }
    if (std::any_of(namespaces.begin(), namespaces.end(), star_inside)) out.push_back("PO-060");
  }
  return out;
}

}  // namespace

// Over policies of every kind: where nothing excuses a difference there is none, and each excuse is needed.
TEST(Property, envoy_and_ztunnel_differ_only_where_the_reference_says) {
  std::mt19937 random(5);
  const Dice dice = dice_of(random);
  std::map<std::string, int> differences;  // of policies with this excuse alone
  int without = 0;
  RandomQuestion question;
  for (int i = 0; i < 16000; ++i) {
    AuthorizationPolicy policy = random_policy(dice, dice(2) ? Fields::All : Fields::L4);
    if (dice(4) == 0 && !policy.rules.empty() && !policy.rules[0].from.empty())
      policy.rules[0].from[0].namespaces.any = {"p*-x"};
    const ZtunnelConversion converted = convert(policy, {"istio-system", false});
    random_question(dice, question);
    const bool ztunnel =
        first_match(*converted.policy, ztunnel_peer(question.connection.principal), question.connection).has_value();
    const bool envoy = envoy_matches(policy, question, false);
    auto why = excuses(policy, converted);
    std::sort(why.begin(), why.end());
    why.erase(std::unique(why.begin(), why.end()), why.end());
    if (why.empty()) {
      ++without;
      ASSERT_EQ(envoy, ztunnel) << i << ' ' << yaml_of(policy) << question.principal;
    } else if (envoy != ztunnel && why.size() == 1) {
      ++differences[why[0]];
    }
  }
  EXPECT_GT(without, 800);
  for (const char* rule : {"PO-057", "PO-058", "PO-060", "PO-062"}) EXPECT_GT(differences[rule], 0) << rule;
  // An emptied source matches nobody, and an ALLOW gets wider than written.
  EXPECT_GT(differences["PO-061"], 0);
}

// They differ exactly where the reference says so.
TEST(Property, envoy_and_ztunnel_differ_where_the_reference_says) {
  AuthorizationPolicy policy;
  policy.ns = "a";
  policy.action = Action::Deny;
  policy.rules = {RuleSpec{{SourceSpec{}}, {}, {}}};
  std::mt19937 random(3);
  RandomQuestion question;
  random_question(dice_of(random), question);
  const auto ztunnel = [&] {
    return first_match(*convert(policy, {"istio-system", false}).policy, ztunnel_peer(question.connection.principal),
                       question.connection)
        .has_value();
  };
  EXPECT_TRUE(envoy_matches(policy, question, false));
  EXPECT_FALSE(ztunnel()) << "an empty source: any for Envoy, dead at ztunnel (PO-062)";
  policy.rules[0].from[0].namespaces.any = {"p*-x"};
  question.connection.principal = question.principal = "spiffe://cluster.local/ns/prod-x/sa/z";
  EXPECT_TRUE(envoy_matches(policy, question, false)) << "PO-040";
  EXPECT_FALSE(ztunnel()) << "PO-060";
}

// Whole engine: neither order nor unrelated policies matter, and the fast path says what the slow one says.
TEST(Property, order_and_unrelated_policies_change_nothing) {
  std::mt19937 random(4);
  const Dice dice = dice_of(random);
  const std::string tokens = test::policy("{jwtRules: [{issuer: I}]}", "ra", "a", "RequestAuthentication");
  for (int round = 0; round < 12; ++round) {
    std::vector<std::string> sidecar{standard_mesh("sidecar"), tokens};
    for (int i = 0; i < 4; ++i)
      sidecar.push_back(test::policy(yaml_of(random_policy(dice, Fields::All)), "p" + std::to_string(i)));
    const auto text = [](std::vector<std::string> parts) {
      std::string out = parts[0];
      for (std::size_t i = 1; i < parts.size(); ++i) out += parts[i];
      return out;
    };
    auto shuffled = sidecar;
    std::shuffle(shuffled.begin() + 1, shuffled.end(), random);
    auto crowded = sidecar;
    crowded.push_back(test::policy("{action: DENY, rules: [{}]}", "far", "elsewhere"));
    crowded.push_back(test::policy("{selector: {matchLabels: {app: other}}, action: DENY, rules: [{}]}", "other"));
    crowded.push_back(test::policy("{targetRefs: [{kind: Service, name: srv}], action: DENY, rules: [{}]}", "refs"));
    const PolicyBench a(text(sidecar)), b(text(shuffled)), c(text(crowded));
    for (int i = 0; i < 60; ++i) {
      RandomQuestion question;
      random_question(dice, question);
      const bool tcp = dice(4) == 0;
      std::vector<std::string> verdicts;
      for (const PolicyBench* bench : {&a, &b, &c}) {
        const Workload& w = bench->mesh->workloads[bench->workload("a/srv")];
        ProxyView view;
        view.ns = w.ns;
        view.labels = &w.labels;
        const RequestView* request = tcp ? nullptr : &question.request;
        const PolicyDecision out = bench->engine->at_envoy(view, question.connection, request);
        EXPECT_EQ(bench->engine->allows_envoy(view, question.connection, request), out.allowed && !out.unknown);
        const PolicyDecision z = bench->engine->at_ztunnel(bench->workload("a/srv"), question.connection);
        EXPECT_EQ(bench->engine->allows_ztunnel(bench->workload("a/srv"), question.connection), z.allowed);
        // A ProxyView that is not the mesh's own gets the same verdict by the slow way.
        const Labels copy = w.labels;
        view.labels = &copy;
        const PolicyDecision slow = bench->engine->at_envoy(view, question.connection, request);
        EXPECT_EQ(slow.details, out.details);
        verdicts.push_back(out.details + '|' + out.policy.value_or("-") + '|' + std::to_string(out.allowed) + '|' +
                           z.why);
      }
      EXPECT_EQ(verdicts[0], verdicts[1]);
      EXPECT_EQ(verdicts[0], verdicts[2]);
    }
  }
}

}  // namespace meshsim::test
