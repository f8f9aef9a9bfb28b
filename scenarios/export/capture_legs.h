#pragma once
// Legs: the TCP connections of one outcome, in the order in which they are opened: who speaks to whom at which address,
// how, and what the client of the leg gets (internal to scenarios/export).
#include <optional>
#include <string>
#include <vector>

#include "scenarios/export/recording.h"
#include "scenarios/export/tcp_connection.h"

namespace meshsim::scenarios {

struct LegEnd {
  const models::Workload* workload = nullptr;  // nullptr: outside the mesh
  const models::Hop* hop = nullptr;            // the proxy; nullptr: the application itself
  bool ztunnel() const { return hop && hop->proxy == models::ProxyKind::Ztunnel; }
  bool envoy() const { return hop && !ztunnel(); }
};

enum class LegEnds : std::uint8_t {
  Served,       // bytes both ways
  Answered,     // an Envoy made the HTTP response
  Refused,      // CONNECT answered with `status`, or the connection is closed without a byte
  Reset,        // the connection is reset after the first bytes
  NotAccepted,  // SYN answered with RST
  Silent,       // SYN without answer
};

struct Leg {
  std::string name;  // of the interface
  LegEnd from, to;
  TcpEnd client, server;
  bool local = false;  // between an application and the proxy of its own pod
  models::Transport transport = models::Transport::Plaintext;
  LegEnds ends = LegEnds::Served;
  int status = 200;       // of the CONNECT; of the inner one where there are two
  std::string authority;  // of the CONNECT
  std::size_t number = 0;
  // The server is a gateway that passes TLS or an inner tunnel on unread, to `behind`: this leg and the next carry the
  // same bytes (DP-273, DP-276).
  bool passes_on = false;
  LegEnd behind;
};

std::vector<Leg> legs_of(const models::Mesh& mesh, const Recording& recording, const Happened& happened);

}  // namespace meshsim::scenarios
