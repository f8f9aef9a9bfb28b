#pragma once
// Diagnostic: a finding about the user's input. Collected, never thrown; reported all at once.
// Printed as `Error [MSH0101] (AuthorizationPolicy bookinfo/viewer policies.yaml:12) text`.
// Codes: MSH00xx reading and scenario, MSH01xx admission webhook, MSH02xx references and bindings, MSH03xx not
// evaluated or not understood, MSH1xxx lint. A code never changes its meaning.
#include <string>
#include <vector>

#include "models/value/tree.h"

namespace meshsim::models {

enum class Severity : std::uint8_t { Info, Warning, Error };
std::string_view to_string(Severity severity);  // "info", "warning", "error"

struct Diagnostic {
  Severity severity = Severity::Warning;
  std::string code;    // "MSH0203"
  std::string object;  // "AuthorizationPolicy bookinfo/viewer", empty if the finding is about a file
  std::string file;
  Position position;
  std::string message;  // what is wrong and what to do
  friend bool operator==(const Diagnostic&, const Diagnostic&) = default;
};
using Diagnostics = std::vector<Diagnostic>;

std::string format(const Diagnostic& diagnostic);
// By file, position, code, message; exact duplicates are dropped. Gives every output the same order.
void sort_and_unique(Diagnostics& diagnostics);

}  // namespace meshsim::models
