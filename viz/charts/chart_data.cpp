#include "viz/charts/chart_data.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace meshsim::viz {

namespace {
std::string number(double value) { return fmt::format("{:.6g}", value); }
}  // namespace

TextTable table_of(const BarData& data) {
  TextTable out;
  out.headers.emplace_back(data.title);
  for (const BarData::Series& s : data.series) out.headers.push_back(s.name);
  for (std::size_t c = 0; c < data.categories.size(); ++c) {
    std::vector<std::string> row{data.categories[c]};
    for (const BarData::Series& s : data.series) row.push_back(number(s.values[c]));
    out.rows.push_back(std::move(row));
  }
  return out;
}

TextTable table_of(const MatrixData& data) {
  TextTable out;
  out.headers.push_back(data.corner);
  out.headers.insert(out.headers.end(), data.columns.begin(), data.columns.end());
  for (std::size_t r = 0; r < data.rows.size(); ++r) {
    std::vector<std::string> row{data.rows[r]};
    for (const MatrixData::Cell& cell : data.cells[r]) row.push_back(cell.text);
    out.rows.push_back(std::move(row));
  }
  return out;
}

TextTable table_of(const LineData& data) {
  TextTable out{{"series", data.x_title, data.y_title}, {}};
  for (const LineData::Series& s : data.series)
    for (const auto& [x, y] : s.points) out.rows.push_back({s.name, number(x), number(y)});
  return out;
}

FlowSet flows_at(const BarData& data, std::size_t row, std::size_t column) {
  FlowSet out;
  for (std::size_t s = 0; s < data.series.size(); ++s)  // the name of a category stands for all of its bars
    if ((column == 0 || column == s + 1) && row < data.series[s].flows.size())
      out.insert(data.series[s].flows[row].begin(), data.series[s].flows[row].end());
  return out;
}

FlowSet flows_at(const MatrixData& data, std::size_t row, std::size_t column) {
  FlowSet out;
  if (row >= data.cells.size()) return out;
  for (std::size_t c = 0; c < data.cells[row].size(); ++c)
    if (column == 0 || column == c + 1) out.insert(data.cells[row][c].flows.begin(), data.cells[row][c].flows.end());
  return out;
}

FlowSet flows_at(const LineData& data, std::size_t row, std::size_t) {
  for (const LineData::Series& s : data.series) {
    if (row < s.points.size()) return s.flows;
    row -= s.points.size();
  }
  return {};
}

std::string csv_of(const TextTable& table) {
  const auto cell = [](const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? std::string("\"\"") : std::string(1, c);
    return out + '"';
  };
  std::string out;
  const auto line = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : ",") + cell(row[i]);
    out += "\r\n";  // RFC 4180
  };
  line(table.headers);
  for (const auto& row : table.rows) line(row);
  return out;
}

std::string short_number(double value) {
  if (std::abs(value) >= 100 || value == std::round(value))
    return std::abs(value) < 1e6 ? fmt::format("{:.0f}", value) : fmt::format("{:.3g}", value);
  return fmt::format("{:.3g}", value);
}

double nice_step(double range, double most) {
  if (!(range > 0)) return 1;
  const double rough = range / most, power = std::pow(10, std::floor(std::log10(rough)));
  for (const double nice : {1.0, 2.0, 5.0})
    if (power * nice >= rough * (1 - 1e-9)) return power * nice;
  return power * 10;
}

std::vector<std::pair<double, double>> decimated(const std::vector<std::pair<double, double>>& points,
                                                 std::size_t columns) {
  if (points.size() <= columns * 2 || columns == 0) return points;
  const double first = points.front().first, width = (points.back().first - first) / static_cast<double>(columns);
  std::vector<std::pair<double, double>> out;
  out.reserve(columns * 2);
  for (std::size_t i = 0; i < points.size();) {
    const auto column =
        width <= 0 ? 0 : std::min(columns - 1, static_cast<std::size_t>((points[i].first - first) / width));
    const double end = width <= 0              ? points.back().first + 1
                       : column + 1 == columns ? points.back().first
                                               : first + width * static_cast<double>(column + 1);
    std::size_t least = i, most = i, k = i;
    for (; k < points.size() && (points[k].first < end || column + 1 == columns || k == i); ++k) {
      if (points[k].second < points[least].second) least = k;
      if (points[k].second > points[most].second) most = k;
    }
    out.push_back(points[std::min(least, most)]);
    if (least != most) out.push_back(points[std::max(least, most)]);
    i = k;
  }
  return out;
}

}  // namespace meshsim::viz
