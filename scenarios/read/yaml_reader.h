#pragma once
// read_yaml: libyaml's events into trees, one per document, types as kubectl resolves them. It stops at the first
// document that cannot be read and says where that document starts, so that the caller can go on with the next one. The
// only unit that knows libyaml (0.2.5).
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "scenarios/read/document_builder.h"

namespace meshsim::scenarios {

struct YamlStop {
  ReadProblem problem;
  std::uint32_t document_line = 1;  // where the document starts that could not be read
  bool in_scanner = false;          // libyaml's scanner or parser refused it, not our own rules
  // libyaml refuses a plain scalar in a flow collection that ends in a colon, `[1.2.3.4, 001:db8::]`; go-yaml takes it.
  // The scalar's place, in the coordinates of the text that was given to read_yaml.
  bool colon_in_flow = false;
  models::Position scalar_begin, scalar_end;
};

struct YamlText {
  std::string_view text;
  std::uint32_t first_line = 1;
  // Places of characters that the caller put in (quotes); reported columns are corrected for them.
  const std::vector<models::Position>* inserted = nullptr;
};

std::optional<YamlStop> read_yaml(const YamlText& input, const ReadLimits& limits, Findings& findings,
                                  std::vector<std::shared_ptr<const models::Tree>>& trees);

}  // namespace meshsim::scenarios
