// Every code has a case that raises it and one that nearly does, and a page that says the same as --explain.
#include "tests/scenarios/lint/lint_cases.h"

#include <fstream>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/lint/lint.h"

namespace meshsim::scenarios {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> codes_with_case() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(lint_cases())) out.push_back(entry.path().stem().string());
  std::sort(out.begin(), out.end());
  return out;
}

class LintCase : public ::testing::TestWithParam<std::string> {
 protected:
  LintResult run(std::string_view variant) {
    models::Diagnostics problems;
    const Loaded loaded = load_case(lint_cases() / (GetParam() + ".yaml"), variant, problems);
    EXPECT_TRUE(problems.empty());
    const bool strict = GetParam() == "MSH0230" || GetParam() == "MSH0231";  // scenario files are read strictly
    EXPECT_EQ(loaded.unreadable, strict && variant == "raises")
        << (loaded.diagnostics.empty() ? "" : models::format(loaded.diagnostics.front()));
    return lint(loaded, {});
  }
  std::string all(const LintResult& result) {
    std::string out;
    for (const LintFinding& f : result.findings)
      out += std::string(f.rule->code) + ' ' + f.object + ' ' + f.message + '\n';
    return out;
  }
};

TEST_P(LintCase, Raises) {
  const LintResult result = run("raises");
  const auto hit = std::find_if(result.findings.begin(), result.findings.end(),
                                [](const LintFinding& f) { return f.rule->code == GetParam(); });
  ASSERT_NE(hit, result.findings.end()) << all(result);
  EXPECT_FALSE(hit->message.empty());
  if (GetParam() != "MSH0212") {  // a finding about the whole mesh
    EXPECT_FALSE(hit->at.file.empty() && hit->object.empty());
  }
  if (hit->flow) {
    EXPECT_FALSE(hit->shows.empty());
  }
}

TEST_P(LintCase, NearlyRaises) {
  const LintResult result = run("nearly");
  for (const LintFinding& f : result.findings) EXPECT_NE(f.rule->code, GetParam()) << f.object << ' ' << f.message;
}

INSTANTIATE_TEST_SUITE_P(All, LintCase, ::testing::ValuesIn(codes_with_case()),
                         [](const auto& info) { return info.param; });

// The reader drops an object that is given twice (MSH0024); resolving does where objects come from elsewhere.
TEST(LintCatalogue, Msh0210AnObjectGivenTwiceThatWasNotRead) {
  const auto twice = [](const std::string& labels) {
    models::Diagnostics problems;
    const auto text = [](const std::string& some) {
      return "apiVersion: meshsim/v1\nkind: Scenario\npolicies: [{apiVersion: v1, kind: Service, metadata: {name: s, "
             "namespace: n, labels: {" +
             some + "}}, spec: {ports: [{port: 80}]}}]\n";
    };
    Scenario one = read_scenario_tree(read_documents(text("a: b"), "a.yaml", ReadLimits(), problems).trees.at(0));
    const Scenario other =
        read_scenario_tree(read_documents(text(labels), "b.yaml", ReadLimits(), problems).trees.at(0));
    one.objects.insert(one.objects.end(), other.objects.begin(), other.objects.end());
    const LintResult result = lint(load(std::move(one)), {});
    return std::count_if(result.findings.begin(), result.findings.end(),
                         [](const LintFinding& f) { return f.rule->code == "MSH0210"; });
  };
  EXPECT_EQ(twice("a: c"), 1);
  EXPECT_EQ(twice("a: b"), 0) << "the same content";
}

// The same cause is said once.
TEST(LintCatalogue, WhatAnotherFindingSaysIsNotSaidAgain) {
  models::Diagnostics problems;
  const LintResult result = lint(load_case(lint_cases() / "MSH1301.yaml", "raises", problems), {});
  const auto count = [&](std::string_view code) {
    return std::count_if(result.findings.begin(), result.findings.end(),
                         [&](const LintFinding& f) { return f.rule->code == code; });
  };
  EXPECT_GT(count("MSH1301"), 0);
  EXPECT_EQ(count("MSH1204"), 0);
}

// Files that cannot be read have their own tests (tests/scenarios/read/broken), and MSH0210 the one above; the rest
// must have a case here.
TEST(LintCatalogue, EveryCodeHasACase) {
  const auto with_case = codes_with_case();
  for (const LintRule& rule : lint_rules())
    if (rule.code >= "MSH0101" && rule.code != "MSH0210") {
      EXPECT_TRUE(std::binary_search(with_case.begin(), with_case.end(), rule.code)) << rule.code;
    }
  for (const std::string& code : with_case) EXPECT_NE(find_lint_rule(code), nullptr) << code;
}

// No finding without a page: every code that the source writes has a row.
TEST(LintCatalogue, EveryCodeOfTheSourceHasARow) {
  for (const char* room : {"models", "scenarios"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(MESHSIM_SOURCE_DIR) / room)) {
      if (entry.path().extension() != ".cpp" || entry.path().parent_path().filename() == "lint") continue;
      std::ifstream in(entry.path());
      const std::string text{std::istreambuf_iterator<char>(in), {}};
      for (std::size_t at = text.find("\"MSH"); at != std::string::npos; at = text.find("\"MSH", at + 1)) {
        const std::string code = text.substr(at + 1, 7);
        if (text.substr(at + 8, 1) == "\"") {
          EXPECT_NE(find_lint_rule(code), nullptr) << code << " in " << entry.path();
        }
      }
    }
}

TEST(LintCatalogue, CodesAreUniqueAndComplete) {
  std::set<std::string_view> codes;
  for (const LintRule& rule : lint_rules()) {
    EXPECT_TRUE(codes.insert(rule.code).second) << rule.code;
    EXPECT_EQ(rule.code.size(), 7u) << rule.code;
    EXPECT_FALSE(rule.title.empty() || rule.why.empty() || rule.todo.empty()) << rule.code;
    EXPECT_EQ(rule.check != nullptr, rule.code >= "MSH1000") << rule.code;
  }
}

// policies.md 7.2 to 7.4: the codes of istioctl and Kiali and our own checks lead to a rule.
TEST(LintCatalogue, AliasesOfOtherTools) {
  for (int n = 1; n <= 20; ++n) {
    const std::string alias = (n < 10 ? "LN-0" : "LN-") + std::to_string(n);
    EXPECT_FALSE(find_lint_rules(alias).empty()) << alias;
  }
  for (const char* alias :
       {"IST0101", "IST0102", "IST0103", "IST0106", "IST0133", "IST0107", "IST0108", "IST0110", "IST0111", "IST0116",
        "IST0118", "IST0123", "IST0127", "IST0128", "IST0129", "IST0149", "IST0151", "IST0155", "IST0157", "IST0159",
        "IST0160", "IST0166", "IST0167", "IST0171", "IST0173", "IST0174", "IST0175", "IST0176", "IST0177", "KIA0101",
        "KIA0102", "KIA0104", "KIA0106", "KIA0109", "KIA0110", "KIA0210", "KIA0211", "KIA0212", "KIA1109", "KIA1113",
        "KIA1114", "KIA1110", "KIA1115", "KIA1111", "KIA1116", "KIA1112", "KIA1117", "KIA1301", "KIA1311", "KIA1312",
        "KIA1313", "KIA1314", "KIA1315", "KIA1316", "KIA1317", "KIA0501", "KIA0505"})
    EXPECT_FALSE(find_lint_rules(alias).empty()) << alias;
  EXPECT_TRUE(find_lint_rules("IST9999").empty());
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// docs/lint is what `meshsim lint --explain all -o md --out docs/lint` writes.
TEST(LintCatalogue, PagesSayWhatExplainSays) {
  const fs::path docs = fs::path(MESHSIM_SOURCE_DIR) / "docs/lint";
  std::set<std::string> expected = {"README.md"};
  for (const LintRule& rule : lint_rules()) {
    const std::string name = std::string(rule.code) + ".md";
    expected.insert(name);
    EXPECT_EQ(text_of(docs / name), rule_page(rule)) << name;
  }
  EXPECT_EQ(text_of(docs / "README.md"), rule_index());
  for (const auto& entry : fs::directory_iterator(docs))
    EXPECT_TRUE(expected.count(entry.path().filename().string()) > 0) << entry.path();
}

}  // namespace
}  // namespace meshsim::scenarios
