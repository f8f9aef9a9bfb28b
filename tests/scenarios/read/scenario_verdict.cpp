// Prints for each scenario file whether our decoder understands its scenario fields: "good" or "bad", a tab, the first
// error. Manifests that are missing or broken do not count: the JSON Schema, with which scenario_schema_test.py
// compares, cannot see them.
#include <iostream>

#include "scenarios/read/scenario.h"

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--schema") {
    std::cout << meshsim::scenarios::scenario_schema();
    return 0;
  }
  for (int i = 1; i < argc; ++i) {
    const auto scenario = meshsim::scenarios::read_scenario({argv[i]});
    std::string error;
    for (const auto& d : scenario.diagnostics)
      for (const char* code : {"MSH0010", "MSH0011", "MSH0012", "MSH0230", "MSH0231"})
        if (error.empty() && d.code == code) error = format(d);
    std::cout << (error.empty() ? "good" : "bad") << '\t' << error << '\n';
  }
}
