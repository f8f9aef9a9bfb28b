#include "scenarios/export/openmetrics_writer.h"

#include <array>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace meshsim::scenarios {

namespace {

// TM-003: Envoy's bounds, for milliseconds and for bytes alike.
constexpr std::array<double, 19> kBounds = {0.5,  1,    5,     10,    25,    50,     100,    250,     500,    1000,
                                            2500, 5000, 10000, 30000, 60000, 300000, 600000, 1800000, 3600000};

std::string escaped(std::string_view value) {
  std::string out;
  for (const char c : value) {
    if (c == '\\' || c == '"') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out;
}

}  // namespace

OpenMetricsWriter::OpenMetricsWriter(const Recording& recording, OutputFile& out) : out_(out) {
  for (std::size_t k = 0; k < recording.samples; ++k) {
    const std::int64_t at = recording.start_ns + static_cast<std::int64_t>(k) * recording.interval_ns;
    times_.push_back(fmt::format(" {}.{:03}\n", at / 1'000'000'000, at / 1'000'000 % 1000));
  }
}

void OpenMetricsWriter::head(std::string_view name, std::string_view type, std::string_view help) {
  out_.write(fmt::format("# TYPE {} {}\n# HELP {} {}\n", name, type, name, help));
}

void OpenMetricsWriter::sample(std::string_view name, std::string_view suffix, std::string_view labels,
                               std::string_view more, double value, std::size_t k) {
  line_.assign(name);
  line_ += suffix;
  line_ += '{';
  line_ += labels;
  line_ += more;
  line_ += "} ";
  const auto whole = static_cast<std::int64_t>(value);
  if (value >= 0 && value < 1e15 && static_cast<double>(whole) == value) {
    const fmt::format_int text(whole);
    line_.append(text.data(), text.size());
  } else {
    fmt::format_to(std::back_inserter(line_), "{}", value);
  }
  line_ += times_[k];
  out_.write(line_);
}

std::string series_labels(const std::map<std::string, std::string>& own, const ScrapeTarget& target) {
  std::map<std::string, std::string> all = target.labels;
  for (const auto& [name, value] : own) all[label_name(name)] = value;
  std::string out;
  for (const auto& [name, value] : all) {
    if (!out.empty()) out += ',';
    out += name + "=\"" + escaped(value) + "\"";
  }
  return out;
}

std::vector<double> bucket_bounds(const models::Workload* workload, std::string_view metric) {
  std::vector<double> out(kBounds.begin(), kBounds.end());
  if (!workload) return out;
  const auto text = models::find(workload->annotations, "sidecar.istio.io/statsHistogramBuckets");
  if (!text) return out;
  // {"istiocustom": [1, 5, ...]}: prefixes of names in Envoy's own namespace.
  const nlohmann::json stated = nlohmann::json::parse(*text, nullptr, false);
  if (!stated.is_object()) return out;
  const std::string name = "istiocustom." + std::string(metric);
  for (const auto& [prefix, bounds] : stated.items()) {
    if (!name.starts_with(prefix) || !bounds.is_array()) continue;
    std::vector<double> found;
    for (const nlohmann::json& bound : bounds)
      if (bound.is_number() && (found.empty() || bound.get<double>() > found.back()))
        found.push_back(bound.get<double>());
    if (!found.empty()) return found;
  }
  return out;
}

}  // namespace meshsim::scenarios
