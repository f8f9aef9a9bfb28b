#pragma once
// SimTime: a point of simulated time, or a span of it, in signed 64-bit nanoseconds (292 years). It is a type of its
// own so that nothing but time is scheduled, and an integer so that comparisons, sums and event order are exact.
// A double becomes time in one place only, from_seconds(), which rounds once and refuses NaN and overflow.
#include <cmath>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>

namespace meshsim::sim {

struct SimTime {
  std::int64_t ns = 0;

  static constexpr SimTime zero() { return {0}; }
  static constexpr SimTime max() { return {std::numeric_limits<std::int64_t>::max()}; }
  // Nearest nanosecond, ties away from zero. Throws SimulationError for NaN and for what does not fit.
  static SimTime from_seconds(double seconds);
  static SimTime from_nanoseconds(double nanoseconds) {
    if (!(nanoseconds < 9.2e18 && nanoseconds > -9.2e18)) [[unlikely]]
      refuse();
    // As std::llround, without the call: with the greatest number below 1/2, so that 0.49999999999999994 stays zero.
    return {static_cast<std::int64_t>(nanoseconds + std::copysign(0x1.fffffffffffffp-2, nanoseconds))};
  }
  [[noreturn]] static void refuse();  // throws: not a representable time
  constexpr double seconds() const { return static_cast<double>(ns) * 1e-9; }

  constexpr auto operator<=>(const SimTime&) const = default;
  constexpr SimTime& operator+=(SimTime o) { return ns += o.ns, *this; }
  constexpr SimTime& operator-=(SimTime o) { return ns -= o.ns, *this; }
  friend constexpr SimTime operator+(SimTime a, SimTime b) { return {a.ns + b.ns}; }
  friend constexpr SimTime operator-(SimTime a, SimTime b) { return {a.ns - b.ns}; }
  friend constexpr SimTime operator*(SimTime a, std::int64_t k) { return {a.ns * k}; }
  friend constexpr SimTime operator*(std::int64_t k, SimTime a) { return {a.ns * k}; }
  friend constexpr std::int64_t operator/(SimTime a, SimTime b) { return a.ns / b.ns; }
  friend constexpr SimTime operator/(SimTime a, std::int64_t k) { return {a.ns / k}; }
};

constexpr SimTime nanoseconds(std::int64_t n) { return {n}; }
constexpr SimTime microseconds(std::int64_t n) { return {n * 1'000}; }
constexpr SimTime milliseconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr SimTime seconds(std::int64_t n) { return {n * 1'000'000'000}; }

// "1.5ms", "20us", "3s": the largest unit of which it is at least one, without trailing zeros.
std::string to_string(SimTime time);

}  // namespace meshsim::sim
