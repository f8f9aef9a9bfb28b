#pragma once
// Reports: a finished run as text. One function per format; the registry is the list that the command line offers.
// Every report is a string, so that files are written whole or not at all.
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "scenarios/run/run.h"

namespace meshsim::scenarios {

struct ReportOptions {
  bool colour = false;
  std::string only_namespace;  // show flows that start or end there; empty: all
};

// Whether the flow starts or ends in the namespace that was asked for.
bool shown(const models::Flow& flow, const ReportOptions& options);

struct ReportFormat {
  std::string_view name;
  std::string (*render)(const RunResult& run, const ReportOptions& options);
};

std::span<const ReportFormat> run_formats();  // table, wide, json, yaml
const ReportFormat* find_run_format(std::string_view name);

std::string run_json(const RunResult& run, const ReportOptions& options);  // design.md section 6
std::string run_yaml(const RunResult& run, const ReportOptions& options);  // the same document
std::string run_table(const RunResult& run, const ReportOptions& options);
std::string run_wide(const RunResult& run, const ReportOptions& options);

// One flow for a human reader: hop by hop, every policy and why.
std::string explain_text(const RunResult& run, const ReportOptions& options);

// Writes `text` to `path` whole or not at all (temporary file in the same folder, then rename). An error text, or
// nullopt.
std::optional<std::string> write_file(const std::string& path, std::string_view text);

}  // namespace meshsim::scenarios
