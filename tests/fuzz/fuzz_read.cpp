// Any bytes as a scenario or manifest: no crash, no hang, and the same answer twice.
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include "scenarios/read/document_reader.h"
#include "scenarios/read/scenario.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace meshsim;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  // Texts that name files go to the document reader only: the fuzzer must not wander over the disk.
  for (const char* word : {"manifests", "apply", "delete"}) {
    if (text.find(word) == std::string_view::npos) continue;
    models::Diagnostics diagnostics;
    scenarios::read_documents(text, "fuzz", {}, diagnostics);
    return 0;
  }
  std::istringstream nothing;
  scenarios::ReadOptions options;
  options.standard_input = &nothing;
  options.limits.alias_nodes = 10'000;
  const scenarios::Scenario one = scenarios::read_scenario_text(text, "fuzz", options);
  const scenarios::Scenario two = scenarios::read_scenario_text(text, "fuzz", options);
  if (one.diagnostics != two.diagnostics || one.objects.size() != two.objects.size()) std::abort();
  bool error = false;
  for (const auto& d : one.diagnostics) error = error || d.severity == models::Severity::Error;
  if (error != one.unreadable) std::abort();
  return 0;
}
