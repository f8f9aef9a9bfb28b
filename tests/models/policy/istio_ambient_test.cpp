// Istio's own pairs of ambient/testdata: X-in.yaml goes in, X.yaml is what ztunnel must receive.
#include <gtest/gtest.h>

#include "models/policy/authorization/ztunnel_policy.h"
#include "models/policy/peer_authentication/peer_authentication.h"
#include "models/policy/request_authentication/raw_token.h"
#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;
using namespace models::policy;

namespace {

std::string base64(std::string text) {
  for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
  return *base64url_decode(text);
}

std::string address(Node node) {
  const std::string bytes = base64(node["address"].string());
  IpAddress out;
  out.v6 = bytes.size() == 16;
  if (!out.v6) out.bytes[10] = out.bytes[11] = 0xff;
  for (std::size_t i = 0; i < bytes.size(); ++i) out.bytes[(out.v6 ? 0 : 12) + i] = static_cast<std::uint8_t>(bytes[i]);
  return Cidr{out, static_cast<std::uint8_t>(node["length"].integer().value_or(0))}.text();
}

ZString string_of(Node node) {
  if (node["exact"].exists()) return {ZString::Kind::Exact, std::string(node["exact"].text())};
  if (node["prefix"].exists()) return {ZString::Kind::Prefix, std::string(node["prefix"].text())};
  if (node["suffix"].exists()) return {ZString::Kind::Suffix, std::string(node["suffix"].text())};
  return {ZString::Kind::Presence, ""};
}

ZtunnelMatch match_of(Node node) {
  ZtunnelMatch out;
  const auto strings = [&](const char* key, std::vector<ZString>& into) {
    for (const Node one : node[key]) into.push_back(string_of(one));
  };
  const auto blocks = [&](const char* key, std::vector<Cidr>& into) {
    for (const Node one : node[key]) into.push_back(*Cidr::parse(address(one)));
  };
  const auto ports = [&](const char* key, std::vector<std::uint16_t>& into) {
    for (const Node one : node[key]) into.push_back(static_cast<std::uint16_t>(one.integer().value_or(0)));
  };
  const auto accounts = [&](const char* key, std::vector<std::pair<std::string, std::string>>& into) {
    for (const Node one : node[key]) into.emplace_back(one["namespace"].text(), one["serviceAccount"].text());
  };
  strings("principals", out.principals);
  strings("notPrincipals", out.not_principals);
  strings("namespaces", out.namespaces);
  strings("notNamespaces", out.not_namespaces);
  accounts("serviceAccounts", out.service_accounts);
  accounts("notServiceAccounts", out.not_service_accounts);
  blocks("sourceIps", out.source_ips);
  blocks("notSourceIps", out.not_source_ips);
  blocks("destinationIps", out.destination_ips);
  blocks("notDestinationIps", out.not_destination_ips);
  ports("destinationPorts", out.destination_ports);
  ports("notDestinationPorts", out.not_destination_ports);
  return out;
}

}  // namespace

TEST(IstioAmbient, conversion_equals_the_golden_file_PO_055_PO_092) {
  int pairs = 0;
  for (const auto& file : list_files("tests/data/istio-policy/ambient")) {
    if (!file.ends_with("-in.yaml")) continue;
    SCOPED_TRACE(file);
    const std::string out_file = file.substr(0, file.size() - 8) + ".yaml";
    const std::string out_text = read_file(out_file);
    const auto objects = objects_of_yaml(read_file(file), file);
    // The last AuthorizationPolicy, or the PeerAuthentication with a selector, is what is converted.
    std::vector<PeerAuthentication> peers;
    std::optional<ZtunnelPolicy> got;
    for (const Object& object : objects) {
      if (object.kind == "PeerAuthentication") peers.push_back(decode_peer_authentication(object));
      if (object.kind == "AuthorizationPolicy")
        got = convert(decode_authorization_policy(object, Profile()), {"istio-system", false}).policy;
    }
    const PeerAuthentications all(peers, "istio-system");
    for (const auto& one : all.all())
      if (auto converted = all.convert(one)) got = converted;
    ++pairs;
    if (out_text.find_first_not_of(" \n") == std::string::npos || out_text == "{}\n" || out_text == "null\n") {
      EXPECT_FALSE(got.has_value());
      continue;
    }
    ASSERT_TRUE(got.has_value());
    const auto tree = tree_of_yaml(out_text);
    const Node golden = tree->root();
    EXPECT_EQ(got->name, golden["name"].text());
    EXPECT_EQ(got->deny, golden["action"].text() == "DENY");
    const std::string_view scope = golden["scope"].exists() ? golden["scope"].text() : "GLOBAL";
    EXPECT_EQ(to_string(got->scope), scope);
    ASSERT_EQ(got->groups.size(), golden["groups"].size());
    for (std::size_t g = 0; g < got->groups.size(); ++g) {
      const Node rules = golden["groups"].at(g)["rules"];
      ASSERT_EQ(got->groups[g].size(), rules.size());
      for (std::size_t c = 0; c < rules.size(); ++c) {
        const Node matches = rules.at(c)["matches"];
        ASSERT_EQ(got->groups[g][c].size(), matches.size());
        for (std::size_t m = 0; m < matches.size(); ++m)
          EXPECT_TRUE(got->groups[g][c][m] == match_of(matches.at(m))) << "group " << g << " clause " << c;
      }
    }
  }
  EXPECT_GE(pairs, 20);
}

}  // namespace meshsim::test
