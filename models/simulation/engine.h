#pragma once
// Engine: one replication of one simulation. It owns the clock, the stations and everything that changes; programs and
// plans are made on demand and only read afterwards. Internal to models/simulation. One file per concern: engine.cpp
// (set-up), programs.cpp (plans become steps), choices.cpp (which path, which pods), requests.cpp (the hot path),
// transports.cpp (connections), retries.cpp (failures, timeouts and new attempts), circuit_breakers.cpp (clusters with
// limits), outlier_detection.cpp (who is left out), node_cores.cpp (services on nodes with a known number of cores),
// changes.cpp (configuration, failure, the windows they open), draining.cpp (how pods and ztunnels end), severing.cpp
// (what that does to what runs through them), collect.cpp (the result).
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "models/simulation/arrivals.h"
#include "models/simulation/core_sharing.h"
#include "models/simulation/program.h"
#include "models/simulation/recorder.h"
#include "models/simulation/windows.h"
#include "sim/simulation.h"

namespace meshsim::models::simulation {

enum class Event : std::uint8_t { arrive, step, served, timeout, retry, failed, learn, client, cores, uneject };

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
  Error,
  TryTimeout,
  NoHealthy,
  Reset  // the connection was there, and broke
};
std::string_view to_string(Cause cause);

inline constexpr std::uint32_t kLawOutside = 5;  // applications whose service time nobody stated, too

// What travels: a request, a client that waits for one, or a proxy about to learn.
struct Request {
  std::int64_t start = 0, mark = 0, queue_ns = 0, network_ns = 0;
  std::uint32_t program = kNobody, flow = 0, number = 0;
  std::uint32_t connection = kNobody;  // of the application, if its path hangs on it
  std::uint32_t parent = kNobody, parent_generation = 0;
  std::uint32_t work = 0, cold = 0;                // of the service under way
  std::uint32_t core_job = CoreSharing::kNothing;  // the same, where the node's cores are shared
  std::uint32_t proxy_ns = 0, crypto_ns = 0;
  std::uint32_t care = kNobody;                 // into Engine::cares_
  std::array<std::uint32_t, kMostHops> hop{};   // in units of 16 ns
  std::array<std::uint16_t, kMostSpans> pin{};  // of a pool with limits: the number of the connection
  std::uint16_t pc = 0, call_step = 0, pending = 0;
  std::uint16_t status = 0;  // of the response on its way back, where something failed; 0: as judged
  std::uint8_t attempt = 0;
  std::uint8_t cold_streams = 0, cold_transports = 0;  // by span: this request opened it
  bool counted = false;
  bool own_answer = false;  // the response comes from the very Envoy that handles it next
  bool unhealthy = false;   // the chooser has nobody to send it to
  bool orphan = false;      // its client has gone, the application works on
  Cause cause = Cause::None;
};

static_assert(sizeof(Request) <= 136);  // with the kernel's 32 bytes and an entry of 16: below 200 a pending request

inline constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

// What few requests need: deadlines, attempts made, a place in the queue for a connection.
struct Care {
  enum class Wait : std::uint8_t { None, Queued, Create, Connecting, Granted, Refused };
  sim::Timer timer;
  std::int64_t armed_at = kNever;
  std::int64_t client_at = kNever;
  std::array<std::int64_t, kMostTiers> route_at{kNever, kNever, kNever, kNever}, try_at{kNever, kNever, kNever, kNever};
  std::array<std::uint32_t, 3> tried{kNobody, kNobody, kNobody};  // servers, the last ones
  std::array<std::uint8_t, kMostTiers> tries{};
  std::array<std::uint32_t, kMostTiers> retrying{kNobody, kNobody, kNobody, kNobody};  // clusters among whose retries
                                                                                       // each tier holds a place
  std::uint8_t tier = kNoTier;                                                         // that tries again, or answered
  bool exhausted = false;                                                              // URX
  bool refused = false;  // the cluster has too many retries under way: UO beside the cause
  Wait wait = Wait::None;
  std::uint8_t span = 0;
  std::uint16_t connection = 0;
  std::uint32_t pool = kNobody;
};

// Counters of one Envoy for one cluster, shared by its workers, and what it knows of the endpoints.
struct ClusterState {
  struct Host {
    std::uint32_t errors = 0, gateway_errors = 0, local_failures = 0;  // in a row
    std::uint32_t backoff = 0;
    bool ejected = false;
    std::int64_t unejected_at = -1;
    std::size_t record = 0;  // into Engine::ejections_
  };
  std::uint32_t actor = kNobody, cluster = kNobody;  // Population::actors(), PlanBook::clusters()
  std::uint32_t workers = 1;
  std::uint32_t connections = 0, pending = 0, requests = 0, retries = 0;
  std::uint32_t ejected = 0, endpoints = 0;
  std::int64_t phase_ns = 0;  // of its sweeps
  std::uint64_t overflows = 0, ejections = 0;
  std::map<std::uint32_t, Host> hosts;  // by pod
};

// The connections of a pool with limits, followed one by one. Envoy's pools belong to a worker and an endpoint.
struct PoolLimits {
  std::uint32_t cluster = kNobody;  // into Engine::clusters_
  std::uint32_t capacity = 1;       // streams of a connection
  std::uint32_t connecting = 0;
  std::vector<std::uint32_t> used, streams;  // by connection
  std::vector<std::int64_t> opened_ns;       // too
  std::vector<std::uint16_t> ready, unused;  // those that take another stream, last in first out; numbers to give out
  std::deque<sim::Slot> waiting;
};

// A connection of an application whose path was chosen when it was opened.
struct Connection {
  std::uint32_t flow = 0, variant = 0, program = kNobody;
  std::uint32_t client_epoch = 0;
  std::int64_t opened_ns = 0, last_ns = 0;  // last_ns: when it became idle
  std::uint64_t moved = 0;                  // bytes in the busier direction
  std::uint32_t busy = 0;
  bool dead = false, alive = false;
  bool leaving = false;  // told that its far end goes away (Connection: close, GOAWAY): takes no further request
};

// What breaks when a process ends or lets go of something.
struct Severance {
  std::uint32_t actor = kNobody;
  std::uint32_t pod = kNobody;      // of a ztunnel: what it carries for this pod; kNobody: everything
  std::int64_t before_ns = kNever;  // only connections opened before
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
    bool draining = false;                         // an Envoy that tells everybody to go elsewhere
    bool accepting = true;                         // no: it takes no new connections, old ones go on
    std::uint32_t shared = CoreSharing::kNothing;  // its station there, where the cores of its node are known
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

  // collect.cpp
  struct Ends {  // of the connections of one actor
    std::uint64_t connections = 0, transports = 0, buffer_bytes = 0;
  };
  SimulationResult collect(bool cut);
  void collect_actors(SimulationResult& out) const;
  void collect_nodes(SimulationResult& out);
  void add_window_updates();
  std::vector<std::uint64_t> buffers_of_pools() const;
  std::uint64_t memory_of(std::size_t actor, const Ends& ends) const;

  // node_cores.cpp
  void make_nodes();
  void share_cores(sim::Slot who, std::uint32_t actor, std::int64_t work, std::uint64_t weight, std::uint32_t pin);
  void arm_cores(std::uint32_t node);
  void cores_done(sim::Slot clock);
  void give_up_cores(sim::Slot who);  // what it does or waits for on a node with shared cores
  double batching_now(std::uint32_t actor);
  sim::StationStatistics station_of(std::size_t actor) const;

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
    bool unhealthy = false;  // nobody is left to choose
  };
  Choice choose(std::size_t flow, std::uint32_t variant, std::uint32_t client, std::size_t client_epoch,
                const Request& request, const Cast* kept);
  // `kept`: the gateways that stay.
  Choice choose_on(const Connection& connection, const Request& request, const Cast& kept);
  std::uint32_t variant_of(std::size_t flow, std::size_t epoch, std::uint32_t pod) const;
  void fill(Choice& choice, std::size_t flow, const Request& request, const Cast* kept, std::uint64_t salt = 0);
  void steer(Choice& choice, const PlanSet& set, std::size_t flow, const Request& request, std::uint64_t draw);
  std::uint32_t busy(std::uint32_t pool) const;  // requests on it
  std::uint32_t balance(const Choice& choice, std::size_t flow, const std::vector<std::uint32_t>& pods,
                        std::uint64_t draw);
  std::size_t epoch_of_client(std::uint32_t pod, std::size_t flow) const;
  std::size_t epoch_of_server(const Plan& plan, std::uint32_t pod, std::size_t otherwise) const;
  const std::vector<std::uint32_t>& gateway_pods(std::size_t epoch, std::size_t gateway) const;
  std::uint64_t luck(const Request& request, std::uint32_t purpose) const {
    return flows_[request.flow].luck.at(static_cast<std::uint64_t>(request.attempt) << 40 |
                                        static_cast<std::uint64_t>(request.number) << 7 | (purpose & 127u));
  }

  // requests.cpp
  void arrive(sim::Slot generator);
  void client_turn(sim::Slot client);
  sim::Slot launch(std::size_t flow, std::uint32_t client, std::uint32_t variant, std::uint32_t parent,
                   std::uint32_t nth);
  void begin(sim::Slot who);
  void go_on(sim::Slot who);
  bool acquire(sim::Slot who, const Op& op);  // true: travels
  // The transport of a new connection: its delay, or nullopt if a certificate has expired.
  std::optional<std::int64_t> open_transport(Request& request, Pool& pool, std::uint8_t span);
  void release(const Request& request, const Op& op, bool broken = false) {
    Pool& p = pools_[op.target];
    if (p.special || broken) [[unlikely]]
      return release_otherwise(request, op, broken);
    --p.in_use;
    if (!p.multiplexed) p.unused.push_back(static_cast<std::uint16_t>(request.pin[op.span] - p.salt));
    p.last_used_ns = sim_.now().ns;
  }
  void release_otherwise(const Request& request, const Op& op, bool broken);
  std::optional<Cause> refused(const Pool& pool) const;  // nobody takes a new connection
  // What steps from `from` on have acquired and not released.
  void release_from(const Request& request, std::uint32_t from, bool broken);
  std::int64_t window_delay(const Request& request, const Op& op) const;
  struct Windows {
    std::uint64_t stream = 0, connection = 0;
  };
  Windows windows_of(bool ztunnel) const;
  void served(sim::Slot who);
  void answered(sim::Slot who);
  bool call(sim::Slot who);
  void child_done(std::uint32_t parent, std::uint32_t generation);
  void finish(sim::Slot who);
  void end(sim::Slot who, std::uint32_t outcome);
  std::uint32_t failed_outcome(const Request& request, const Program& program);

  // retries.cpp
  Care& care_of(Request& request);
  void forget_care(sim::Slot who);
  void set_deadline(sim::Slot who, std::int64_t at, std::int64_t after);
  void deadline(sim::Slot who);
  void time_out(sim::Slot who, std::uint8_t tier, Cause cause);
  // The same request on another record. What it was doing is forgotten, except that an application goes on with it.
  sim::Slot detach(sim::Slot who);
  bool works_on(sim::Slot who) const;
  std::uint8_t tier_behind(const Request& request) const;
  void fail(sim::Slot who, Cause cause);
  void failed(sim::Slot who);
  void attempt_failed(sim::Slot who, std::uint8_t tier);
  void fail_now(sim::Slot who);
  bool came_back(sim::Slot who, const Op& op);  // true: it sets out again
  bool would_retry(const Request& request, const PathPoint& point, bool is_grpc) const;
  bool may_retry(sim::Slot who, std::uint8_t tier);
  void end_retry(Care& care, std::uint8_t tier);
  void try_again(sim::Slot who);
  std::int64_t connect_timeout(const Program& program, std::uint8_t tier) const;

  // circuit_breakers.cpp
  std::uint32_t cluster_state(std::uint32_t actor, std::uint32_t cluster);
  const ClusterPolicy& policy_of(const ClusterState& state) const { return book_.clusters()[state.cluster].policy; }
  void add_limited_pools(Pool pool, std::uint32_t state);
  std::uint32_t limited_pool(const Request& request, const Op& op) const;
  bool acquire_limited(sim::Slot who, const Op& op);
  void attach(Request& request, std::uint8_t span, std::uint32_t pool, std::uint16_t connection);
  void release_limited(const Request& request, std::uint8_t span, std::uint32_t pool, bool broken);
  void close_limited(std::uint32_t pool, std::uint16_t connection);
  void serve_waiting(std::uint32_t pool);
  bool is_aged(const PoolLimits& limits, std::uint16_t connection) const;
  void retire_aged(std::uint32_t pool);
  void leave_queue(sim::Slot who);

  // outlier_detection.cpp
  void report(std::uint32_t state, std::uint32_t pod, int status, bool local);
  void eject(std::uint32_t state, std::uint32_t pod, const char* reason);
  void uneject(std::uint32_t state, std::uint32_t pod);
  std::uint32_t open_connection(std::size_t flow, std::uint32_t variant, std::uint32_t program,
                                std::size_t client_epoch);
  std::uint32_t idle_connection(std::size_t flow, std::uint32_t client);
  void let_go(std::uint32_t connection);
  void close_connection(std::uint32_t connection);
  void expire(std::uint32_t connection, std::int64_t opened_ns);
  bool still_good(const Connection& connection, std::size_t flow);
  void update_settled();

  // changes.cpp
  void schedule_changes();
  void epoch_begins(std::size_t epoch);
  void announce(std::size_t epoch);
  void learn(std::uint32_t actor, std::size_t epoch);
  void disturb(const Disturbance& what);
  enum class End : std::uint8_t { Reset, Silence };  // connections are reset; or nothing is heard any more
  void set_alive(std::uint32_t actor, bool alive, End end = End::Reset);
  void set_pod(std::uint32_t pod, bool alive, End end = End::Reset);
  void renew_clients();
  void index_flows();
  void observe(std::size_t flow);
  bool meets_a_cut(sim::Slot who);  // true: its path leads over a cut link; it waits for the connect timeout

  // draining.cpp
  void terminate(std::uint32_t pod);
  void drain(std::uint32_t actor);
  bool far_end_drains(const Pool& pool) const;
  void end_when_idle(std::uint32_t actor, std::int64_t last_ns);
  bool has_downstream(std::uint32_t actor) const;
  void leave_removed(std::uint32_t actor, std::size_t epoch);
  void restart_ztunnel(std::uint32_t actor, const Disturbance& how);
  void end_old_ztunnel(std::uint32_t actor, std::int64_t before_ns, std::int64_t last_ns, std::int64_t start_ns);
  void let_go_of_unenrolled(std::size_t epoch);

  // severing.cpp
  struct Crossing {  // the steps between which a request of a program hangs on what breaks
    bool crosses = false;
    std::uint32_t from = 0, until = 0, acquire = kNobody;
  };
  void sever(const Severance& what);
  bool may_cross(const Severance& what, const Cast& cast) const;
  bool is_severed(const Severance& what, const Program& program, std::size_t point) const;
  Crossing crossing(const Severance& what, const Program& program, std::uint32_t pc) const;
  bool carries(const Severance& what, const Connection& connection) const;
  bool touches(const Severance& what, const Pool& pool) const;
  bool is_old(const Severance& what, const Request& request, const Crossing& where) const;
  void cut(sim::Slot who, const Severance& what, const Crossing& where);
  void close_idle(std::uint32_t pool, const Severance& what);
  void drop_idle_connection(std::uint32_t connection);

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
  struct CoreClock {                            // tells when somebody is done on a node whose cores are shared
    sim::Slot slot = sim::no_slot;
    sim::Timer timer;
    std::int64_t due = -1;
    bool at_work = false;
  };
  struct RateWatch {  // services of an actor in the second under way, and what the last one says (CO-023)
    std::int64_t since = 0;
    std::uint64_t services = 0;
    double factor = 1;
  };
  CoreSharing cores_;
  std::vector<CoreClock> core_clocks_;                     // by node of cores_
  std::vector<std::uint32_t> place_of_core_node_;          // -> Population::nodes()
  std::array<std::uint64_t, kLawOutside> proxy_weight_{};  // by law: cores in use while a proxy works
  std::vector<std::uint64_t> application_weight_;          // by actor
  std::vector<RateWatch> rates_;                           // by actor; empty without batching
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
  std::deque<ClusterState> clusters_;  // deques: references stay good while others are added
  std::unordered_map<std::uint64_t, std::uint32_t> cluster_index_;
  std::deque<PoolLimits> limits_;
  std::deque<Care> cares_;
  std::vector<std::uint32_t> free_cares_;
  std::vector<Ejection> ejections_;
  std::vector<double> error_share_;  // by application actor
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
