// Transcripts: what users see, kept as files they could have pasted into a chat. After an intended change, run the test
// with MESHSIM_UPDATE_TRANSCRIPTS=1 and read the difference before committing it.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "scenarios/report/style.h"
#include "tests/scenarios/cli/cli_fixture.h"

namespace meshsim::scenarios {
namespace {

struct Transcript {
  const char* name;
  std::vector<std::string> arguments;
};

class Transcripts : public ::testing::TestWithParam<Transcript> {};

TEST_P(Transcripts, AreAsWritten) {
  std::filesystem::current_path(file(""));  // so that the places in the text are the same on every machine
  std::vector<std::string> arguments = GetParam().arguments;
  arguments.insert(arguments.begin() + 1, "shop.yaml");
  const std::string out = meshsim(arguments).out;
  const std::string path = file(std::string(GetParam().name) + ".txt");
  if (std::getenv("MESHSIM_UPDATE_TRANSCRIPTS") != nullptr) std::ofstream(path, std::ios::binary) << out;
  EXPECT_EQ(out, text_of(path)) << "meshsim " << arguments.front();
}

INSTANTIATE_TEST_SUITE_P(Cli, Transcripts,
                         ::testing::Values(Transcript{"run-table", {"run"}},
                                           Transcript{"run-json", {"run", "-o", "json"}},
                                           Transcript{"run-yaml", {"run", "-o", "yaml"}},
                                           Transcript{"explain", {"explain"}}, Transcript{"matrix", {"matrix"}},
                                           Transcript{"matrix-policies", {"matrix", "--policies"}},
                                           Transcript{"matrix-telemetry", {"matrix", "--telemetry"}}),
                         [](const auto& info) {
                           std::string name = info.param.name;
                           for (char& c : name)
                             if (c == '-') c = '_';
                           return name;
                         });

TEST(Style, ColumnsIgnoreColourAndCountCharacters) {
  const Style style(true);
  EXPECT_EQ(visible_width(style.bold("über")), 4u);
  EXPECT_EQ(columns({{"a", "b"}, {"long", "c"}}), "a     b\nlong  c\n");
}

TEST(Style, HangingTextKeepsItsColumn) {
  EXPECT_EQ(hanging("DP-052  ", "one two three", 16, 2), "  DP-052  one\n          two\n          three\n");
  EXPECT_EQ(hanging("DP-052  ", "", 16, 2), "  DP-052  \n");
}

}  // namespace
}  // namespace meshsim::scenarios
