#pragma once
// Selection: what the panes look at, one for all of them, by keys that survive a new result.
#include <cstddef>
#include <string>

namespace meshsim::viz {

struct Selection {
  enum class Kind { Nothing, Node, Edge, Flow, Policy } kind = Kind::Nothing;
  std::string key;      // Node: its id; Edge: "from|to"; Flow: its name; Policy: "Kind ns/name"
  std::size_t nth = 0;  // Flow: the n-th of that name
  int hop = -1;         // Flow: the hop that is looked at
  friend bool operator==(const Selection&, const Selection&) = default;
};

}  // namespace meshsim::viz
