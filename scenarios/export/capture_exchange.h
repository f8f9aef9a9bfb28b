#pragma once
// CaptureExchange: what the two ends of one leg write to each other: the application's messages as they are there,
// inside whatever carries them: plaintext, Istio's mutual TLS, an HBONE tunnel (internal to scenarios/export).
#include <string>
#include <string_view>

#include "models/wire/certificate.h"
#include "models/wire/hbone.h"
#include "models/wire/peer_metadata.h"
#include "models/wire/tls13.h"
#include "scenarios/export/capture_legs.h"

namespace meshsim::scenarios {

class CaptureExchange {
 public:
  CaptureExchange(const Recording& recording, const Happened& happened, models::wire::CertificateAuthority& authority)
      : mesh_(*happened.mesh), recording_(recording), happened_(happened), authority_(authority) {}

  // Of a leg behind a gateway that passes on unread: what the leg before it carries.
  models::wire::Exchange of(const Leg& leg);
  const models::wire::Exchange& passed_on() const { return passed_on_; }
  const std::string& key_log() const { return key_log_; }  // of all legs until now

 private:
  using Exchange = models::wire::Exchange;

  const models::Flow& flow() const { return *happened_.flow; }
  const models::Outcome& outcome() const { return *happened_.outcome; }
  const models::Service* service() const;  // that the client addressed

  Exchange application(const Leg& leg) const;
  Exchange http2(const Leg& leg, bool answered) const;
  Exchange application_tls(const Exchange& inner, const Leg& leg);
  Exchange mutual_tls(Exchange inner, const Leg& leg);
  Exchange with_tls(const Exchange& inner, const models::wire::TlsOptions& options, const Leg& leg,
                    std::string_view what);
  Exchange double_tunnel(const Exchange& inner, const Leg& leg);
  models::wire::Tunnel tunnel(const Leg& leg) const;
  std::string network_of(const models::Workload& workload) const;
  models::wire::TlsParty party(const LegEnd& end);
  std::string traceparent(const Leg& leg) const;
  bool feature(std::string_view name) const;
  models::wire::KeyStream randomness(const Leg& leg, std::string_view what) const;

  const models::Mesh& mesh_;
  const Recording& recording_;
  const Happened& happened_;
  models::wire::CertificateAuthority& authority_;
  std::string key_log_;
  Exchange passed_on_;
};

}  // namespace meshsim::scenarios
