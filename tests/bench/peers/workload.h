#pragma once
// The reference workload of engines.md for foreign engines: `mesh`, a Poisson stream of requests that visit four M/M/2
// stations and come back through them, 50 us of link before each visit, 17 events a request, load 0.8, exact mean
// 22.622 ms. Draws: xorshift64* and inversion, the same for all C++ peers. A row is
//   engine;requests per second of CPU time;mean in ms
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>

namespace peers {

inline constexpr unsigned kPath[] = {0, 1, 2, 3, 3, 2, 1, 0};
inline constexpr unsigned kVisits = 8, kServers = 2;
inline constexpr double kServiceNs = 1e6, kGapNs = 1.25e6, kLinkNs = 5e4;

class Draws {
 public:
  double exponential(double mean) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    const std::uint64_t bits = state_ * 2685821657736338717ull;
    return -mean * std::log((static_cast<double>(bits >> 11) + 0.5) * 0x1p-53);
  }

 private:
  std::uint64_t state_ = 0x9E3779B97F4A7C15ull;
};

inline double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

inline void row(const char* engine, std::uint64_t requests, double seconds, double sum_ns) {
  std::printf("%s;%.0f;%.3f\n", engine, static_cast<double>(requests) / seconds,
              sum_ns / static_cast<double>(requests) * 1e-6);
}

}  // namespace peers
