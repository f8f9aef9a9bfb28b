#include "scenarios/report/json_value.h"
#include "scenarios/report/test_report.h"

namespace meshsim::scenarios {

namespace {

nlohmann::ordered_json coverage_value(const Coverage& coverage) {
  using Json = nlohmann::ordered_json;
  Json kinds = Json::object(), items = Json::array();
  for (const CoverageKind kind : {CoverageKind::Policy, CoverageKind::Rule, CoverageKind::Route, CoverageKind::Waypoint,
                                  CoverageKind::Gateway, CoverageKind::Hop, CoverageKind::Mode})
    kinds[std::string(to_string(kind))] = {{"covered", coverage.covered(kind)}, {"total", coverage.total(kind)}};
  for (const CoverageItem& item : coverage.items) {
    Json one{{"kind", to_string(item.kind)},
             {"name", item.name},
             {"file", item.at.file},
             {"line", item.at.position.line},
             {"hits", item.hits}};
    one["unreachable"] = item.unreachable.empty() ? Json(nullptr) : Json(item.unreachable);
    one["suggestion"] = item.flow ? flow_value(*item.flow) : Json(nullptr);
    items.push_back(std::move(one));
  }
  return {{"percent", coverage.percent()}, {"kinds", std::move(kinds)}, {"items", std::move(items)}};
}

}  // namespace

std::string test_json(const TestRun& run, bool colour) { return test_json(run, colour, nullptr); }

std::string test_json(const TestRun& run, bool, const Coverage* coverage) {
  using Json = nlohmann::ordered_json;
  Json files = Json::array();
  for (const SuiteResult& suite : run.suites) {
    Json tests = Json::array();
    for (const TestResult& test : suite.tests) {
      Json failures = Json::array();
      for (const TestFailure& f : test.failures) {
        const models::Source at = place_of(test, f);
        Json entry{{"field", f.expectation.field},
                   {"expected", Json::parse(f.expectation.expected, nullptr, false)},
                   {"actual", Json::parse(f.expectation.actual, nullptr, false)},
                   {"outcome", f.expectation.outcome},
                   {"because", f.because},
                   {"source", f.source.file.empty() ? Json(nullptr) : Json(f.source.text())},
                   {"line", at.position.line},
                   {"column", at.position.column}};
        failures.push_back(std::move(entry));
      }
      tests.push_back({{"name", test.name},
                       {"status", to_string(test.status)},
                       {"tags", test.tags},
                       {"xfail", test.xfail.empty() ? Json(nullptr) : Json(test.xfail)},
                       {"line", test.source.position.line},
                       {"checks", test.checks},
                       {"failures", std::move(failures)}});
    }
    files.push_back({{"file", suite.file},
                     {"diagnostics", diagnostics_value(suite.loaded->diagnostics)},
                     {"tests", std::move(tests)}});
  }
  Json out{{"apiVersion", "meshsim/v1"},
           {"kind", "TestRun"},
           {"summary",
            {{"total", run.total()},
             {"pass", run.count(TestStatus::Pass)},
             {"fail", run.count(TestStatus::Fail)},
             {"xfail", run.count(TestStatus::XFail)},
             {"xpass", run.count(TestStatus::XPass)}}},
           {"diagnostics", diagnostics_value(run.diagnostics)},
           {"files", std::move(files)}};
  if (coverage != nullptr) out["coverage"] = coverage_value(*coverage);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace meshsim::scenarios
