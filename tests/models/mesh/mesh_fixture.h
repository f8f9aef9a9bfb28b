#pragma once
// Builds manifests for the tests of models/mesh without files: JSON values in, a Mesh out.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "models/mesh/mesh.h"

namespace meshsim::test {

using Pairs = std::map<std::string, std::string>;

// Manifests as JSON texts, one object each; helpers below write them.
std::string ns(const std::string& name, const Pairs& labels = {}, const Pairs& annotations = {});
std::string pod(const std::string& ns_name, const Pairs& labels = {}, const Pairs& annotations = {},
                const std::string& spec = "{}", const std::string& more = "");
std::string deployment(const std::string& ns_name, const Pairs& labels, const Pairs& annotations = {},
                       const std::string& pod_spec = "{}", int replicas = 1);
std::string service(const std::string& ns_name, const Pairs& selector, const Pairs& labels = {},
                    const std::string& ports = R"([{"name":"http","port":80,"targetPort":8080}])",
                    const std::string& more = "");
std::string waypoint(const std::string& ns_name, const Pairs& labels = {}, const std::string& from = "",
                     const std::string& more = "");
std::string object(const std::string& api, const std::string& kind, const std::string& ns_name, const std::string& spec,
                   const Pairs& labels = {}, const Pairs& annotations = {}, const std::string& more = "");

std::shared_ptr<const models::Tree> tree_of(const std::string& json, const std::string& file = "test.json");
std::vector<models::Object> objects_of(const std::vector<std::string>& manifests);
// `scenario`: the mesh block as JSON; `mesh_config`: MeshConfig of the ConfigMap, or empty.
std::shared_ptr<const models::Mesh> mesh_of(const std::vector<std::string>& manifests,
                                            const std::string& scenario = "{}", const std::string& mesh_config = "");
std::shared_ptr<const models::Mesh> mesh_from(std::vector<models::Object> objects, const std::string& scenario = "{}",
                                              const std::string& mesh_config = "");

const models::Workload& workload(const models::Mesh& mesh, const std::string& ns_name);
const models::Service& service_in(const models::Mesh& mesh, const std::string& ns_name);
std::string mode(const models::Mesh& mesh, const std::string& ns_name);  // "sidecar", "legacy", "ambient", ...
bool has_finding(const models::Mesh& mesh, const std::string& code);
bool has_reason(const models::Reasons& reasons, const std::string& rule);

}  // namespace meshsim::test
