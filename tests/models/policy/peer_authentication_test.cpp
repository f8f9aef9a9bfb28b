// PeerAuthentication: the sidecar's merge and ztunnel's conversion, and the three families where they differ.
#include "models/policy/peer_authentication/peer_authentication.h"

#include <gtest/gtest.h>

#include "policy_fixture.h"

namespace meshsim::test {

using namespace models;
using policy::PeerMode;

namespace {

std::string peer(const std::string& spec, const std::string& name, const std::string& ns,
                 const std::string& created = "") {
  return test::policy(spec, name, ns, "PeerAuthentication",
                      created.empty() ? "" : ", creationTimestamp: \"" + created + '"');
}

MtlsMode sidecar(const std::string& policies, std::uint16_t port) {
  const PolicyBench bench(standard_mesh("sidecar") + policies);
  return bench.engine->sidecar_mtls(bench.workload("a/srv"), port).mode;
}

bool ztunnel_refuses_plaintext(const std::string& policies, std::uint16_t port) {
  const PolicyBench bench(standard_mesh("ambient") + policies);
  Ask ask;
  ask.principal.clear();
  ask.port = port;
  return !bench.ztunnel("a/srv", ask).allowed;
}

const std::string kSelector = "selector: {matchLabels: {app: srv}}";

// `ztunnelDeniesPlaintext` of policies.md 2.3, transcribed: the second opinion.
struct Setting {
  std::optional<PeerMode> mesh, ns, workload;
  std::map<std::uint16_t, PeerMode> ports;
};

bool reference_denies(const Setting& s, std::uint16_t at) {
  const auto is = [](const std::optional<PeerMode>& mode, PeerMode wanted) { return mode && *mode == wanted; };
  const auto unset = [](const std::optional<PeerMode>& mode) { return !mode || *mode == PeerMode::Unset; };
  bool eff = is(s.mesh, PeerMode::Strict);
  if (s.ns && *s.ns != PeerMode::Unset) eff = *s.ns == PeerMode::Strict;
  if (!s.workload) return eff;
  const PeerMode wl = *s.workload;
  const bool wl_open = wl == PeerMode::Permissive || wl == PeerMode::Disable;
  if (wl == PeerMode::Strict) eff = true;
  if (wl_open) eff = false;
  const auto some = [&](auto predicate) {
    for (const auto& [port, mode] : s.ports)
      if (predicate(mode)) return true;
    return false;
  };
  bool ref = false;
  if (wl == PeerMode::Strict) {
    if (some([](PeerMode m) { return m == PeerMode::Permissive || m == PeerMode::Disable; })) ref = true, eff = false;
  } else if (wl_open) {
    if (some([](PeerMode m) { return m == PeerMode::Strict; })) ref = true;
  } else if (eff) {
    if (some([](PeerMode m) { return m == PeerMode::Permissive; })) ref = true, eff = false;
  } else {
    if (some([](PeerMode m) { return m == PeerMode::Strict; })) ref = true;
  }
  if (eff) return true;
  if (!ref) return false;
  // build(): does some group hold for (no identity, at)?
  bool any = false, all = true, has_all = false, open = false;
  if (wl == PeerMode::Strict) has_all = true;
  for (const auto& [port, mode] : s.ports) {
    if (mode == PeerMode::Strict) {
      if (wl == PeerMode::Strict || (wl == PeerMode::Unset && is(s.ns, PeerMode::Strict)) ||
          (unset(s.ns) && is(s.mesh, PeerMode::Strict)))
        continue;
      any |= port == at;
    } else if (mode == PeerMode::Permissive || mode == PeerMode::Disable) {
      if (wl_open || (wl == PeerMode::Unset &&
                      ((s.ns && !is(s.ns, PeerMode::Strict)) || (!s.ns && !is(s.mesh, PeerMode::Strict)))))
        continue;
      open = has_all = true;
      all &= port != at;
    }
  }
  if (wl == PeerMode::Strict && !open) return false;
  return any || (has_all && all);
}

}  // namespace

TEST(PeerAuthentication, sidecar_merge_PO_080_PO_082_PO_095) {
  EXPECT_EQ(sidecar("", 8080), MtlsMode::Permissive);
  const std::string mesh = peer("{mtls: {mode: STRICT}}", "default", "istio-system");
  EXPECT_EQ(sidecar(mesh, 8080), MtlsMode::Strict);
  EXPECT_EQ(sidecar(mesh + peer("{mtls: {mode: DISABLE}}", "default", "a"), 8080), MtlsMode::Disable);
  EXPECT_EQ(sidecar(mesh + peer("{mtls: {}}", "default", "a"), 8080), MtlsMode::Strict) << "UNSET inherits";
  const std::string ports = peer('{' + kSelector + ", portLevelMtls: {8080: {mode: PERMISSIVE}, 9090: {}}}", "w", "a");
  EXPECT_EQ(sidecar(mesh + ports, 8080), MtlsMode::Permissive);
  EXPECT_EQ(sidecar(mesh + ports, 9090), MtlsMode::Strict) << "an UNSET port inherits";
  EXPECT_EQ(sidecar(peer('{' + kSelector + ", mtls: {mode: STRICT}}", "w", "istio-system"), 8080), MtlsMode::Permissive)
      << "a selector in the root namespace takes the policy out";
  EXPECT_EQ(sidecar(peer("{selector: {}, mtls: {mode: STRICT}}", "w", "a"), 8080), MtlsMode::Strict);
  EXPECT_FALSE(ztunnel_refuses_plaintext(peer("{selector: {}, mtls: {mode: STRICT}}", "w", "a"), 8080)) << "PO-095";
}

TEST(PeerAuthentication, the_oldest_wins_then_the_name_PO_081) {
  const std::string strict = peer("{mtls: {mode: STRICT}}", "z", "a", "2020-01-01T00:00:00Z");
  const std::string open = peer("{mtls: {mode: DISABLE}}", "a", "a", "2021-01-01T00:00:00Z");
  EXPECT_EQ(sidecar(strict + open, 8080), MtlsMode::Strict);
  EXPECT_EQ(sidecar(open + strict, 8080), MtlsMode::Strict);
  EXPECT_TRUE(ztunnel_refuses_plaintext(open + strict, 8080));
  EXPECT_EQ(sidecar(peer("{mtls: {mode: STRICT}}", "z", "a") + peer("{mtls: {mode: DISABLE}}", "a", "a"), 8080),
            MtlsMode::Disable);
}

TEST(PeerAuthentication, namespace_level_answer_ignores_selectors_DP_048) {
  const PolicyBench bench(standard_mesh("sidecar") + peer('{' + kSelector + ", mtls: {mode: STRICT}}", "w", "a"));
  EXPECT_EQ(bench.engine->namespace_mtls("a").mode, MtlsMode::Permissive);
}

TEST(PeerAuthentication, ztunnel_exempts_ports_TV_24_PO_092) {
  const std::string one =
      peer('{' + kSelector + ", mtls: {mode: STRICT}, portLevelMtls: {8080: {mode: PERMISSIVE}}}", "w", "a");
  EXPECT_FALSE(ztunnel_refuses_plaintext(one, 8080));
  EXPECT_TRUE(ztunnel_refuses_plaintext(one, 9090));
}

TEST(PeerAuthentication, denial_by_the_static_policy_names_it_PO_091_PO_096) {
  const PolicyBench bench(standard_mesh("ambient") + peer("{mtls: {mode: STRICT}}", "default", "istio-system"));
  Ask ask;
  EXPECT_TRUE(bench.ztunnel("a/srv", ask).allowed);
  ask.principal.clear();
  const PolicyDecision out = bench.ztunnel("a/srv", ask);
  EXPECT_FALSE(out.allowed);
  EXPECT_EQ(out.ztunnel_policy, "istio-system/istio_converted_static_strict");
  EXPECT_FALSE(out.policy.has_value());
}

TEST(PeerAuthentication, families_in_which_ambient_differs_TV_25_TV_26_TV_27_PO_094) {
  const std::string mesh = peer("{mtls: {mode: STRICT}}", "default", "istio-system");
  const std::string a = mesh + peer('{' + kSelector + ", portLevelMtls: {8080: {mode: DISABLE}}}", "w", "a");
  EXPECT_EQ(sidecar(a, 8080), MtlsMode::Disable);
  EXPECT_TRUE(ztunnel_refuses_plaintext(a, 8080)) << "PO-094a";
  const std::string b =
      mesh + peer('{' + kSelector + ", mtls: {mode: PERMISSIVE}, portLevelMtls: {8080: {mode: STRICT}}}", "w", "a");
  EXPECT_EQ(sidecar(b, 8080), MtlsMode::Strict);
  EXPECT_FALSE(ztunnel_refuses_plaintext(b, 8080)) << "PO-094b";
  const std::string c = mesh + peer("{mtls: {}}", "default", "a") +
                        peer('{' + kSelector + ", portLevelMtls: {8080: {mode: PERMISSIVE}}}", "w", "a");
  EXPECT_EQ(sidecar(c, 9090), MtlsMode::Strict);
  EXPECT_FALSE(ztunnel_refuses_plaintext(c, 9090)) << "PO-094c";
}

// Every combination of mesh, namespace, workload and two ports: ztunnel as the reference's pseudo-code says, and equal
// to the sidecar except in the three families.
TEST(PeerAuthentication, all_combinations_PO_094) {
  using Choice = std::optional<PeerMode>;
  const Choice kChoices[] = {std::nullopt, PeerMode::Unset, PeerMode::Disable, PeerMode::Permissive, PeerMode::Strict};
  const auto base = objects_of_yaml(peer("{mtls: {}}", "m", "istio-system") + peer("{mtls: {}}", "n", "a") +
                                    peer('{' + kSelector + "}", "w", "a"));
  const Labels labels{{"app", "srv"}};
  const auto object = [&](const std::string& name) -> const Object* {
    for (const Object& one : base)
      if (one.name == name) return &one;
    return nullptr;
  };
  int combinations = 0, differing = 0;
  for (const Choice mesh : kChoices)
    for (const Choice ns : kChoices)
      for (const Choice workload : kChoices)
        for (const Choice p1 : kChoices)
          for (const Choice p2 : kChoices) {
            if (!workload && (p1 || p2)) continue;
            Setting setting{mesh, ns, workload, {}};
            if (p1) setting.ports[8080] = *p1;
            if (p2) setting.ports[9090] = *p2;
            std::vector<policy::PeerAuthentication> policies;
            if (mesh) policies.push_back({object("m"), "istio-system", "m", std::nullopt, *mesh, {}});
            if (ns) policies.push_back({object("n"), "a", "n", std::nullopt, *ns, {}});
            if (workload) policies.push_back({object("w"), "a", "w", labels, *workload, setting.ports});
            const policy::PeerAuthentications all(std::move(policies), "istio-system");
            const auto ambient = all.ambient("a", labels);
            for (const std::uint16_t port : {8080, 9090, 7070}) {
              ++combinations;
              ConnectionView plain;
              plain.port = port;
              const policy::ZtunnelPeer nobody;
              const bool denies =
                  ambient.strict || (ambient.exception && policy::first_match(*ambient.exception, nobody, plain));
              ASSERT_EQ(denies, reference_denies(setting, port)) << combinations;
              const bool strict = all.sidecar("a", labels, port).mode == MtlsMode::Strict;
              if (strict == denies) continue;
              ++differing;
              const bool inherits = workload == PeerMode::Unset;
              const bool family_a =
                  denies && inherits && setting.ports.contains(port) && setting.ports[port] == PeerMode::Disable;
              const bool family_b = !denies && workload && !inherits && *workload != PeerMode::Strict &&
                                    mesh == PeerMode::Strict && (!ns || ns == PeerMode::Unset);
              const bool family_c = !denies && inherits && mesh == PeerMode::Strict && ns == PeerMode::Unset;
              EXPECT_TRUE(family_a || family_b || family_c) << combinations;
            }
          }
  RecordProperty("combinations", combinations);
  RecordProperty("differing", differing);
  EXPECT_GT(differing, 0);
}

}  // namespace meshsim::test
