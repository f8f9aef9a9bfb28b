#include "scenarios/export/capture.h"

#include <algorithm>

#include <fmt/format.h>

#include "scenarios/export/capture_exchange.h"
#include "scenarios/export/pcapng.h"

namespace meshsim::scenarios {

using models::Flow;
using models::Mesh;
using models::Transport;
using models::Verdict;
using models::wire::CertificateAuthority;
using models::wire::Exchange;
using models::wire::Write;

namespace {

constexpr std::int64_t kHalfTrip = 75'000, kLocalTrip = 10'000;  // CO-027: half of 0.15 ms; in one pod

class FlowCapture {
 public:
  FlowCapture(const Recording& recording, const Happened& happened, CertificateAuthority& authority)
      : recording_(recording),
        happened_(happened),
        exchange_(recording, happened, authority),
        legs_(legs_of(*happened.mesh, recording, happened)) {}

  void write(Pcapng& file) {
    if (legs_.empty()) return;
    frames_.resize(legs_.size());
    run_leg(0, recording_.start_ns + happened_.example().at_ns);
    for (const Leg& leg : legs_) file.add_interface(leg.name);
    if (!exchange_.key_log().empty()) file.add_key_log(exchange_.key_log());
    std::vector<std::pair<std::uint32_t, const Frame*>> all;
    for (std::size_t i = 0; i < frames_.size(); ++i)
      for (const Frame& frame : frames_[i]) all.emplace_back(static_cast<std::uint32_t>(i), &frame);
    std::stable_sort(all.begin(), all.end(),
                     [](const auto& a, const auto& b) { return a.second->at_ns < b.second->at_ns; });
    for (const auto& [interface, frame] : all) file.add_packet(interface, frame->at_ns, frame->bytes);
  }

 private:
  // Everything up to the first byte that depends on what is behind, then what is behind, then the rest. Returns when
  // the leg is over.
  std::int64_t run_leg(std::size_t index, std::int64_t start) {
    if (index >= legs_.size()) return start;
    TcpConnection tcp = connection(index, start);
    finish_leg(index, tcp);
    frames_[index] = std::move(tcp.frames());
    return tcp.now();
  }

  void finish_leg(std::size_t index, TcpConnection& tcp) {
    const Leg& leg = legs_[index];
    if (leg.ends == LegEnds::NotAccepted) return tcp.refuse();
    if (leg.ends == LegEnds::Silent) {
      for (int attempt = 0; attempt < 4; ++attempt) {  // SYN, again after 1 s, 2 s, 4 s
        tcp.synchronize();
        tcp.wait_until(tcp.now() + (1'000'000'000LL << attempt));
      }
      return;
    }
    tcp.open();
    const Exchange exchange = exchange_.of(leg);
    if (leg.passes_on && index + 1 < legs_.size()) return relay(index, tcp, exchange);
    bool waited = false;
    for (const Write& write : exchange) {
      if (write.answer && !waited) {
        waited = true;
        const std::int64_t back = run_leg(index + 1, tcp.now());
        tcp.wait_until(back);
      }
      tcp.write(write.from_client, write.bytes);
    }
    if (!waited) tcp.wait_until(run_leg(index + 1, tcp.now()));
    if (leg.ends == LegEnds::Reset) return tcp.reset(false);
    tcp.acknowledge();
    const bool pooled = leg.transport != Transport::Plaintext;  // proxies keep their connections
    if (leg.ends == LegEnds::Refused && !pooled) return tcp.close(false);
    if (!pooled) tcp.close(true);
  }

  // A gateway that passes on unread: what the client writes goes out again on the next leg, what is answered there
  // comes back on this one. What the next leg carries stands in CaptureExchange::passed_on.
  void relay(std::size_t index, TcpConnection& tcp, const Exchange& exchange) {
    const Exchange& passed = exchange_.passed_on();
    TcpConnection next = connection(index + 1, tcp.now());
    const LegEnds ends = legs_[index + 1].ends;
    if (ends == LegEnds::NotAccepted || ends == LegEnds::Silent) {
      finish_leg(index + 1, next);
      frames_[index + 1] = std::move(next.frames());
      for (const Write& write : exchange)
        if (write.part == Write::kOwn) tcp.write(write.from_client, write.bytes);
      tcp.wait_until(next.now());
      return tcp.acknowledge();
    }
    std::size_t sent = 0;
    bool waited = false;
    const auto pass = [&](std::size_t until) {
      for (; sent < until; ++sent) {
        const Write& write = passed[sent];
        if (sent == 0) {
          next.wait_until(tcp.now());
          next.open();
        }
        if (write.answer && !waited) {
          waited = true;
          next.wait_until(run_leg(index + 2, next.now()));
        }
        if (write.from_client) next.wait_until(tcp.now());
        next.write(write.from_client, write.bytes);
      }
    };
    for (std::size_t i = 0; i < exchange.size(); ++i) {
      const Write& write = exchange[i];
      if (write.part != Write::kOwn && !write.from_client) {
        pass(write.part + 1);
        tcp.wait_until(next.now());
      }
      tcp.write(write.from_client, write.bytes);
      const bool whole = i + 1 == exchange.size() || exchange[i + 1].part != write.part;
      if (write.part != Write::kOwn && write.from_client && whole) pass(write.part + 1);
    }
    pass(passed.size());
    if (!waited) next.wait_until(run_leg(index + 2, next.now()));
    next.acknowledge();
    frames_[index + 1] = std::move(next.frames());
    tcp.wait_until(next.now());
    tcp.acknowledge();
  }

  TcpConnection connection(std::size_t index, std::int64_t start) const {
    const Leg& leg = legs_[index];
    return {leg.client, leg.server, start, leg.local ? kLocalTrip : kHalfTrip,
            stable_number(recording_.seed, "sequence", happened_.flow_index, happened_.outcome_index, leg.number)};
  }

  const Recording& recording_;
  const Happened& happened_;
  CaptureExchange exchange_;
  std::vector<Leg> legs_;
  std::vector<std::vector<Frame>> frames_;
};

}  // namespace

void write_captures(const RunResult& run, const Recording& recording, OutputFiles& files) {
  const Mesh& mesh = *run.loaded->world.mesh;
  // Certificates are as old as the capture: istiod dates them back by two minutes.
  std::set<std::string> identities;
  for (const models::Workload& workload : mesh.workloads)
    identities.insert(workload.identity.empty() ? workload.spiffe : workload.identity);
  CertificateAuthority authority(recording.seed, mesh.settings.trust_domain,
                                 std::max<std::int64_t>(0, recording.start_ns / 1'000'000'000 - 120), identities);
  for (const Happened& happened : recording.happened) {
    const Flow& flow = *happened.flow;
    if (happened.outcome->verdict == Verdict::Unknown) continue;
    std::string name = fmt::format("pcap/{:03}-{}", happened.flow_index + 1, file_name_of(flow.name));
    const bool several =
        std::count_if(recording.happened.begin(), recording.happened.end(),
                      [&](const Happened& other) { return other.flow_index == happened.flow_index; }) > 1;
    if (several) name += "-" + std::to_string(happened.outcome_index + 1);
    Pcapng file(
        files.file(name + ".pcapng"),
        flow.name +
            "\nWireshark takes TLS on ports such as 80 and 8080 for HTTP: switch TCP's preference \"Try heuristic "
            "sub-dissectors first\" on (tshark -o tcp.try_heuristic_first:TRUE).");
    FlowCapture(recording, happened, authority).write(file);
  }
}

}  // namespace meshsim::scenarios
