#pragma once
// PlanBook: what `judge` says, compiled for the clock. A plan is one outcome of one flow for one triple of
// configurations (of the client's proxy, of waypoints and gateways, of the server's proxy), as a list of stations to
// visit. Plans are made when they are first needed and kept. Internal to models/simulation.
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "models/simulation/cluster_policy.h"
#include "models/simulation/population.h"
#include "models/simulation/protections.h"

namespace meshsim::models::simulation {

enum class Role : std::uint8_t { Client, Gateway, Server };

struct PathPoint {
  ActorKind kind = ActorKind::Application;
  Role role = Role::Server;
  bool inbound = true;
  bool http = false;                          // ends an HTTP hop: requests before and after it are independent
  Transport arriving = Transport::Plaintext;  // of the connection that arrives here
  std::uint16_t meter = 0;                    // into PlanBook::meters(flow)
  std::int64_t timeout_ns = 0;                // of the route it chose
  std::int64_t per_try_ns = 0;                // of each attempt
  std::int64_t delay_ns = 0;                  // injected fault
  int retries = 0;                            // it may try again so often,
  std::uint32_t retry_on = 0;                 // under these conditions: into PlanBook::conditions()
  std::uint32_t cluster = kNobody;            // whose endpoints it balances, if limits or ejection are stated for it
};

struct Meter {  // a HopLatency to be
  std::string proxy, name;
  bool inbound = false;
};

struct Plan {
  std::uint64_t threshold = 0;  // taken by draws below it (and not by earlier plans)
  Verdict verdict = Verdict::Unknown;
  std::vector<PathPoint> points;      // proxies in order; the application at the end, when it is reached
  std::vector<std::size_t> gateways;  // of the points with role Gateway, in order; indices of the client's epoch
  std::size_t server = kNone;         // workload in the client's epoch
  bool reaches_application = false;
  bool external = false;     // outside the mesh: no pod of ours answers
  bool silent = false;       // nobody answers: the client waits for the connect timeout (DP-312)
  bool multiplexed = false;  // HTTP/2: one connection carries many requests
  bool grpc = false;
  std::size_t chooser = kNone;  // point that chose the server's pod for an HTTP request; kNone: ztunnel or kube-proxy
  std::size_t tcp_chooser = kNone;  // the same for bytes of which no Envoy knows a request
  ConnectionPatience patience;      // of Envoys with connections that they do not look into
  bool ejects = false;              // the chooser leaves out endpoints that fail
  std::uint32_t target = kNobody;   // service, port and subset among whose endpoints it chose: PlanBook counts them
  std::uint32_t outcome = 0;        // into PlanBook::outcomes(flow)
  std::vector<std::pair<std::uint32_t, PolicyStatus>> protections;
  std::vector<std::uint32_t> lost;  // into PlanBook::signals()
};

struct PlanSet {
  std::size_t client_epoch = 0;
  std::vector<Plan> plans;
  std::uint32_t first_id = 0;  // plans are numbered through the whole book
  const Plan& pick(std::uint64_t draw, std::uint32_t& index) const {
    index = 0;
    while (index + 1 < plans.size() && draw >= plans[index].threshold) ++index;
    return plans[index];
  }
};

struct Configurations {
  std::size_t client = 0, gateway = 0, server = 0;
  bool operator==(const Configurations&) const = default;
};

class PlanBook {
 public:
  PlanBook(const SimulationInput& input, bool with_telemetry);

  // `variant`: which of the workloads with the client's name (pods of a Deployment may differ while it restarts).
  const PlanSet& get(std::size_t flow, std::size_t variant, const Configurations& configurations);
  std::uint32_t plans() const { return plans_; }

  const std::vector<Meter>& meters(std::size_t flow) const { return meters_[flow]; }
  std::vector<OutcomeCount>& outcomes(std::size_t flow) { return outcomes_[flow]; }
  std::uint32_t outcome_id(std::size_t flow, const OutcomeCount& key);
  const std::vector<std::string>& signals() const { return signals_; }
  const std::vector<Cluster>& clusters() const { return clusters_; }
  const std::vector<RetryOn>& conditions() const { return conditions_; }
  const Protections& protections() const { return protections_; }

 private:
  Plan compile(std::size_t flow, const World& world, const Outcome& outcome, const Configurations& configurations);
  void add_points(std::size_t flow, const World& world, const Outcome& outcome, Plan& plan);
  std::uint16_t meter(std::size_t flow, std::string proxy, const std::string& name, bool inbound);
  std::uint32_t signal(std::string text);
  std::uint32_t cluster(const World& world, const Hop& hop);
  void read_route(const World& world, const Hop& hop, PathPoint& point);

  const SimulationInput& input_;
  bool with_telemetry_;
  Protections protections_;
  std::deque<PlanSet> sets_;
  std::unordered_map<std::uint64_t, const PlanSet*> index_;
  std::vector<std::vector<Meter>> meters_;
  std::vector<std::vector<OutcomeCount>> outcomes_;
  std::vector<std::string> signals_;
  std::vector<Cluster> clusters_;
  std::vector<std::string> targets_;
  std::vector<RetryOn> conditions_;
  std::uint32_t plans_ = 0;
};

}  // namespace meshsim::models::simulation
