#pragma once
// What proxies and istiod say in some releases and not in others, beyond what has a switch of its own: differences that
// came with one release go by the switch of that release's best known one, so that a profile stays one mesh.
#include "models/mesh/profile.h"

namespace meshsim::models {

// 1.29. TM-036, TM-065: x-forwarded-network, and baggage in ztunnel's answers, tell who is at the other end across
// networks. TM-160: spans of waypoints have tags of both ends. TM-170: custom tags may be written as a log format.
inline bool speaks_as_of_1_29(const Profile& profile) { return profile.ztunnel_failure_flags; }
// 1.28. TM-162: traceContextOption of Zipkin. No profile lies between it and 1.29.
inline bool speaks_as_of_1_28(const Profile& profile) { return profile.ztunnel_failure_flags; }
// 1.30. TM-087: AUTHZ_POLICY_INFO_LOGGING.
inline bool speaks_as_of_1_30(const Profile& profile) { return profile.trace_context_propagation_switch; }

}  // namespace meshsim::models
