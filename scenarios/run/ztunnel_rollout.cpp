#include "scenarios/run/ztunnel_rollout.h"

#include <algorithm>
#include <charconv>

#include "models/route/route_set.h"

namespace meshsim::scenarios {

using models::Node;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000, kUnknownGrace = 5 * kSecond, kChartGrace = 30;

std::int64_t deadline(std::int64_t grace_seconds) {
  return std::max<std::int64_t>(1, grace_seconds > 10 ? grace_seconds - 5 : grace_seconds - 1) * kSecond;
}

std::int64_t drain_of(Node pod_spec) {
  std::int64_t out = kUnknownGrace;
  for (const Node container : pod_spec["containers"])
    for (const Node variable : container["env"]) {
      const std::string_view name = variable["name"].text(), value = variable["value"].text();
      if (name == "CONNECTION_TERMINATION_DEADLINE")
        if (const auto stated = models::route::read_duration(value)) return *stated;
      std::int64_t seconds = 0;
      const bool number =
          std::from_chars(value.data(), value.data() + value.size(), seconds).ptr == value.data() + value.size();
      if (name == "TERMINATION_GRACE_PERIOD_SECONDS" && !value.empty() && number)
        out = deadline(std::clamp<std::int64_t>(seconds, 0, 1'000'000));
    }
  return out;
}

bool surges(Node update_strategy) {
  const Node surge = update_strategy["rollingUpdate"]["maxSurge"];
  if (const auto number = surge.integer()) return *number > 0;
  return surge.is_string() && !surge.text().empty() && surge.text() != "0" && surge.text() != "0%";
}

}  // namespace

bool is_ztunnel(const models::Object& set) {
  return set.kind == "DaemonSet" &&
         (set.name == "ztunnel" || set.spec()["template"]["metadata"]["labels"]["app"].text() == "ztunnel");
}

std::vector<models::Disturbance> ztunnel_rollout(const models::Object* set, const std::vector<std::string>& nodes,
                                                 std::int64_t at_ns, std::int64_t pod_start_ns) {
  const bool surge = set == nullptr || surges(set->spec()["updateStrategy"]);
  const std::int64_t drain = set == nullptr ? deadline(kChartGrace) : drain_of(set->spec()["template"]["spec"]);
  std::vector<models::Disturbance> out;
  for (const std::string& node : nodes) {
    models::Disturbance d;
    d.kind = models::Disturbance::Kind::Ztunnel;
    d.name = node;
    d.replace_ns = drain;
    if (surge) {
      at_ns += pod_start_ns;
      d.at_ns = at_ns;
    } else {
      d.at_ns = at_ns;
      d.absent_ns = std::max<std::int64_t>(1, pod_start_ns);
      at_ns += drain + pod_start_ns;
    }
    out.push_back(std::move(d));
  }
  return out;
}

}  // namespace meshsim::scenarios
