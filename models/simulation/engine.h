#pragma once
// Engine: one replication of one simulation. It owns the clock, the stations and everything that changes; programs and
// plans are made on demand and only read afterwards. Internal to models/simulation. One file per concern: engine.cpp
// (set-up, result), programs.cpp (plans become steps), choices.cpp (which path, which pods), requests.cpp (the hot
// path), changes.cpp (configuration, failure, the windows they open).
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "models/simulation/arrivals.h"
#include "models/simulation/program.h"
#include "models/simulation/recorder.h"
#include "models/simulation/windows.h"
#include "sim/simulation.h"

namespace meshsim::models::simulation {

enum class Event : std::uint8_t { arrive, step, served, timeout, retry, failed, learn, client };

enum class Cause : std::uint8_t {
  None,
  PodGone,
  ProxyDown,
  Timeout,
  RouteTimeout,
  Overflow,
  Cut,
  Certificate,
  Silent,
  Error
};
std::string_view to_string(Cause cause);

inline constexpr std::uint32_t kLawOutside = 5;  // applications whose service time nobody stated, too

// What travels: a request, a client that waits for one, or a proxy about to learn.
struct Request {
  std::int64_t start = 0, mark = 0, queue_ns = 0;
  std::uint32_t program = kNobody, flow = 0, number = 0;
  std::uint32_t connection = kNobody;  // of the application, if its path hangs on it
  std::uint32_t parent = kNobody, parent_generation = 0;
  std::uint32_t work = 0, cold = 0;  // of the service under way
  std::uint32_t proxy_ns = 0, crypto_ns = 0, network_ns = 0;
  std::array<std::uint32_t, kMostHops> hop{};  // in units of 16 ns
  std::array<std::uint8_t, kMostSpans> pin{};
  std::uint16_t pc = 0, call_step = 0, pending = 0;
  std::uint8_t attempt = 0;
  std::uint8_t cold_streams = 0, cold_transports = 0;  // by span: this request opened it
  bool counted = false, route_timeout = false;
  Cause cause = Cause::None;
  sim::Timer timer;
};

// A connection of an application whose path was chosen when it was opened.
struct Connection {
  std::uint32_t flow = 0, variant = 0, program = kNobody;
  std::uint32_t client_epoch = 0;
  std::int64_t opened_ns = 0;
  std::uint64_t moved = 0;  // bytes in the busier direction
  std::uint32_t busy = 0;
  bool dead = false, alive = false;
};

class Engine {
 public:
  Engine(const SimulationInput& input, std::uint32_t replication, const SimulationControl& control);
  SimulationResult run();
  void on_event(Event what, sim::Slot who);

 private:
  using Simulation = sim::Simulation<Request, Event>;
  struct ActorState {
    sim::StationId station{};
    bool alive = true, certificate = true, used = false;
    std::size_t epoch = 0;
  };
  struct FlowState {
    Arrivals arrivals;
    std::uint64_t entity = 0;  // of its name
    sim::RandomStream luck;    // draw (request number, purpose)
    std::uint64_t number = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> clients;        // (pod, variant) that may start requests now
    std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> idle;  // by client pod: connections to use
    std::vector<std::uint32_t> live;                                     // connections by epoch of the client's proxy
    std::vector<std::uint64_t> meter_queue_ns;
    std::int64_t period_ns = 0;  // closed with a rate: each client's
  };

  // engine.cpp
  void make_stations();
  void make_laws();
  void start_flows();
  void forget_warm_up();
  SimulationResult collect(bool cut);
  void collect_actors(SimulationResult& out) const;
  std::uint64_t memory_of(std::size_t actor, const std::vector<std::uint64_t>& connections,
                          const std::vector<std::uint64_t>& transports) const;

  // programs.cpp
  std::uint32_t program_for(const Plan& plan, std::uint32_t plan_id, std::size_t flow, const Cast& cast);
  void unroll(Program& program);
  std::uint32_t pool_for(const Program& program, std::size_t from_point, std::size_t to_point, bool from_application);
  std::uint32_t actor_at(const PathPoint& point, const Cast& cast, std::size_t gateway) const;
  void add_travel(std::uint32_t from_pod, std::uint32_t to_pod);
  void add_delay(std::int64_t ns);
  std::int64_t one_way_ns(std::uint32_t from_pod, std::uint32_t to_pod) const;
  std::uint8_t law_of(const PathPoint& point) const;

  // choices.cpp
  struct Choice {
    const Plan* plan = nullptr;
    std::uint32_t plan_id = 0;
    Cast cast;
    std::size_t client_epoch = 0;
  };
  Choice choose(std::size_t flow, std::uint32_t variant, std::uint32_t client, std::size_t client_epoch,
                const Request& request, const Cast* kept);
  Choice choose_on(const Connection& connection, const Request& request);
  std::uint32_t variant_of(std::size_t flow, std::size_t epoch, std::uint32_t pod) const;
  void fill(Choice& choice, std::size_t flow, const Request& request, const Cast* kept);
  std::uint32_t balance(const Choice& choice, std::size_t flow, const std::vector<std::uint32_t>& pods,
                        std::uint64_t draw);
  std::size_t epoch_of_client(std::uint32_t pod, std::size_t flow) const;
  std::size_t epoch_of_server(const Plan& plan, std::uint32_t pod, std::size_t otherwise) const;
  const std::vector<std::uint32_t>& gateway_pods(std::size_t epoch, std::size_t gateway) const;
  std::uint64_t luck(const Request& request, std::uint32_t purpose) const {
    return flows_[request.flow].luck.at(static_cast<std::uint64_t>(request.number) << 7 |
                                        ((purpose + request.attempt * 48u) & 127u));
  }

  // requests.cpp
  void arrive(sim::Slot generator);
  void client_turn(sim::Slot client);
  sim::Slot launch(std::size_t flow, std::uint32_t client, std::uint32_t variant, std::uint32_t parent,
                   std::uint32_t nth);
  void begin(sim::Slot who);
  void try_again(sim::Slot who);
  void go_on(sim::Slot who);
  bool acquire(sim::Slot who, const Op& op);  // true: travels
  void release(std::uint32_t pool) {
    Pool& p = pools_[pool];
    --p.in_use;
    p.last_used_ns = sim_.now().ns;
  }
  // What steps from `from` on have acquired and not released.
  void release_from(const Request& request, const Program& program, std::uint32_t from);
  void served(sim::Slot who);
  void answered(sim::Slot who);
  bool call(sim::Slot who);
  void child_done(std::uint32_t parent, std::uint32_t generation);
  void finish(sim::Slot who);
  void fail(sim::Slot who, Cause cause);
  void fail_now(sim::Slot who);
  void end(sim::Slot who, std::uint32_t outcome);
  std::uint32_t open_connection(std::size_t flow, std::uint32_t variant, std::uint32_t program,
                                std::size_t client_epoch);
  std::uint32_t idle_connection(std::size_t flow, std::uint32_t client);
  void let_go(std::uint32_t connection);
  void close_connection(std::uint32_t connection);
  bool still_good(const Connection& connection, std::size_t flow);
  void update_settled();

  // changes.cpp
  void schedule_changes();
  void epoch_begins(std::size_t epoch);
  void announce(std::size_t epoch);
  void learn(std::uint32_t actor, std::size_t epoch);
  void disturb(const Disturbance& what);
  void set_alive(std::uint32_t actor, bool alive);
  void set_pod(std::uint32_t pod, bool alive);
  void renew_clients();
  void index_flows();
  void observe(std::size_t flow);
  bool path_is_cut(const Program& program) const;

  const SimulationInput& input_;
  const SimulationControl& control_;
  std::uint32_t replication_;
  sim::StudyKey key_;
  Population people_;
  PlanBook book_;
  WindowKeeper windows_;
  Recorder recorder_;
  Simulation sim_;
  std::vector<ServiceTime> laws_;
  std::vector<std::uint32_t> application_law_;  // by application actor, parallel to actors
  std::vector<std::uint32_t> application_of_;   // actor -> SimulationInput::applications, or kNobody
  std::vector<ActorState> actors_;
  std::vector<char> pod_alive_;
  std::vector<FlowState> flows_;
  std::vector<FlowStatistics> statistics_;
  std::vector<std::vector<sim::Histogram>> hop_histograms_;
  std::vector<Program> programs_;
  std::vector<Op> ops_;
  std::vector<sim::LineId> lines_;
  std::vector<std::int64_t> line_ns_;
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> program_index_;
  std::vector<Pool> pools_;
  std::unordered_map<std::uint64_t, std::uint32_t> pool_index_;
  std::vector<Connection> connections_;
  std::vector<std::uint32_t> free_connections_;
  std::size_t epoch_ = 0;                     // of the world itself
  bool settled_ = true;                       // every proxy has the newest configuration, and no connection is older
  std::uint32_t behind_ = 0;                  // proxies that wait for a configuration
  std::vector<std::uint64_t> live_by_epoch_;  // connections
  std::uint64_t live_ = 0;
  bool changing_ = false;  // the input has a timeline
  bool control_plane_up_ = true;
  std::vector<std::pair<std::uint32_t, std::size_t>> held_back_;  // (actor, epoch) while istiod is down
  std::set<std::pair<std::uint32_t, std::uint32_t>> cut_links_;
  std::vector<std::vector<std::uint32_t>> flows_of_actor_;
  std::vector<ChangeRecord> changes_;
  std::vector<std::size_t> change_of_epoch_;
  std::int64_t sample_ns_ = 0;
};

}  // namespace meshsim::models::simulation
