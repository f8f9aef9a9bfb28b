#pragma once
// MSER-5 (White 1997): where the warm-up ends. Observations are averaged in batches of five; the cut is the number of
// leading batches whose removal gives the narrowest standard error of the rest, searched in the first half only: a
// minimum at the end of that half means that the run was too short to tell.
#include <cstddef>
#include <span>

namespace meshsim::sim::analysis {

struct WarmUp {
  std::size_t cut = 0;  // observations to drop
  bool enough = false;  // false: the run is too short, cut is a guess
  double mean = 0;      // of what remains
};
WarmUp mser5(std::span<const double> observations);

}  // namespace meshsim::sim::analysis
