// Istio's own pairs of authz/builder/testdata: for every rule, an interpreter of the generated RBAC and our evaluator
// must agree on many requests, and the same rules must exist.
#include <algorithm>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "models/policy/authorization/envoy_rule.h"
#include "policy_fixture.h"
#include "rbac_interpreter.h"

namespace meshsim::test {

using namespace models;
using namespace models::policy;

namespace {

// Every scalar of the input file is a seed: as it is, with its stars filled in, with something before and behind.
void collect(Node node, std::set<std::string>& out) {
  if (node.is_scalar() && !node.text().empty()) out.insert(std::string(node.text()));
  for (const Node child : node) collect(child, out);
}

std::string filled(const std::string& seed, const std::string& filling) {
  std::string out;
  for (std::size_t i = 0; i < seed.size(); ++i) {
    if (seed.compare(i, 4, "{**}") == 0) {
      out += filling;
      i += 3;
    } else if (seed.compare(i, 3, "{*}") == 0) {
      out += filling;
      i += 2;
    } else if (seed[i] == '*') {
      out += filling;
    } else {
      out += seed[i];
    }
  }
  return out;
}

class Requests {
 public:
  explicit Requests(const std::set<std::string>& seeds) {
    for (const auto& seed : seeds)
      for (const char* filling : {"", "x", "a.b"}) texts_.push_back(filled(seed, filling));
    texts_.insert(texts_.end(), {"", "GET", "/exact", "exact.com", "cluster.local", "other"});
    for (const auto& text : texts_) {
      const std::string address = text.substr(0, text.find('/'));
      if (IpAddress::parse(address)) addresses_.push_back(address);
      if (!text.empty() && text.size() < 6 && text.find_first_not_of("0123456789") == std::string::npos &&
          std::stoi(text) < 65536)
        ports_.push_back(static_cast<std::uint16_t>(std::stoi(text)));
    }
    addresses_.insert(addresses_.end(), {"9.9.9.9", "10.0.0.1", "5.6.7.8", "192.168.10.77"});
    ports_.insert(ports_.end(), {80, 1234});
  }

  Ask make(std::mt19937& random) const {
    Ask out;
    const auto text = [&] { return texts_[random() % texts_.size()]; };
    switch (random() % 6) {
      case 0:
        out.principal.clear();
        break;
      case 1:
        out.principal = "spiffe://" + text();
        break;
      case 2:
        out.principal = "spiffe://" + text() + "/ns/" + text() + "/sa/" + text();
        break;
      case 3:
        out.principal = "spiffe://cluster.local/ns/foo/sa/" + text();
        break;
      case 4:
        out.principal = "spiffe://td1/ns/" + text() + "/sa/sa-only";
        break;
      default:
        out.principal = text();
    }
    out.source_ip = addresses_[random() % addresses_.size()];
    out.remote_ip = addresses_[random() % addresses_.size()];
    out.destination_ip = addresses_[random() % addresses_.size()];
    out.port = ports_[random() % ports_.size()];
    out.sni = text();
    out.method = text();
    out.path = random() % 4 ? text() : text() + "?q=" + text();
    out.authority = text();
    for (char& c : out.authority)
      if (random() % 4 == 0) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (random() % 3) out.headers.emplace_back("x-header", text());
    if (random() % 8 == 0) out.headers.emplace_back("x-header", text());
    if (random() % 3) {
      std::string claims = "{azp: \"" + text() + "\", nested1: {nested2: \"" + text() + "\"}}";
      if (random() % 2)
        claims = "{azp: [\"" + text() + "\", \"" + text() + "\"], nested1: {nested2: [\"" + text() + "\"]}}";
      Jwt token = jwt(random() % 4 ? text() : "", random() % 4 ? text() : "", claims);
      token.audiences = {text()};
      if (random() % 2) token.audiences.push_back(text());
      out.jwts.push_back(std::move(token));
    }
    return out;
  }

 private:
  std::vector<std::string> texts_, addresses_;
  std::vector<std::uint16_t> ports_;
};

std::string quote(const std::string& text) { return '"' + text + '"'; }

// The payload as Envoy's filter would publish it.
std::string payload_yaml(const Jwt& token) {
  std::string out = "{";
  if (token.issuer) out += "iss: " + quote(*token.issuer) + ", ";
  if (token.subject) out += "sub: " + quote(*token.subject) + ", ";
  out += "aud: [";
  for (const auto& audience : token.audiences) out += quote(audience) + ", ";
  out += "], ";
  const auto list = [&](Node node) {
    if (node.is_string()) return quote(node.string());
    std::string text = "[";
    for (const Node one : node) text += quote(one.string()) + ", ";
    return text + "]";
  };
  return out + "azp: " + list(token.claims["azp"]) +
         ", nested1: {nested2: " + list(token.claims["nested1"]["nested2"]) + "}}";
}

struct Name {
  std::string ns, name;
  std::size_t rule = 0;
};

// "ns[foo]-policy[httpbin-1]-rule[0]", with whatever CUSTOM puts around it.
Name parse_name(const std::string& text) {
  Name out;
  const auto part = [&](const std::string& key) {
    const auto begin = text.find(key + '[') + key.size() + 1;
    return text.substr(begin, text.find(']', begin) - begin);
  };
  out.ns = part("ns");
  out.name = part("-policy");
  out.rule = static_cast<std::size_t>(std::stoul(part("-rule")));
  return out;
}

std::vector<std::string> domains_of(const std::string& file) {
  if (file.find("multiple-td-aliases") != std::string::npos) return {"td1", "cluster.local", "some-td"};
  if (file.find("simple-policy-td-aliases") != std::string::npos) return {"td1", "cluster.local"};
  if (file.find("principal-with-wildcard") != std::string::npos) return {"td1", "foobar"};
  if (file.find("td-aliases-source-principal") != std::string::npos) return {"new-td", "old-td", "some-trustdomain"};
  return {"cluster.local"};
}

Action action_of(Node filter) {
  const auto action = filter["action"].text();
  return action == "DENY" ? Action::Deny : action == "LOG" ? Action::Audit : Action::Allow;
}

}  // namespace

TEST(IstioBuilder, the_generated_rbac_and_our_rules_agree_PO_031_PO_054) {
  int rules = 0, providers = 0;
  std::size_t hits = 0, questions = 0;
  for (const auto& file : list_files("tests/data/istio-policy/authz-builder")) {
    const auto out_at = file.rfind("-out");
    if (out_at == std::string::npos) continue;
    std::string in_file = file.substr(0, out_at) + "-in.yaml";
    if (const auto extended = in_file.find("/extended-"); extended != std::string::npos) in_file.erase(extended + 1, 9);
    // Several expectations share one input.
    if (in_file.find("/custom-") != std::string::npos &&
        !std::filesystem::exists(std::string(MESHSIM_SOURCE_DIR) + '/' + in_file))
      in_file = in_file.substr(0, in_file.rfind('/')) + "/custom-simple-http-in.yaml";
    SCOPED_TRACE(file);
    const bool tcp = file.find("/tcp/") != std::string::npos;
    const auto objects = objects_of_yaml(read_file(in_file), in_file);
    const auto out_tree = tree_of_yaml(read_file(file));
    const Node config = out_tree->root()["typedConfig"];
    if (!config["rules"].exists() && !config["shadowRules"].exists()) {
      // The other half of a CUSTOM pair; what the provider answers is the scenario's to say.
      EXPECT_NE(config["@type"].text().find(".ext_authz."), std::string_view::npos);
      ++providers;
      continue;
    }

    EnvoyCompiler compiler;
    compiler.trust_domains = domains_of(file);
    std::map<std::string, AuthorizationPolicy> policies;
    std::set<std::string> seeds;
    for (const Object& object : objects) {
      policies[object.ns + '/' + object.name] = decode_authorization_policy(object, Profile());
      collect(object.spec(), seeds);
    }
    const Requests requests(seeds);
    std::mt19937 random(7);
    std::set<std::string> golden_names;
    bool custom = false;
    for (const Node filter : {config["rules"], config["shadowRules"]}) {
      for (const Node golden : filter["policies"]) {
        const std::string text(golden.key());
        if (text == "rbac-deny-all" || text.find("-rule[") == std::string::npos) continue;  // "matches nothing"
        custom |= text.starts_with("istio-ext-authz");
        SCOPED_TRACE(text);
        const Name name = parse_name(text);
        const auto found = policies.find(name.ns + '/' + name.name);
        ASSERT_NE(found, policies.end());
        if (found->second.rules.empty()) {  // PO-023: istiod writes a rule that matches never
          EXPECT_FALSE(golden["permissions"].at(0)["any"].exists());
          continue;
        }
        golden_names.insert(name.ns + '/' + name.name + '#' + std::to_string(name.rule));
        const auto rule = compiler.compile(found->second, name.rule, tcp);
        ASSERT_TRUE(rule.has_value());
        ++rules;
        for (int i = 0; i < 400; ++i) {
          const Ask ask = requests.make(random);
          const ConnectionView connection = connection_of(ask);
          const RequestView request = request_of(ask);
          EnvoyInput ours;
          ours.connection = &connection;
          ours.request = tcp ? nullptr : &request;
          ours.path = std::string_view(ask.path).substr(0, ask.path.find_first_of("?#"));
          ours.token = ask.jwts.empty() ? nullptr : &ask.jwts.front();
          prepare_peer(ours);
          RbacInput theirs{&connection, ours.request, {}};
          std::shared_ptr<const Tree> payload;
          if (ours.token) {
            payload = tree_of_yaml(payload_yaml(*ours.token));
            theirs.payload = payload->root();
          }
          const bool expected = rbac_matches(golden, theirs);
          hits += expected;
          ++questions;
          ASSERT_EQ(evaluate(*rule, ours), tri(expected))
              << "principal " << ask.principal << " method " << ask.method << " path " << ask.path << " host "
              << ask.authority << " sni " << ask.sni << " port " << ask.port << ' ' << explain(*rule, ours).failure;
        }
      }
    }
    // The rules that istiod keeps are those that we keep (PO-051).
    if (custom) continue;
    const Action action =
        action_of(config["rules"].exists() && !config["rules"].empty() ? config["rules"] : config["shadowRules"]);
    std::set<std::string> ours;
    for (const auto& [id, policy] : policies) {
      if (policy.action != action) continue;
      for (std::size_t i = 0; i < policy.rules.size(); ++i)
        if (compiler.compile(policy, i, tcp)) ours.insert(id + '#' + std::to_string(i));
    }
    EXPECT_EQ(ours, golden_names);
  }
  EXPECT_GE(rules, 60);
  EXPECT_EQ(providers, 7);
  RecordProperty("questions", static_cast<int>(questions));
  EXPECT_GT(hits, questions / 50) << "the generator hardly ever matches";
}

}  // namespace meshsim::test
