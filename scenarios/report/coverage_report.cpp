#include "scenarios/report/coverage_report.h"

#include <algorithm>
#include <array>
#include <map>

#include <fmt/format.h>

#include "scenarios/report/style.h"

namespace meshsim::scenarios {

namespace {

constexpr std::array kKinds = {CoverageKind::Policy,  CoverageKind::Rule, CoverageKind::Route, CoverageKind::Waypoint,
                               CoverageKind::Gateway, CoverageKind::Hop,  CoverageKind::Mode};
constexpr std::array kPlurals = {"policies", "rules", "routes", "waypoints", "gateways", "hops", "modes"};

std::string place(const CoverageItem& item) {
  const std::string text = item.at.text();
  return text.empty() ? std::string() : "  " + text;
}

}  // namespace

std::string coverage_table(const Coverage& coverage, bool colour) {
  const Style style(colour);
  std::vector<std::vector<std::string>> rows;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    const std::size_t all = coverage.total(kKinds[i]);
    if (all == 0) continue;
    const std::size_t covered = coverage.covered(kKinds[i]);
    const std::string percent = fmt::format("{:.1f} %", coverage.percent(kKinds[i]));
    rows.push_back({std::string("  ") + kPlurals[i], fmt::format("{} of {}", covered, all),
                    covered == all ? style.good(percent) : style.warn(percent)});
  }
  std::string out = style.bold("Coverage") + fmt::format("  {:.1f} %\n", coverage.percent()) + columns(rows);
  const auto any = [&](bool unreachable) {
    return std::any_of(coverage.items.begin(), coverage.items.end(),
                       [&](const CoverageItem& i) { return i.hits == 0 && i.unreachable.empty() != unreachable; });
  };
  if (any(true)) out += style.bold("Cannot be reached") + '\n';
  for (const CoverageItem& item : coverage.items)
    if (!item.unreachable.empty())
      out += "  " + item.name + style.dim(place(item)) + "\n      " + item.unreachable + '\n';
  if (any(false)) out += style.bold("Not covered") + '\n';
  for (const CoverageItem& item : coverage.items) {
    if (item.hits > 0 || !item.unreachable.empty()) continue;
    out += "  " + item.name + style.dim(place(item)) + '\n';
    out += "      " +
           (item.suggestion.empty() ? std::string("no flow found that would reach it") : "try " + item.suggestion) +
           '\n';
  }
  return out;
}

std::string coverage_markdown(const Coverage& coverage) {
  std::string out = fmt::format("\n## Coverage {:.1f} %\n\n| What | Covered | |\n|---|---|---|\n", coverage.percent());
  for (std::size_t i = 0; i < kKinds.size(); ++i)
    if (const std::size_t all = coverage.total(kKinds[i]); all > 0)
      out += fmt::format("| {} | {} of {} | {:.1f} % |\n", kPlurals[i], coverage.covered(kKinds[i]), all,
                         coverage.percent(kKinds[i]));
  for (const CoverageItem& item : coverage.items)
    if (!item.unreachable.empty()) out += "\nCannot be reached: " + item.name + ": " + item.unreachable + '\n';
  if (coverage.covered() == coverage.total()) return out;
  out += "\nNot covered:\n\n";
  for (const CoverageItem& item : coverage.items)
    if (item.hits == 0 && item.unreachable.empty())
      out += "- " + item.name + (item.at.text().empty() ? "" : " (`" + item.at.text() + "`)") +
             (item.suggestion.empty() ? "" : ": try " + item.suggestion) + '\n';
  return out;
}

std::string coverage_lcov(const Coverage& coverage) {
  std::map<std::string, std::map<std::uint32_t, std::size_t>> files;
  for (const CoverageItem& item : coverage.items) {
    if (item.at.file.empty() || item.at.file == "-" || !item.unreachable.empty()) continue;
    for (const std::uint32_t line : item.lines) {
      const auto [it, fresh] = files[item.at.file].emplace(line, item.hits);
      if (!fresh) it->second = std::max(it->second, item.hits);
    }
  }
  std::string out;
  for (const auto& [file, lines] : files) {
    if (lines.empty()) continue;
    std::size_t hit = 0;
    out += "TN:meshsim\nSF:" + file + '\n';
    for (const auto& [line, hits] : lines) {
      out += fmt::format("DA:{},{}\n", line, hits);
      hit += hits > 0;
    }
    out += fmt::format("LF:{}\nLH:{}\nend_of_record\n", lines.size(), hit);
  }
  return out;
}

}  // namespace meshsim::scenarios
