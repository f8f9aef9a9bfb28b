#pragma once
// PeerAuthentication: both algorithms that istiod has for it, which do not always agree (PO-094). For sidecars: modes
// are merged mesh < namespace < workload < port (PO-080..PO-084). For ztunnel: converted to DENY policies
// (PO-090..PO-096). Imitates policy_applier.go and ambient/authorization.go, policies.go (Istio 1.27 to master
// 2026-08).
#include <map>
#include <optional>
#include <vector>

#include "models/policy/attachment.h"
#include "models/policy/authorization/ztunnel_policy.h"

namespace meshsim::models::policy {

enum class PeerMode : std::uint8_t { Unset, Disable, Permissive, Strict };

struct PeerAuthentication {
  const Object* object = nullptr;
  std::string ns, name;
  std::optional<Labels> selector;  // present and empty for `selector: {}`
  PeerMode mode = PeerMode::Unset;
  std::map<std::uint16_t, PeerMode> ports;
};
PeerAuthentication decode_peer_authentication(const Object& object);

// All PeerAuthentications of a mesh, oldest first (PO-081).
class PeerAuthentications {
 public:
  PeerAuthentications() = default;
  PeerAuthentications(std::vector<PeerAuthentication> policies, std::string root);

  MtlsDecision sidecar(std::string_view ns, const Labels& labels, std::uint16_t port) const;
  MtlsDecision of_namespace(std::string_view ns) const;

  // What ztunnel enforces for a workload: effective static strictness, and the exception policy if one exists.
  struct Ambient {
    bool strict = false;                           // references istio_converted_static_strict
    bool referenced = false;                       // references an exception policy ...
    std::optional<ZtunnelPolicy> exception;        // ... which may not exist: then the reference fails open (PO-017)
    const PeerAuthentication* decided = nullptr;   // by which PeerAuthentication
    std::vector<const PeerAuthentication*> chain;  // mesh, namespace, workload, those that exist
    std::string why;
    std::string rule;
  };
  Ambient ambient(std::string_view ns, const Labels& labels) const;

  bool any() const { return !policies_.empty(); }
  const std::vector<PeerAuthentication>& all() const { return policies_; }
  // The exception policy istiod builds for this PeerAuthentication in its namespace, if any (PO-092).
  std::optional<ZtunnelPolicy> convert(const PeerAuthentication& policy) const;
  static ZtunnelPolicy static_strict(const std::string& root);  // PO-091

 private:
  struct Chain {
    const PeerAuthentication* mesh = nullptr;
    const PeerAuthentication* ns = nullptr;
    const PeerAuthentication* workload = nullptr;
  };
  Chain sidecar_chain(std::string_view ns, const Labels* labels) const;
  Chain ambient_chain(std::string_view ns, const Labels* labels) const;

  std::vector<PeerAuthentication> policies_;
  std::multimap<std::string, std::size_t, std::less<>> by_namespace_;  // insertion order = age within one key
  std::string root_;
};

}  // namespace meshsim::models::policy
