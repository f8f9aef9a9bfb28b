#pragma once
// The whole program with its streams in strings.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "scenarios/cli/cli.h"

namespace meshsim::scenarios {

struct Ran {
  int code = 0;
  std::string out, err;
};

inline Ran meshsim(const std::vector<std::string>& arguments, const std::string& input = {}, bool terminal = false) {
  std::istringstream in(input);
  std::ostringstream out, err;
  const int code = cli_main(arguments, {in, out, err, terminal});
  return {code, out.str(), err.str()};
}

inline std::string file(const std::string& name) {
  return std::string(MESHSIM_SOURCE_DIR) + "/tests/scenarios/cli/files/" + name;
}

inline std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace meshsim::scenarios
