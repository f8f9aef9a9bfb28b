#include "scenarios/export/messages.h"

#include <fmt/format.h>

#include "models/telemetry/local_reply.h"

namespace meshsim::scenarios {

using models::Flow;
using models::Outcome;
using models::ProxyKind;
using models::Verdict;

namespace {

std::string_view phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "Status";
  }
}

bool has_header(const models::Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (key == name) return true;
  return false;
}

// "content-length: n\r\n\r\n" and a body, together with `head` as near to `size` as can be.
std::string filled(std::string head, std::uint64_t size) {
  const std::string_view name = "content-length: ";
  std::uint64_t body = 0;
  for (int i = 0; i < 3; ++i) {  // the number of digits depends on the body
    const std::uint64_t fixed = head.size() + name.size() + std::to_string(body).size() + 4;
    body = size > fixed ? size - fixed : 0;
  }
  head += fmt::format("{}{}\r\n\r\n", name, body);
  for (std::uint64_t i = 0; i < body; ++i) head += static_cast<char>('a' + i % 26);
  return head;
}

}  // namespace

std::string authority_of(const Flow& flow) {
  if (flow.request.host) return *flow.request.host;
  std::string host = flow.to.host;
  if (host.empty() && flow.to.ip) host = flow.to.ip->v6 ? "[" + flow.to.ip->text() + "]" : flow.to.ip->text();
  if (host.empty()) host = flow.to.name + "." + flow.to.ns;
  if (flow.to.port != 80 && flow.to.port != 443 && flow.to.port) host += ":" + std::to_string(flow.to.port);
  return host;
}

bool bytes_flowed(const Flow&, const Outcome& outcome) {
  if (outcome.verdict == Verdict::Allowed) return true;
  // An answer of an Envoy is application bytes to whoever stands before it; where a ztunnel ends it, none pass.
  return outcome.http_status && !outcome.hops.empty() && outcome.hops.back().proxy != ProxyKind::Ztunnel;
}

std::string request_text(const Flow& flow, std::uint64_t size) {
  std::string head =
      fmt::format("{} {} HTTP/1.1\r\nhost: {}\r\n", flow.request.method, flow.request.path, authority_of(flow));
  if (!has_header(flow.request.headers, "user-agent")) head += "user-agent: meshsim\r\n";
  for (const auto& [name, value] : flow.request.headers)
    if (name != "host" && name != "content-length") head += name + ": " + value + "\r\n";
  const bool bodiless =
      flow.request.method == "GET" || flow.request.method == "HEAD" || flow.request.method == "DELETE";
  if (!bodiless) return filled(std::move(head), size);
  // Clients pad no header: what a GET lacks of the stated size travels as a cookie.
  const std::string_view cookie = "cookie: fill=";
  if (size > head.size() + 2 + cookie.size() + 2) {
    const std::uint64_t fill = size - head.size() - cookie.size() - 4;
    head += cookie;
    for (std::uint64_t i = 0; i < fill; ++i) head += static_cast<char>('a' + i % 26);
    head += "\r\n";
  }
  return head + "\r\n";
}

std::string response_text(const Flow& flow, const Outcome& outcome, std::uint64_t size) {
  if (!outcome.http_status || !models::is_http(flow.protocol)) return {};
  const int status = *outcome.http_status;
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", status, phrase(status));
  for (const auto& [name, value] : outcome.response_headers)
    if (name != "content-length") head += name + ": " + value + "\r\n";
  if (outcome.verdict == Verdict::Allowed) {
    head += "content-type: text/plain\r\n";
    return filled(std::move(head), size);
  }
  const std::string reply = models::reply_body(outcome);
  return head +
         fmt::format("content-length: {}\r\ncontent-type: text/plain\r\nserver: envoy\r\n\r\n{}", reply.size(), reply);
}

MessageSizes message_sizes(const Flow& flow, const Outcome& outcome, const Traffic& traffic) {
  MessageSizes sizes;
  if (models::is_http(flow.protocol)) {
    sizes.request = request_text(flow, traffic.request_bytes).size();
    sizes.response = response_text(flow, outcome, traffic.response_bytes).size();
    return sizes;
  }
  sizes.request = flow.request.bytes_to_server ? flow.request.bytes_to_server : traffic.request_bytes;
  sizes.response = flow.request.bytes_to_client ? flow.request.bytes_to_client : traffic.response_bytes;
  return sizes;
}

}  // namespace meshsim::scenarios
