#pragma once
// What Kubernetes Services and ServiceEntries have in common. Internal to models/mesh.
#include <string>
#include <vector>

#include "models/mesh/draft.h"

namespace meshsim::models {

std::vector<std::string> split_list(std::string_view text);
std::string traffic_distribution_of(const Draft& draft, Node spec, const Labels& annotations,
                                    std::string_view ns);                                   // DP-212
bool ingress_uses_waypoint(const Draft& draft, const Labels& labels, std::string_view ns);  // DP-130
bool is_global(const Draft& draft, const Labels& labels, std::string_view ns);              // DP-271

}  // namespace meshsim::models
