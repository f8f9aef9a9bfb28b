#pragma once
// Coverage: what of a mesh the tests touch: its policies and their rules, its routes, waypoints and gateways, the kinds
// of hops, the modes of clients and destinations. A policy counts when a tested flow shows what becomes of it
// (enforced, bypassed, open, ...). A rule counts when it matched; where the policy is enforced on no tested path, when
// a test shows what becomes of the policy. A route counts when its rule was chosen. What is left out is named, with a
// flow that would touch it. What no request can touch (a rule with values that never match, a route rule behind a
// catch-all, a waypoint that is not ready) is named apart and does not count.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scenarios/expect/test_run.h"

namespace meshsim::scenarios {

enum class CoverageKind : std::uint8_t { Policy, Rule, Route, Waypoint, Gateway, Hop, Mode };
std::string_view to_string(CoverageKind kind);  // "policy", "rule", ...

struct CoverageItem {
  CoverageKind kind = CoverageKind::Policy;
  std::string name;                  // "rule 1 of AuthorizationPolicy shop/viewer", "client sidecar"
  models::Source at;                 // where it is written, if it is
  std::size_t hits = 0;              // outcomes of tested flows
  std::vector<std::uint32_t> lines;  // of the file, for line-wise reports
  std::string unreachable;           // why no request can touch it; such items do not count
  // What to look for in an outcome.
  std::string object;                // ObjectRef text, or ns/name of a proxy
  int index = -1;                    // of the rule
  std::optional<models::Flow> flow;  // uncovered: a flow that would cover it
  std::string suggestion;            // the same in words; empty: none was found
};

struct Coverage {
  std::vector<CoverageItem> items;  // by kind, file, line, name
  std::size_t total(std::optional<CoverageKind> kind = {}) const;
  std::size_t covered(std::optional<CoverageKind> kind = {}) const;
  double percent(std::optional<CoverageKind> kind = {}) const;  // 100 where there is nothing to cover
};

// The run must have kept its results. `suggest`: look for flows for what is uncovered.
Coverage coverage_of(const TestRun& run, bool suggest);

// Whether this outcome of this flow touches the item. Internal.
bool touches(const CoverageItem& item, const models::Mesh& mesh, const models::Flow& flow,
             const models::Outcome& outcome);
// coverage_unreachable.cpp: why no flow can touch these, where that is certain.
void mark_unreachable(const Loaded& loaded, const std::vector<CoverageItem*>& uncovered);
// coverage_flows.cpp
void suggest_flows(const Loaded& loaded, std::vector<CoverageItem*>& uncovered);

}  // namespace meshsim::scenarios
