#pragma once
// What Envoys add to a request on its way: headers that the next proxy's codec and every ztunnel behind count as bytes
// (TM-019, TM-071), and that captures show (internal to scenarios/export).
#include "models/wire/http2.h"
#include "models/wire/peer_metadata.h"
#include "scenarios/export/capture_legs.h"

namespace meshsim::scenarios {

// On this leg, by all Envoys before it (DP-260, TM-031).
models::wire::Fields added_fields(const models::Mesh& mesh, const Recording& recording, const Happened& happened,
                                  const Leg& leg);
// The node metadata that a proxy tells its peer.
models::wire::PeerMetadata peer_metadata(const models::Workload& workload);
// As lines of HTTP/1.1.
std::string header_lines(const models::wire::Fields& fields);

// Happened::added.
void put_added_bytes(const Recording& recording, Happened& happened);

}  // namespace meshsim::scenarios
