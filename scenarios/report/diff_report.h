#pragma once
// diff: what differs between two meshes, in verdicts, paths, policies and telemetry; never in text. The same questions
// are put to both: the flows of the scenarios, or, where there are none, every client x Service port with the requests
// that the policies of either side tell apart.
#include <string>
#include <string_view>
#include <vector>

#include "scenarios/run/run.h"

namespace meshsim::scenarios {
struct Comparison;
}

namespace meshsim::scenarios {

struct FieldChange {
  std::string field;          // "verdict", "path", "policies.AuthorizationPolicy shop/viewer", "telemetry"
  std::string before, after;  // as text; several outcomes with their shares
};

struct FlowChange {
  std::string flow;
  enum class Kind : std::uint8_t { Changed, Added, Removed } kind = Kind::Changed;
  std::vector<FieldChange> fields;
};

struct DiffResult {
  std::size_t compared = 0;
  std::vector<FlowChange> changes;  // in the order of the flows of B, then what only A has
};

DiffResult diff(const Loaded& before, const Loaded& after, unsigned threads);
// The same for two runs that were judged already, telemetry included.
DiffResult diff(const RunResult& before, const RunResult& after);

std::string diff_table(const DiffResult& result, bool colour);
std::string diff_markdown(const DiffResult& result, bool colour);
// `simulation`: what was simulated beside it, or nullptr.
std::string diff_json(const DiffResult& result, const Comparison* simulation);

}  // namespace meshsim::scenarios
