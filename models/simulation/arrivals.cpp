#include "models/simulation/arrivals.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace meshsim::models::simulation {

Arrivals::Arrivals(const FlowTraffic& traffic, std::int64_t duration_ns, sim::StudyKey key, std::uint64_t entity)
    : traffic_(&traffic),
      per_second_(traffic.per_second.value_or(0)),
      duration_ns_(duration_ns),
      gaps_(key, sim::stream_id(entity, 1)),
      choices_(key, sim::stream_id(entity, 2)),
      phases_(key, sim::stream_id(entity, 3)) {
  greatest_ = per_second_;
  if (traffic.arrivals == "trace") {
    form_ = Form::Trace;
  } else if (traffic.arrivals == "ramp") {
    form_ = Form::Ramp;
    greatest_ = std::max(per_second_, traffic.ramp_to);
  } else if (per_second_ > 0) {
    if (traffic.arrivals == "constant") form_ = Form::Constant;
    if (traffic.arrivals == "poisson") form_ = Form::Poisson;
    if (traffic.arrivals == "bursty") {
      form_ = Form::Bursty;
      greatest_ = per_second_ * (traffic.burst_on_s + traffic.burst_off_s) / traffic.burst_on_s;
    }
    if (traffic.arrivals == "diurnal") {
      form_ = Form::Diurnal;
      greatest_ = per_second_ * (1 + std::abs(traffic.swing));
    }
  }
  if (form_ != Form::Trace && greatest_ <= 0) form_ = Form::None;
}

double Arrivals::rate_at(std::int64_t ns) const {
  const double t = static_cast<double>(ns);
  if (form_ == Form::Ramp)
    return per_second_ + (traffic_->ramp_to - per_second_) * std::min(1.0, t / static_cast<double>(duration_ns_));
  return per_second_ * (1 + traffic_->swing * std::sin(2 * std::numbers::pi * t * 1e-9 / traffic_->period_s));
}

std::optional<std::int64_t> Arrivals::next(std::int64_t now) {
  const auto gap = [&] { return sim::SimTime::from_seconds(sim::exponential(1 / greatest_, gaps_.next())).ns; };
  switch (form_) {
    case Form::None:
      return std::nullopt;
    case Form::Trace:
      if (sent_ >= traffic_->trace_ns.size()) return std::nullopt;
      return std::max(now, traffic_->trace_ns[sent_++]);
    case Form::Constant: {
      // The k-th request at (k + phase) / rate: no drift from rounding.
      const double phase = sim::unit_open(choices_.at(0));
      return std::max(now, sim::SimTime::from_seconds((static_cast<double>(sent_++) + phase) / per_second_).ns);
    }
    case Form::Poisson:
      return now + gap();
    case Form::Bursty: {
      std::int64_t t = now;
      for (;;) {
        if (on_) {
          t += gap();
          if (t < phase_ends_) return t;
          t = phase_ends_;
        } else {
          t = std::max(t, phase_ends_);
        }
        on_ = !on_;
        const double mean = on_ ? traffic_->burst_on_s : traffic_->burst_off_s;
        phase_ends_ = t + sim::SimTime::from_seconds(sim::exponential(mean, phases_.next())).ns;
        if (t > duration_ns_) return std::nullopt;
      }
    }
    case Form::Ramp:
    case Form::Diurnal: {
      std::int64_t t = now;
      do {
        t += gap();
        if (t > duration_ns_) return std::nullopt;
      } while (!sim::chance(rate_at(t) / greatest_, choices_.next()));
      return t;
    }
  }
  return std::nullopt;
}

}  // namespace meshsim::models::simulation
