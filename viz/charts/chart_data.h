#pragma once
// What a chart shows, as plain values: made by presenters (presenters.h) from an analysis, drawn by chart panels. No
// Qt.
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "models/verdict/outcome.h"
#include "viz/graph/mesh_graph.h"

namespace meshsim::viz {

using FlowSet = std::set<std::size_t>;

// How a series or a cell looks: by the word it stands for, or by its number among equals.
struct Look {
  std::optional<models::PolicyStatus> status;
  std::optional<models::Verdict> verdict;
  int number = 0;
  bool hatched = false;  // the state after, in a comparison
};

struct BarData {
  std::string title, value_title, finding;  // finding: the chart in one sentence
  std::vector<std::string> categories;
  struct Series {
    std::string name;
    Look look;
    std::vector<double> values;  // by category
    std::vector<FlowSet> flows;  // behind each bar
  };
  std::vector<Series> series;
  bool stacked = true;
  bool whole = false;           // counts: no half flows
  std::optional<double> limit;  // a line across all bars: what there is at most
  std::string limit_name;
};

struct MatrixData {
  std::string title, corner, finding;
  std::vector<std::string> rows, columns;
  struct Cell {
    std::string text, tip;
    Look look;
    std::optional<double> share;  // 0 to 1: a heat map; nullopt: coloured by look
    bool empty = true;
    FlowSet flows;
  };
  std::vector<std::vector<Cell>> cells;  // by row, column
};

struct LineData {
  std::string title, x_title, y_title, finding;
  bool log_x = false, over_time = false;  // over_time: x is simulated time in seconds
  struct Series {
    std::string name;
    int number = 0;
    bool dashed = false;  // smooth curves only: a dashed pen on noise costs seconds
    std::vector<std::pair<double, double>> points;
    FlowSet flows;
  };
  std::vector<Series> series;
  std::vector<std::pair<std::string, double>> thresholds;  // horizontal, labelled
  struct Band {
    std::size_t lower = 0, upper = 0;  // two series, drawn as one area
    std::string name;
  };
  std::vector<Band> bands;  // a band and the lines of its number share a place in the legend
};

// The same as rows of text: for the table view and for CSV.
struct TextTable {
  std::vector<std::string> headers;
  std::vector<std::vector<std::string>> rows;
};
TextTable table_of(const BarData& data);
TextTable table_of(const MatrixData& data);
TextTable table_of(const LineData& data);
std::string csv_of(const TextTable& table);

// The flows behind a cell of that table; empty where there are none.
FlowSet flows_at(const BarData& data, std::size_t row, std::size_t column);
FlowSet flows_at(const MatrixData& data, std::size_t row, std::size_t column);
FlowSet flows_at(const LineData& data, std::size_t row, std::size_t column);

// Three digits, or all of a whole number; never with an exponent below a million.
std::string short_number(double value);
// The round step (1, 2 or 5 times a power of ten) that cuts `range` into at most about `most` pieces.
double nice_step(double range, double most);

// At most two points (least and greatest) for each of `columns` equal stretches of x: what a screen can show of a
// million samples. Points must be sorted by x.
std::vector<std::pair<double, double>> decimated(const std::vector<std::pair<double, double>>& points,
                                                 std::size_t columns);

}  // namespace meshsim::viz
