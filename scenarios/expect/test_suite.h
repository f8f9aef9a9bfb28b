#pragma once
// TestSuite: what one file asks to be tested. A scenario with `expect` is a suite whose cases are its flows. A
// `*.meshtest.yaml` file (kind MeshTest) shares the fields of a scenario among many named cases, which may be
// repeated over a table of parameters or over a matrix of clients and destinations:
//
//   apiVersion: meshsim/v1
//   kind: MeshTest
//   manifests: [bookinfo.yaml]
//   cases:
//     - name: "{client} reads reviews"
//       tags: [smoke]
//       parameters: [{client: classic/web, status: 403}, {client: modern/shell, status: 200}]
//       from: { workload: "{client}" }
//       to: { host: reviews.bookinfo.svc.cluster.local, port: 9080 }
//       expect: { httpStatus: "{status}" }
//     - name: nobody reaches the database
//       xfail: the policy is not written yet          # must fail; passing is a failure
//       matrix: { from: { namespace: classic }, to: { namespace: db } }   # or lists of "ns/workload", "host:port"
//       expect: { verdict: denied }
//
// A string that is exactly "{name}" becomes the parameter's value with its type; inside a longer string it is replaced.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "scenarios/run/run.h"

namespace meshsim::scenarios {

struct TestCase {
  std::size_t flow = 0;  // into loaded->scenario.flows
  std::vector<std::string> tags;
  std::string xfail;  // why it is expected to fail; empty: it is not
  // Cases that a table of parameters or a matrix makes of one: how many there are, and how many of them share a row.
  bool has_parameters = false;
  std::size_t siblings = 1, of_row = 1;
  // Parameters of the row that nothing but `name` and `expect` mentions: where their values stand in the file.
  std::map<std::string, models::Position> expected;
};

struct TestSuite {
  std::string file;
  std::shared_ptr<const Loaded> loaded;
  std::shared_ptr<const models::Tree> flows;  // owns the nodes of flows that were expanded
  std::vector<TestCase> cases;                // flows with `expect`, in the order of the file
};

// Test files among `paths`: files as they are named; in folders every *.meshtest.{yaml,yml,json} and every scenario
// that has an `expect`. Sorted by name. What cannot be found is reported.
std::vector<std::string> find_test_files(const std::vector<std::string>& paths, models::Diagnostics& diagnostics);

TestSuite read_test_suite(const std::string& file, const ReadOptions& options = {});

}  // namespace meshsim::scenarios
