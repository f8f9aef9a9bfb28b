#pragma once
// matrix: every client x every Service port of a mesh, judged with one plain request; or every policy x every
// population of clients.
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/run/run.h"

namespace meshsim::scenarios {

struct Pair {
  std::string client;       // ns/workload, "outside"
  std::string population;   // sidecar, sidecar-legacy, ambient, none, gateway, outside
  std::string destination;  // service host
  std::uint16_t port = 0;
  models::FlowResult result;
  std::shared_ptr<const Basis> basis = {};  // null: nobody asked for it
};

struct MatrixOptions {
  std::string only_namespace;  // pairs that start or end there
  bool telemetry = false;      // fill telemetry of every outcome
  bool one_client_per_population = false;
  unsigned threads = 1;
  // As in RunOptions.
  bool basis = false;
  std::function<const Pair*(const Pair& question, std::size_t index)> known = {};
  const std::atomic<bool>* stop = nullptr;
};

// In the order of clients, services, ports. Clients: all ordinary workloads; with one_client_per_population one of each
// kind, gateways and the outside included. Services: those of Kubernetes, without the Services of waypoints.
std::vector<Pair> all_pairs(const models::World& world, const MatrixOptions& options);
// The same of questions that are at hand: pairs without outcomes.
std::vector<Pair> unanswered_pairs(const models::World& world, const MatrixOptions& options);
void answer_pairs(const models::World& world, const MatrixOptions& options, std::vector<Pair>& pairs);

// The questions alone.
struct PairQuestion {
  std::string client, population;  // as in Pair
  models::Flow flow;
};
std::vector<PairQuestion> pair_questions(const models::World& world, const MatrixOptions& options);
// For all clients: every ordinary workload x every Service port.
std::vector<models::Flow> pair_flows(const models::World& world);

// The population that a client belongs to, in the words of Pair::population.
std::string client_population(const models::Mesh& mesh, const models::Client& client);

std::string matrix_table(const std::vector<Pair>& pairs, bool colour);
std::string matrix_policies_table(const models::World& world, const std::vector<Pair>& pairs, bool colour);
std::string matrix_telemetry_table(const std::vector<Pair>& pairs, bool colour);
std::string matrix_json(const models::World& world, const std::vector<Pair>& pairs, bool policies, bool telemetry,
                        bool yaml);

}  // namespace meshsim::scenarios
