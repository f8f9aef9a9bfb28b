#pragma once
// Expansion of the cases of a MeshTest file into the flows of a scenario: parameter tables and matrices become one flow
// each, nodes keep their places in the file. Internal to scenarios/expect.
#include <memory>
#include <string>
#include <vector>

#include "models/mesh/mesh.h"
#include "scenarios/expect/test_suite.h"

namespace meshsim::scenarios {

struct ExpandedCases {
  std::shared_ptr<const models::Tree> flows;  // a list, as a scenario's `flows`
  std::vector<TestCase> cases;                // one per flow
};

// `broken` becomes true when the cases are not understood; the diagnostics say where.
ExpandedCases expand_cases(models::Node cases, const models::Mesh& mesh, models::Diagnostics& diagnostics,
                           bool& broken);

// The scenario that the cases share: the document without its cases.
std::shared_ptr<const models::Tree> shared_scenario(const models::Tree& document);

}  // namespace meshsim::scenarios
