#pragma once
// SimTime: a point of simulated time or a span of it, in integer nanoseconds.
#include <cstdint>

namespace meshsim::sim {

struct SimTime {
  std::int64_t ns = 0;
};

}  // namespace meshsim::sim
