#pragma once
// Edit: one change to a scenario, as a value: what a person does by hand between two questions. An edit changes the
// scenario's own tree and never a manifest, so the result can be saved as a scenario that everybody reads alike.
//
// Labels      like `kubectl label`: an entry of `labels`
// Mode        a namespace or a workload joins another dataplane, pods restarted: its labels, and the `mode` of the
//             shorthands it covers (which state what a pod carries already)
// Policy      an object of any kind, added or put in the place of the one of the same name
// Enabled     an object that istiod reads, or not: the label istio.io/rev, as one would park an object in a cluster
// Profile     mesh.profile
// Flow        one more flow
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "models/mesh/mesh.h"
#include "models/value/tree.h"

namespace meshsim::scenarios {

struct Edit {
  enum class Kind : std::uint8_t { Labels, Mode, Policy, Enabled, Profile, Flow } kind = Kind::Labels;
  std::string object;                                     // Labels, Mode, Enabled: "namespace/x" or "ns/kind/name"
  std::map<std::string, std::optional<std::string>> set;  // Labels; nullopt removes
  std::string value;                                      // Mode: sidecar | ambient | none; Profile: its name
  bool enabled = true;                                    // Enabled
  std::string revision = "default";                       // Mode: whose webhook injects
  std::shared_ptr<const models::Tree> tree;               // Policy, Flow: the object or flow as written

  std::string text() const;  // "Set namespace bookinfo to ambient": for menus and logs
};

// The revision that a parked object names: no istiod has it.
inline constexpr std::string_view kParkedRevision = "meshsim-disabled";
bool is_parked(const models::Object& object);

// How edits and scenarios name an object: "namespace/x", "ns/kind/name".
std::string edit_name(const models::ObjectRef& object);

// `scenario` is the tree of a scenario document.
std::shared_ptr<const models::Tree> with_edit(const models::Tree& scenario, const Edit& edit);

// YAML or JSON text of one object or flow. The tree, or what is wrong with the text.
struct TypedText {
  std::shared_ptr<const models::Tree> tree;
  std::string problem;  // empty: fine
};
TypedText read_typed(std::string_view text, const std::string& what);

}  // namespace meshsim::scenarios
