#pragma once
// A scenario text beside files of other tools in a folder of its own.
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "scenarios/run/run.h"

namespace meshsim::scenarios::testing {

inline std::filesystem::path folder() {
  const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
  const auto out =
      std::filesystem::temp_directory_path() / ("meshsim-callgraph-" + std::to_string(::getpid()) + '-' + test->name());
  std::filesystem::create_directories(out);
  return out;
}

inline Loaded loaded(const std::string& scenario, const std::map<std::string, std::string>& files) {
  for (const auto& [name, text] : files) std::ofstream(folder() / name, std::ios::binary) << text;
  ReadOptions options;
  options.base = folder();
  Loaded out = load(read_scenario_text("apiVersion: meshsim/v1\nkind: Scenario\nmetadata: {name: test}\n" + scenario,
                                       "scenario.yaml", options));
  std::filesystem::remove_all(folder());
  return out;
}

inline std::string findings(const Loaded& loaded) {
  std::string out;
  for (const models::Diagnostic& d : loaded.diagnostics) out += models::format(d) + '\n';
  return out;
}

inline const models::Application* application(const Loaded& loaded, const std::string& workload) {
  for (const models::Application& a : loaded.scenario.applications)
    if (a.workload == workload) return &a;
  return nullptr;
}

// "stock*0.5 price | price x2": steps from left to right, calls of one step with a +.
inline std::string calls(const Loaded& loaded, const std::string& workload) {
  const models::Application* a = application(loaded, workload);
  if (a == nullptr) return "no application";
  std::string out;
  for (const auto& step : a->calls) {
    if (!out.empty()) out += " | ";
    std::string together;
    for (const models::Call& call : step) {
      if (!together.empty()) together += " + ";
      std::string to = call.flow.substr(call.flow.find(" to ") + 4);
      together += to.substr(0, to.find('.'));
      if (call.count != 1) together += " x" + std::to_string(call.count);
      if (call.probability < 1) together += " *" + std::to_string(call.probability).substr(0, 4);
    }
    out += together;
  }
  return out;
}

inline const ScenarioFlow* flow(const Loaded& loaded, const std::string& name) {
  for (const ScenarioFlow& f : loaded.scenario.flows)
    if (f.flow.name == name) return &f;
  return nullptr;
}

}  // namespace meshsim::scenarios::testing
