#pragma once
// CostModel: what a proxy costs in time, CPU and memory (CO-020..CO-028). The defaults are fits to published figures
// (origins and ranges: the reference's table CO-021); every one can be overridden in a scenario's `costs`. A proxy is a
// station: an Envoy has workers that own their connections, a ztunnel workers that share one queue (CO-020). Times are
// those of a dedicated bare-metal core; `platform` multiplies them (CO-025). The published figures were taken with
// messages of about 1 KiB, so per-byte and per-chunk costs count what lies beyond that. `batching` makes the CPU of an
// Envoy's request fall with its rate (CO-023, off by default as there). Where it stops: no cost of switching between
// threads; batching changes CPU, not latency.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sim/distribution.h"

namespace meshsim::models {

struct ProxyCost {
  double latency_ns = 0;  // mean per request, both directions, without queueing
  double sigma = 0;       // of the logarithm
  double cpu_ns = 0;
  double per_byte_ns = 0;  // beyond the calibration message
};

struct CostModel {
  double platform = 1.0;  // CO-025: 1 bare metal, 2.4 a hyperthread of a cloud machine

  // CO-021.
  ProxyCost sidecar_http{220e3, 0.442, 200e3, 2.5};
  ProxyCost sidecar_tcp{100e3, 0.40, 90e3, 1.5};
  ProxyCost gateway{220e3, 0.442, 250e3, 2.5};
  ProxyCost waypoint{187e3, 0.322, 250e3, 2.5};
  ProxyCost ztunnel{62e3, 0.299, 60e3, 1.0};
  double ztunnel_chunk_ns = 2e3;                          // per DATA frame of at most 1 KiB beyond the first
  double ztunnel_connection_ns = 100e3;                   // per ztunnel and application connection, latency and CPU
  double envoy_connection_ns = 30e3;                      // new downstream connection
  double tls_ecdsa_ns = 300e3, tls_ecdsa_cpu_ns = 280e3;  // ztunnel's keys are P-256 (HB-040)
  double tls_rsa_ns = 600e3, tls_rsa_cpu_ns = 580e3;      // Envoy's are RSA-2048 (HB-041)
  bool envoy_ecdsa = false;                               // ECC_SIGNATURE_ALGORITHM

  std::uint32_t sidecar_workers = 2, gateway_workers = 2, waypoint_workers = 2, ztunnel_workers = 2;

  // CO-027; between zones is an assumption of ours, as are the two others.
  double rtt_same_node_ns = 50e3, rtt_node_ns = 150e3, rtt_zone_ns = 500e3, rtt_outside_ns = 1e6;
  std::uint32_t nodes = 3;  // where neither pods nor Node objects say where they run

  // An application whose service time the scenario does not state: a fortio echo (CO-027).
  double application_ns = 330e3, application_sigma = 0.2;

  // Control plane: istiod waits PILOT_DEBOUNCE_AFTER for further changes, then each proxy learns after its own delay.
  std::int64_t debounce_ns = 100'000'000;
  double push_ns = 100e6;                     // mean; exponential
  std::int64_t pod_start_ns = 3'000'000'000;  // from creation to ready
  std::int64_t drain_ns = 5'000'000'000;      // HB-062, terminationDrainDuration
  std::int64_t pod_failure_seen_ns = 1'000'000'000, node_failure_seen_ns = 40'000'000'000;  // until endpoints vanish
  std::int64_t connect_timeout_ns = 10'000'000'000;                                         // DP-312, HB-053

  // CO-026, bytes.
  double sidecar_memory = 38.0 * 1048576, sidecar_per_workload = 12e3, sidecar_per_connection = 10e3;
  double waypoint_memory = 60e6;
  double ztunnel_memory = 10e6, ztunnel_per_workload = 1e3, ztunnel_per_hbone = 7e3, ztunnel_per_stream = 4e3,
         ztunnel_per_connection = 600;

  bool batching = false;  // CO-023

  // HTTP/2 windows of HBONE ends, bytes per stream and per connection (HB-020, HB-053). Envoy's follow its version
  // unless stated (0).
  std::uint64_t ztunnel_stream_window = 4'194'304, ztunnel_connection_window = 16'777'216;
  std::uint64_t envoy_stream_window = 0, envoy_connection_window = 0;

  static constexpr std::uint64_t calibration_bytes = 1024;
};

// CO-023: c(rate) = c(1000) * (rate / 1000)^-0.19, measured from 10 to 3000 requests/s; constant beyond. 1 without
// batching.
double batching_factor(const CostModel& costs, double per_second);

// Cores in use while something of this CPU takes this time, in 1/65536 of a core.
std::uint64_t core_weight(double cpu_ns, double latency_ns);

// What a message costs at a proxy beyond the calibration message, in ns of one direction, unscaled.
double beyond_calibration_ns(const CostModel& costs, const ProxyCost& proxy, bool ztunnel, std::uint64_t bytes);

// Half of a request's time at a proxy, for one direction: mean m/2, sigma so that two independent halves add up to the
// law of the whole (CO-022). Scaled by the platform.
sim::Law half_law(const ProxyCost& cost, double platform);

// A law by table: the same variates as the law within 1 % in the body, exactly those of the law in the outermost
// thousandths, at a tenth of the price. Integer interpolation: the same bits everywhere.
class ServiceTime {
 public:
  ServiceTime() = default;
  explicit ServiceTime(const sim::Law& law);
  std::int64_t sample(std::uint64_t bits) const {
    const std::size_t cell = bits >> 54;
    if (cell == 0 || cell == kCells - 1) [[unlikely]]
      return law_.sample(bits).ns;
    const std::int64_t low = quantiles_[cell], high = quantiles_[cell + 1];
    return low + ((high - low) * static_cast<std::int64_t>((bits >> 38) & 0xFFFF) >> 16);
  }
  double mean_ns() const { return static_cast<double>(law_.mean().ns); }

 private:
  static constexpr std::size_t kCells = 1024;
  sim::Law law_;
  std::vector<std::int64_t> quantiles_ = std::vector<std::int64_t>(kCells + 1);
};

}  // namespace meshsim::models
