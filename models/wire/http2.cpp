#include "models/wire/http2.h"

#include <algorithm>
#include <deque>
#include <map>
#include <stdexcept>

#include <nghttp2/nghttp2.h>
#include <sys/types.h>

namespace meshsim::models::wire {

namespace {

void must(std::int64_t code) {
  if (code < 0) throw std::runtime_error(std::string("HTTP/2: ") + nghttp2_strerror(static_cast<int>(code)));
}

// What one side still has to send on one stream.
struct Outgoing {
  std::deque<Bytes> payloads;
  bool ended = false;
  Fields trailers = {};
};

struct Side {
  nghttp2_session* session = nullptr;
  std::map<std::int32_t, Outgoing> streams;
  std::map<std::int32_t, std::int64_t> consumed;  // received and not yet given back; 0: the connection
  std::int64_t stream_window = 65'535, connection_window = 65'535;
};

std::vector<nghttp2_nv> name_values(const Fields& fields) {
  std::vector<nghttp2_nv> out;
  for (const auto& [name, value] : fields) {
    const auto octets = [](const std::string& text) {
      return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 copies and does not write
    };
    out.push_back({octets(name), octets(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
  }
  return out;
}

ssize_t read_length(nghttp2_session*, std::uint8_t, std::int32_t, std::int32_t session_window,
                    std::int32_t stream_window, std::uint32_t frame_size, void*) {
  return std::min<ssize_t>({session_window, stream_window, static_cast<ssize_t>(frame_size)});
}

ssize_t read_payload(nghttp2_session* session, std::int32_t stream, std::uint8_t* buffer, std::size_t length,
                     std::uint32_t* flags, nghttp2_data_source*, void* user) {
  Outgoing& out = static_cast<Side*>(user)->streams[stream];
  if (out.payloads.empty()) {
    if (!out.ended) return NGHTTP2_ERR_DEFERRED;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (!out.trailers.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const std::vector<nghttp2_nv> values = name_values(out.trailers);
      if (nghttp2_submit_trailer(session, stream, values.data(), values.size()) != 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    return 0;
  }
  Bytes& next = out.payloads.front();
  const std::size_t count = std::min(length, next.size());
  next.copy(reinterpret_cast<char*>(buffer), count);
  if (count == next.size())
    out.payloads.pop_front();
  else
    next.erase(0, count);
  return static_cast<ssize_t>(count);
}

int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t*, std::size_t length, void* user) {
  Side& side = *static_cast<Side*>(user);
  side.consumed[stream] += static_cast<std::int64_t>(length);
  side.consumed[0] += static_cast<std::int64_t>(length);
  return 0;
}

nghttp2_data_provider provider() {
  nghttp2_data_provider out{};
  out.read_callback = read_payload;
  return out;
}

}  // namespace

Http2Settings http2_settings(Http2Stack stack, bool server, bool old_envoy) {
  Http2Settings out;
  const std::uint32_t window = old_envoy ? 268'435'456 : 16'777'216;
  const std::uint32_t streams = stack == Http2Stack::EnvoyTerminate ? 100 : old_envoy ? 2'147'483'647 : 1024;
  switch (stack) {
    case Http2Stack::Ztunnel:
      if (server)
        out.entries = {{3, 200}, {4, 4'194'304}, {5, 1'048'576}, {6, 65'536}};
      else
        out.entries = {{2, 0}, {4, 4'194'304}, {5, 1'048'576}, {6, 16'384}};
      out.connection_window = 16'777'216;
      break;
    case Http2Stack::Envoy:
    case Http2Stack::EnvoyTerminate:
      if (!server) out.entries = {{2, 0}};
      out.entries.insert(out.entries.end(), {{1, 4096}, {8, 1}, {3, streams}, {4, window}});
      out.connection_window = old_envoy ? 65'535 + 268'369'921 : 65'535 + 25'100'289;
      break;
    case Http2Stack::Application:
      break;
  }
  return out;
}

struct Http2::State {
  Side client, server;
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_option* option = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    nghttp2_session_del(client.session);
    nghttp2_session_del(server.session);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
  }

  void begin(Side& side, const Http2Settings& settings) {
    std::vector<nghttp2_settings_entry> entries;
    for (const auto& [id, value] : settings.entries) {
      entries.push_back({id, value});
      if (id == NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE) side.stream_window = value;
    }
    side.connection_window = settings.connection_window;
    must(nghttp2_submit_settings(side.session, NGHTTP2_FLAG_NONE, entries.data(), entries.size()));
  }

  // HB-024: capacity goes back when a third of the window has been used.
  static void give_back(Side& side) {
    for (auto& [stream, used] : side.consumed) {
      const std::int64_t window = stream == 0 ? side.connection_window : side.stream_window;
      if (used * 3 < window || used == 0) continue;
      must(nghttp2_submit_window_update(side.session, NGHTTP2_FLAG_NONE, stream, static_cast<std::int32_t>(used)));
      used = 0;
    }
  }
};

Http2::Http2(const Http2Settings& client, const Http2Settings& server) : state_(std::make_unique<State>()) {
  State& s = *state_;
  must(nghttp2_session_callbacks_new(&s.callbacks));
  nghttp2_session_callbacks_set_data_source_read_length_callback(s.callbacks, read_length);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(s.callbacks, on_data);
  must(nghttp2_option_new(&s.option));
  nghttp2_option_set_no_auto_window_update(s.option, 1);
  must(nghttp2_session_client_new2(&s.client.session, s.callbacks, &s.client, s.option));
  must(nghttp2_session_server_new2(&s.server.session, s.callbacks, &s.server, s.option));
  s.begin(s.client, client);
  s.begin(s.server, server);
  open_window(true);
}

void Http2::open_window(bool client) {
  Side& side = client ? state_->client : state_->server;
  if (side.connection_window > 65'535)
    must(nghttp2_session_set_local_window_size(side.session, NGHTTP2_FLAG_NONE, 0,
                                               static_cast<std::int32_t>(side.connection_window)));
}

Http2::~Http2() = default;

int Http2::request(const Fields& headers, bool end) {
  const std::vector<nghttp2_nv> values = name_values(headers);
  nghttp2_data_provider body = provider();
  const std::int32_t stream = nghttp2_submit_request(state_->client.session, nullptr, values.data(), values.size(),
                                                     end ? nullptr : &body, nullptr);
  must(stream);
  return stream;
}

void Http2::respond(int stream, const Fields& headers, bool end) {
  const std::vector<nghttp2_nv> values = name_values(headers);
  nghttp2_data_provider body = provider();
  must(nghttp2_submit_response(state_->server.session, stream, values.data(), values.size(), end ? nullptr : &body));
}

void Http2::data(bool from_client, int stream, std::string_view payload) {
  Side& side = from_client ? state_->client : state_->server;
  side.streams[stream].payloads.emplace_back(payload);
  nghttp2_session_resume_data(side.session, stream);  // fails harmlessly where nothing was deferred yet
}

void Http2::trailers(int stream, const Fields& headers) { state_->server.streams[stream].trailers = headers; }

void Http2::end(bool from_client, int stream) {
  Side& side = from_client ? state_->client : state_->server;
  side.streams[stream].ended = true;
  nghttp2_session_resume_data(side.session, stream);
}

std::vector<Bytes> Http2::frames(bool from_client) {
  Side& from = from_client ? state_->client : state_->server;
  Side& to = from_client ? state_->server : state_->client;
  std::vector<Bytes> out;
  while (true) {
    const std::uint8_t* bytes = nullptr;
    const ssize_t length = nghttp2_session_mem_send(from.session, &bytes);
    must(length);
    if (length == 0) break;
    const auto size = static_cast<std::size_t>(length);
    out.emplace_back(reinterpret_cast<const char*>(bytes), size);
    const ssize_t read =
        nghttp2_session_mem_recv(to.session, reinterpret_cast<const std::uint8_t*>(out.back().data()), size);
    must(read);
    State::give_back(to);
  }
  return out;
}

}  // namespace meshsim::models::wire
