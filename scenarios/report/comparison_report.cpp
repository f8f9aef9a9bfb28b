#include "scenarios/report/comparison_report.h"

#include <cmath>

#include <fmt/format.h>

#include "scenarios/report/style.h"
#include "sim/sim_time.h"

namespace meshsim::scenarios {
namespace {

// A value in the unit that people read.
std::string shown_value(const ComparedValue& v, double value, bool sign) {
  if (!std::isfinite(value)) return "-";
  const auto number = [&](double x, const char* unit) {
    return sign ? fmt::format("{:+.4g}{}", x, unit) : fmt::format("{:.4g}{}", x, unit);
  };
  if (v.unit == "ns") return number(value * 1e-6, " ms");
  if (v.unit == "share") return number(value * 100, " %");
  if (v.unit == "bytes") return number(value / 1048576, " MiB");
  if (v.unit == "cores") return number(value * 1000, "m");
  return number(value, "");
}

std::string relative(const ComparedValue& v) {
  return v.before != 0 && v.unit != "share" ? fmt::format("{:+.3g} %", 100 * v.difference / v.before)
                                            : std::string("-");
}

std::string half_width(const ComparedValue& v, double value) {
  std::string out = shown_value(v, value, false);
  return out == "-" ? out : "+-" + out;
}

std::string head(const Comparison& c) {
  return fmt::format("{} with {} pairs of replications, seed {}{}", sim::to_string(sim::SimTime{c.duration_ns}),
                     c.replications.size(), c.seed, c.cut ? " (CUT: ended before its time)" : "");
}

using Row = std::vector<std::string>;

Row row_of(const std::string& subject, const ComparedValue& v) {
  return {subject,
          v.name,
          shown_value(v, v.before, false),
          shown_value(v, v.after, false),
          shown_value(v, v.difference, true),
          half_width(v, v.paired),
          half_width(v, v.unpaired),
          relative(v)};
}

template <class Each>
void each_row(const Comparison& c, const Each& each) {
  for (const ComparedFlow& flow : c.flows)
    for (const ComparedValue& v : flow.values) each(row_of(flow.flow, v), v);
  for (const ComparedValue& v : c.totals) each(row_of("proxies", v), v);
}

}  // namespace

std::string comparison_table(const Comparison& c, bool colour) {
  if (c.replications.empty()) return "\nSIMULATED nothing: the runs were cut before a pair of replications ended\n";
  const Style style(colour);
  std::vector<Row> rows = {{"OF", "VALUE", "BEFORE", "AFTER", "DIFFERENCE", "95 %", "UNPAIRED", "RELATIVE", ""}};
  each_row(c, [&](Row row, const ComparedValue& v) {
    row.push_back(v.changed() ? style.warn("*") : std::string());
    rows.push_back(std::move(row));
  });
  std::string out = "\nSIMULATED " + head(c) + "\n\n" + columns(rows, 3);
  for (const std::string& flow : c.only_one_side) out += "no requests on one side: " + flow + '\n';
  return out + "* the interval excludes zero; UNPAIRED is its width without common random numbers\n";
}

std::string comparison_markdown(const Comparison& c) {
  if (c.replications.empty()) return "\nSimulated nothing: the runs were cut before a pair of replications ended.\n";
  const auto cell = [](std::string text) {
    for (auto at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) text.insert(at, "\\");
    return text;
  };
  std::string out =
      "\n### Simulated " + head(c) +
      "\n\n| Of | Value | Before | After | Difference | 95 % | Relative |\n|---|---|---|---|---|---|---|\n";
  each_row(c, [&](const Row& row, const ComparedValue& v) {
    const std::string mark = v.changed() ? "**" : "";
    out += fmt::format("| {} | {} | {} | {} | {}{}{} | {} | {} |\n", cell(row[0]), row[1], row[2], row[3], mark, row[4],
                       mark, row[5], row[7]);
  });
  for (const std::string& flow : c.only_one_side) out += "\nNo requests on one side: " + cell(flow) + '\n';
  return out;
}

}  // namespace meshsim::scenarios
