#pragma once
// The charts of the program: one line each.
#include <vector>

#include "viz/charts/chart_panel.h"

namespace meshsim::viz {

struct ChartEntry {
  QString name;   // of --view and of the dock: "chart-points"
  QString title;  // of its tab
  QString about;  // in one line
  ChartPanel::Make make;
  QString none;            // what to say when there is nothing to draw
  bool simulated = false;  // shows a simulated run
};
std::vector<ChartEntry> chart_entries();

}  // namespace meshsim::viz
