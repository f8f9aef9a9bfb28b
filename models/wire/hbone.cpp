#include "models/wire/hbone.h"

#include <algorithm>

namespace meshsim::models::wire {

namespace {

Bytes joined(const std::vector<Bytes>& frames, std::size_t from = 0, std::size_t to = std::string::npos) {
  Bytes out;
  for (std::size_t i = from; i < std::min(to, frames.size()); ++i) out += frames[i];
  return out;
}

void put(Exchange& out, bool from_client, Bytes bytes, bool answer = false, std::size_t part = Write::kOwn) {
  if (!bytes.empty()) out.push_back({from_client, std::move(bytes), answer, part});
}

// One DATA frame is one write; what the other side has to say about windows follows.
void put_frames(Exchange& out, Http2& connection, bool from_client, bool answer = false,
                std::size_t part = Write::kOwn) {
  for (Bytes& frame : connection.frames(from_client)) put(out, from_client, std::move(frame), answer, part);
  for (Bytes& frame : connection.frames(!from_client)) put(out, !from_client, std::move(frame));
}

// hyper h2 Huffman-codes every string, nghttp2 only what becomes shorter (HB-023). Of what a tunnel says the method and
// two statuses are as long either way: the same sizes, other bytes (HB-021, HB-022).
void write_as_h2(std::vector<Bytes>& frames) {
  static const std::pair<Bytes, Bytes> kTies[] = {{Bytes("\x42\x07"
                                                         "CONNECT"),
                                                   Bytes("\x42\x87\xbd\xab\x4e\x9c\x17\xb7\xff", 9)},
                                                  {Bytes("\x48\x03"
                                                         "503"),
                                                   Bytes("\x48\x83\x6c\x0c\xff", 5)}};
  for (Bytes& frame : frames)
    for (const auto& [plain, coded] : kTies)
      if (frame.size() >= 9 + plain.size() && frame[3] == 1 && frame.compare(9, plain.size(), plain) == 0)
        frame.replace(9, plain.size(), coded);
}

}  // namespace

std::vector<Bytes> h2_frames(Http2& connection, bool from_client) {
  std::vector<Bytes> frames = connection.frames(from_client);
  write_as_h2(frames);
  return frames;
}

std::vector<std::size_t> ztunnel_frames(std::uint64_t moved, std::size_t size, std::size_t largest_frame) {
  std::vector<std::size_t> out;
  while (size > 0) {
    const std::size_t buffer = moved < 131'072 ? 1'024 : moved < 10'485'760 ? 16'320 : 262'080;
    const std::size_t read = std::min(size, buffer);
    for (std::size_t left = read; left > 0;) {
      out.push_back(std::min(left, largest_frame));
      left -= out.back();
    }
    size -= read;
    moved += read;
  }
  return out;
}

Exchange in_tunnel(const Exchange& inner, const Tunnel& tunnel) {
  const auto stack = [](bool ztunnel, bool server) {
    return ztunnel ? Http2Stack::Ztunnel : server ? Http2Stack::EnvoyTerminate : Http2Stack::Envoy;
  };
  Http2 connection(http2_settings(stack(tunnel.ztunnel_client, false), false, tunnel.old_envoy),
                   http2_settings(stack(tunnel.ztunnel_server, true), true, tunnel.old_envoy));
  Exchange out;
  Fields headers = {{":method", "CONNECT"}, {":authority", tunnel.authority}};
  headers.insert(headers.end(), tunnel.headers.begin(), tunnel.headers.end());
  const int stream = connection.request(headers, false);
  // Preface, SETTINGS, WINDOW_UPDATE, HEADERS.
  const std::vector<Bytes> start = tunnel.ztunnel_client ? h2_frames(connection, true) : connection.frames(true);
  if (tunnel.ztunnel_client) {  // HB-072
    // nghttp2 may hand the preface and SETTINGS over as one.
    const Bytes all = joined(start, 0, start.size() - 1);
    put(out, true, all.substr(0, 24));
    put(out, true, all.substr(24));
    put(out, true, start.back());
  } else {
    put(out, true, joined(start));
  }
  connection.open_window(false);
  const std::vector<Bytes> answer = connection.frames(false);  // SETTINGS, ACK, WINDOW_UPDATE
  put(out, false, joined(answer, 0, 1));
  put(out, false, joined(answer, 1));
  put(out, true, joined(connection.frames(true)));  // ACK
  Fields response = {{":status", std::to_string(tunnel.status)}};
  response.insert(response.end(), tunnel.response_headers.begin(), tunnel.response_headers.end());
  connection.respond(stream, response, tunnel.status != 200);
  for (Bytes& frame : tunnel.ztunnel_server ? h2_frames(connection, false) : connection.frames(false))
    put(out, false, std::move(frame), tunnel.status != 200);
  if (tunnel.status != 200) return out;

  std::uint64_t moved[2] = {0, 0};
  for (std::size_t part = 0; part < inner.size(); ++part) {
    const Write& write = inner[part];
    const bool ztunnel = write.from_client ? tunnel.ztunnel_client : tunnel.ztunnel_server;
    const bool to_ztunnel = write.from_client ? tunnel.ztunnel_server : tunnel.ztunnel_client;
    std::vector<std::size_t> sizes;
    std::uint64_t& so_far = moved[write.from_client ? 1 : 0];
    if (ztunnel) {
      sizes = ztunnel_frames(so_far, write.bytes.size(), to_ztunnel ? 1'048'576 : 16'384);
    } else {  // HB-033
      for (std::size_t at = 0; at < write.bytes.size(); at += 16'384)
        sizes.push_back(std::min<std::size_t>(16'384, write.bytes.size() - at));
    }
    std::size_t at = 0;
    for (const std::size_t size : sizes) {
      connection.data(write.from_client, stream, std::string_view(write.bytes).substr(at, size));
      at += size;
      put_frames(out, connection, write.from_client, write.answer, part);
    }
    so_far += write.bytes.size();
  }
  if (!tunnel.closes) return out;
  for (const bool client : {true, false}) {
    connection.end(client, stream);
    put_frames(out, connection, client);
  }
  return out;
}

std::string baggage_text(const Baggage& baggage, bool empty_keys) {
  std::string out;
  const auto put_key = [&](const std::string& key, const std::string& value) {
    if (value.empty() && !empty_keys) return;
    if (!out.empty()) out += ',';
    out += key + "=" + value;
  };
  put_key("k8s.cluster.name", baggage.cluster);
  put_key("k8s.namespace.name", baggage.ns);
  put_key("k8s." + baggage.workload_kind + ".name", baggage.workload);
  put_key("service.name", baggage.service);
  put_key("service.version", baggage.revision);
  put_key("cloud.region", baggage.region);
  put_key("cloud.availability_zone", baggage.zone);
  return out;
}

Exchange http2_exchange(const Fields& request, std::string_view request_body, const Fields& response,
                        std::string_view response_body, const Fields& trailers) {
  Http2 connection(http2_settings(Http2Stack::Application, false, false),
                   http2_settings(Http2Stack::Application, true, false));
  Exchange out;
  const int stream = connection.request(request, request_body.empty());
  if (!request_body.empty()) {
    connection.data(true, stream, request_body);
    connection.end(true, stream);
  }
  put(out, true, joined(connection.frames(true)));
  put(out, false, joined(connection.frames(false)));
  put(out, true, joined(connection.frames(true)));
  if (response.empty()) return out;
  const bool bodiless = response_body.empty() && trailers.empty();
  connection.respond(stream, response, bodiless);
  if (!bodiless) {
    if (!response_body.empty()) connection.data(false, stream, response_body);
    if (!trailers.empty()) connection.trailers(stream, trailers);
    connection.end(false, stream);
  }
  Bytes bytes;
  for (int round = 0; round < 64; ++round) {  // windows: the client gives capacity back in between
    const Bytes more = joined(connection.frames(false));
    if (more.empty() && !bytes.empty()) break;
    put(out, false, more, true);
    bytes += more;
    put(out, true, joined(connection.frames(true)));
  }
  return out;
}

}  // namespace meshsim::models::wire
