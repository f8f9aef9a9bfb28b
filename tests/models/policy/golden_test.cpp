// Istio's and ztunnel's own test data (tests/data/golden, licence in its README): conversion of policies for ztunnel
// (PO-055..PO-061, PO-091, PO-092) and their evaluation (PO-062..PO-064).
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "models/policy/authorization/ztunnel_policy.h"
#include "models/policy/peer_authentication/peer_authentication.h"
#include "scenarios/read/manifest_reader.h"

namespace meshsim::models::policy {
namespace {

using Json = nlohmann::json;
const std::filesystem::path kGolden = std::filesystem::path(MESHSIM_SOURCE_DIR) / "tests/data/golden";

Json read_json(const std::filesystem::path& path) {
  std::ifstream file(path);
  return Json::parse(file);
}

Json text(const ZString& s) {
  switch (s.kind) {
    case ZString::Kind::Exact:
      return {{"exact", s.text}};
    case ZString::Kind::Prefix:
      return {{"prefix", s.text}};
    case ZString::Kind::Suffix:
      return {{"suffix", s.text}};
    case ZString::Kind::Presence:
      return {{"present", true}};
  }
  return nullptr;
}

template <class List, class Write>
void put(Json& into, const char* key, const List& list, Write write) {
  if (list.empty()) return;
  for (const auto& entry : list) into[key].push_back(write(entry));
}

Json match_json(const ZtunnelMatch& m) {
  Json out = Json::object();
  auto account = [](const std::pair<std::string, std::string>& a) {
    return Json{{"namespace", a.first}, {"service_account", a.second}};
  };
  auto cidr = [](const Cidr& c) { return Json(c.text()); };
  auto port = [](std::uint16_t p) { return Json(p); };
  put(out, "principals", m.principals, text);
  put(out, "not_principals", m.not_principals, text);
  put(out, "namespaces", m.namespaces, text);
  put(out, "not_namespaces", m.not_namespaces, text);
  put(out, "service_accounts", m.service_accounts, account);
  put(out, "not_service_accounts", m.not_service_accounts, account);
  put(out, "source_ips", m.source_ips, cidr);
  put(out, "not_source_ips", m.not_source_ips, cidr);
  put(out, "destination_ips", m.destination_ips, cidr);
  put(out, "not_destination_ips", m.not_destination_ips, cidr);
  put(out, "destination_ports", m.destination_ports, port);
  put(out, "not_destination_ports", m.not_destination_ports, port);
  return out;
}

Json rules_json(const ZtunnelPolicy& policy) {
  Json rules = Json::array();
  for (const ZtunnelGroup& group : policy.groups) {
    Json all = Json::array();
    for (const ZtunnelClause& clause : group) {
      Json any = Json::array();
      for (const ZtunnelMatch& match : clause) any.push_back(match_json(match));
      all.push_back({{"any_of", std::move(any)}});
    }
    rules.push_back({{"all_of", std::move(all)}});
  }
  return rules;
}

void expect_policy(const std::optional<ZtunnelPolicy>& got, const Json& want) {
  if (want.is_null()) {
    EXPECT_FALSE(got) << "istiod sends nothing";
    return;
  }
  ASSERT_TRUE(got) << "istiod sends " << want.dump();
  EXPECT_EQ(got->name, want["name"].get<std::string>());
  if (!want["namespace"].is_null()) {
    EXPECT_EQ(got->ns, want["namespace"].get<std::string>());
  }
  EXPECT_EQ(to_string(got->scope), want["scope"].get<std::string>());
  EXPECT_EQ(got->deny, want["action"] == "DENY");
  EXPECT_EQ(rules_json(*got), want["rules"]);
}

std::vector<std::filesystem::path> entries(const char* folder) {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden / folder)) out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::string test_name(const ::testing::TestParamInfo<std::filesystem::path>& info) {
  std::string name = info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class Conversion : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Conversion, PO055ToPO092) {
  const Json want = read_json(GetParam() / "authorization.json");
  if (GetParam().filename() == "static-strict") {  // PO-091
    expect_policy(PeerAuthentications::static_strict("istio-system"), want["authorization"]);
    return;
  }
  const auto read = scenarios::read_manifests({(GetParam() / "policy.yaml").string()});
  std::vector<PeerAuthentication> peers;
  for (const Object& object : read.objects)
    if (object.kind == "PeerAuthentication") peers.push_back(decode_peer_authentication(object));
  const PeerAuthentications all(peers, want["root_namespace"].get<std::string>());
  int found = 0;
  for (const Object& object : read.objects) {
    if (object.name != want["converted"].get<std::string>()) continue;
    ++found;
    if (object.kind == "AuthorizationPolicy") {
      const auto profile = find_profile("istio-master");
      expect_policy(
          convert(decode_authorization_policy(object, *profile), {want["root_namespace"].get<std::string>(), false})
              .policy,
          want["authorization"]);
    } else {
      expect_policy(all.convert(decode_peer_authentication(object)), want["authorization"]);
    }
  }
  EXPECT_EQ(found, 1);
}

INSTANTIATE_TEST_SUITE_P(Golden, Conversion, ::testing::ValuesIn(entries("golden-ztunnel-policies")), test_name);

std::vector<ZString> texts(const Json& list) {
  std::vector<ZString> out;
  for (const Json& entry : list) {
    ZString s;
    if (entry.contains("present")) s.kind = ZString::Kind::Presence;
    for (const auto& [word, kind] :
         {std::pair("exact", ZString::Kind::Exact), std::pair("prefix", ZString::Kind::Prefix),
          std::pair("suffix", ZString::Kind::Suffix)})
      if (entry.contains(word)) s = {kind, entry[word].get<std::string>()};
    out.push_back(std::move(s));
  }
  return out;
}

ZtunnelMatch read_match(const Json& j) {
  ZtunnelMatch m;
  auto list = [&](const char* key) { return j.value(key, Json::array()); };
  auto accounts = [&](const char* key) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const Json& a : list(key)) out.emplace_back(a["namespace"], a["service_account"]);
    return out;
  };
  auto cidrs = [&](const char* key) {
    std::vector<Cidr> out;
    for (const Json& c : list(key)) out.push_back(Cidr::parse(c.get<std::string>()).value());
    return out;
  };
  m.principals = texts(list("principals"));
  m.not_principals = texts(list("not_principals"));
  m.namespaces = texts(list("namespaces"));
  m.not_namespaces = texts(list("not_namespaces"));
  m.service_accounts = accounts("service_accounts");
  m.not_service_accounts = accounts("not_service_accounts");
  m.source_ips = cidrs("source_ips");
  m.not_source_ips = cidrs("not_source_ips");
  m.destination_ips = cidrs("destination_ips");
  m.not_destination_ips = cidrs("not_destination_ips");
  m.destination_ports = list("destination_ports").get<std::vector<std::uint16_t>>();
  m.not_destination_ports = list("not_destination_ports").get<std::vector<std::uint16_t>>();
  return m;
}

ZtunnelPolicy read_policy(const Json& j) {
  ZtunnelPolicy p;
  p.ns = j["namespace"];
  p.name = j["name"];
  p.scope = j["scope"] == "GLOBAL"      ? ZtunnelScope::Global
            : j["scope"] == "NAMESPACE" ? ZtunnelScope::Namespace
                                        : ZtunnelScope::WorkloadSelector;
  p.deny = j["action"] == "DENY";
  p.dry_run = j.value("dry_run", false);
  for (const Json& rule : j["rules"]) {
    ZtunnelGroup group;
    for (const Json& clause : rule["all_of"]) {
      ZtunnelClause matches;
      for (const Json& match : clause["any_of"]) matches.push_back(read_match(match));
      group.push_back(std::move(matches));
    }
    p.groups.push_back(std::move(group));
  }
  return p;
}

class Evaluation : public ::testing::TestWithParam<std::filesystem::path> {};

TEST_P(Evaluation, PO062ToPO064) {
  const Json data = read_json(GetParam());
  for (const Json& c : data["cases"]) {
    const Json& wire = c["connection"];
    std::string principal;
    if (const Json& id = wire["src_identity"]; !id.is_null())
      principal = "spiffe://" + id["trust_domain"].get<std::string>() + "/ns/" + id["namespace"].get<std::string>() +
                  "/sa/" + id["service_account"].get<std::string>();
    auto address = [](const std::string& text) { return IpAddress::parse(text.substr(0, text.rfind(':'))).value(); };
    const std::string dst = wire["dst"];
    ConnectionView connection;
    connection.principal = principal;
    connection.source_ip = connection.remote_ip = address(wire["src"]);
    connection.destination_ip = address(dst);
    connection.port = static_cast<std::uint16_t>(std::stoi(dst.substr(dst.rfind(':') + 1)));
    const ZtunnelPeer peer = ztunnel_peer(principal);

    bool denied = false, any_allow = false, allowed = false, matched = false;
    std::string denied_by;
    for (const Json& j : data["policies"]) {
      const ZtunnelPolicy policy = read_policy(j);
      if (c.contains("policy") && c["policy"].get<std::string>() != policy.name) continue;
      if (c.contains("destination_namespace") && policy.scope == ZtunnelScope::Namespace &&
          policy.ns != c["destination_namespace"].get<std::string>())
        continue;
      if (policy.dry_run) continue;
      const bool hit = first_match(policy, peer, connection).has_value();
      matched |= hit;
      if (policy.deny && hit && !denied) {
        denied = true;
        denied_by = policy.id();
      }
      any_allow |= !policy.deny;
      allowed |= !policy.deny && hit;
    }
    const std::string name = c["name"];
    if (c.contains("matches")) {
      EXPECT_EQ(matched, c["matches"].get<bool>()) << name;
    }
    EXPECT_EQ(!denied && (!any_allow || allowed) ? "allow" : "deny", c["decision"].get<std::string>()) << name;
    if (c.contains("denied_by") && !c["denied_by"].is_null()) {
      EXPECT_EQ(denied_by, c["denied_by"].get<std::string>()) << name;
    }
  }
}

std::vector<std::filesystem::path> tables_with_policies() {
  std::vector<std::filesystem::path> out;
  for (const auto& path : entries("ztunnel-rbac"))
    if (const Json data = read_json(path); data.contains("policies") && data.contains("cases")) out.push_back(path);
  return out;
}
INSTANTIATE_TEST_SUITE_P(Golden, Evaluation, ::testing::ValuesIn(tables_with_policies()), test_name);

TEST(StringMatch, PO060) {
  const Json golden = read_json(kGolden / "ztunnel-rbac/string-match.json");
  for (const Json& c : golden["cases"])
    EXPECT_EQ(texts(Json::array({c["matcher"]})).at(0).matches(c["value"].get<std::string>()), c["matches"].get<bool>())
        << c.dump();
}

}  // namespace
}  // namespace meshsim::models::policy
