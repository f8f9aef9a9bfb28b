// A hundred small broken files: each must give the stated finding, be called unreadable (exit code 65), and cost next
// to nothing. Files and table are written by broken/make_broken.py.
#include <ctime>
#include <fstream>
#include <sstream>
#include <streambuf>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "scenarios/read/scenario.h"
#include "tests/sanitized.h"

namespace meshsim::scenarios {
namespace {

const std::string kFolder = MESHSIM_SOURCE_DIR "/tests/scenarios/read/broken/";

TEST(BrokenFiles, EachGivesItsFinding) {
  std::ifstream table(kFolder + "expected.txt");
  ASSERT_TRUE(table);
  int count = 0;
  for (std::string row; std::getline(table, row);) {
    if (row.empty() || row[0] == '#') continue;
    std::istringstream fields(row);
    std::string name, code;
    std::uint32_t line = 0;
    fields >> name >> code >> line;
    const std::clock_t begin = std::clock();
    const Scenario s = read_scenario({kFolder + name});
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    bool found = false;
    std::string all;
    for (const auto& d : s.diagnostics) {
      found = found || (d.severity == models::Severity::Error && d.code == code && d.position.line == line);
      all += format(d) + '\n';
    }
    EXPECT_TRUE(found) << name << " wants " << code << " in line " << line << ", got\n" << all;
    EXPECT_TRUE(s.unreadable) << name;
    EXPECT_LE(s.diagnostics.size(), 110u) << name;
    EXPECT_LT(seconds, 5) << name;
    ++count;
  }
  EXPECT_GE(count, 100);
}

// A line of 1 GB that is never on disk.
class EndlessLine : public std::streambuf {
 public:
  explicit EndlessLine(std::size_t size) : left_(size), block_(1 << 16, 'a') {}

 protected:
  int_type underflow() override {
    if (left_ == 0) return traits_type::eof();
    const std::size_t size = std::min(left_, block_.size());
    left_ -= size;
    setg(block_.data(), block_.data(), block_.data() + size);
    return traits_type::to_int_type(block_[0]);
  }

 private:
  std::size_t left_;
  std::string block_;
};

TEST(BrokenFiles, AGigabyteInOneLineIsRefusedAtTheLimit) {
  EndlessLine line(std::size_t{1} << 30);
  std::istream input(&line);
  ReadOptions options;
  options.standard_input = &input;
  const Scenario s = read_scenario({"-"}, options);
  ASSERT_EQ(s.diagnostics.size(), 1u);
  EXPECT_EQ(format(s.diagnostics[0]),
            "Error [MSH0002] (<stdin>) the input is larger than 256 MB (limit file size); nothing of it was read");
  EXPECT_TRUE(s.unreadable);
  if (test::kSanitized) return;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  EXPECT_LT(usage.ru_maxrss, 400 * 1024) << "kB";
}

TEST(BrokenFiles, AnEndlessBinaryStreamStopsAtOnce) {
  std::ifstream zero("/dev/zero", std::ios::binary);
  if (!zero) GTEST_SKIP();
  ReadOptions options;
  options.standard_input = &zero;
  const Scenario s = read_scenario({"-"}, options);
  ASSERT_EQ(s.diagnostics.size(), 1u);
  EXPECT_EQ(s.diagnostics[0].code, "MSH0003");
}

}  // namespace
}  // namespace meshsim::scenarios
