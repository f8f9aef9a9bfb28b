#include "models/telemetry/local_reply.h"

#include <algorithm>
#include <array>

namespace meshsim::models {

namespace {

struct Reply {
  std::string_view flag, name, details, body;
};

constexpr std::string_view kReset = "upstream connect error or disconnect/reset before headers. ";

// In the order in which they explain an ending that carries several.
constexpr std::array kReplies = {
    Reply{"UAEX", "UnauthorizedExternalService", "ext_authz_denied", ""},
    Reply{"RL", "RateLimited", "local_rate_limited", "local_rate_limited"},
    Reply{"RLSE", "RateLimitServiceError", "rate_limiter_error", ""},
    Reply{"FI", "FaultInjected", "fault_filter_abort", "fault filter abort"},
    Reply{"NR", "NoRouteFound", "route_not_found", ""},
    Reply{"NC", "NoClusterFound", "cluster_not_found", ""},
    Reply{"UH", "NoHealthyUpstream", "no_healthy_upstream", "no healthy upstream"},
    Reply{"UO", "UpstreamOverflow", "upstream_reset_before_response_started{overflow}", "overflow"},
    Reply{"UT", "UpstreamRequestTimeout", "response_timeout", "upstream request timeout"},
    Reply{"UF", "UpstreamConnectionFailure", "upstream_reset_before_response_started{remote_connection_failure}",
          "remote connection failure"},
    Reply{"UC", "UpstreamConnectionTermination", "upstream_reset_before_response_started{connection_termination}",
          "connection termination"},
    Reply{"UR", "UpstreamRemoteReset", "upstream_reset_before_response_started{remote_reset}", "remote reset"},
    Reply{"LR", "LocalReset", "upstream_reset_before_response_started{local_reset}", "local reset"},
    Reply{"UPE", "UpstreamProtocolError", "upstream_reset_before_response_started{protocol_error}", "protocol error"},
    Reply{"DPE", "DownstreamProtocolError", "codec_error", "Bad Request"},
    Reply{"DC", "DownstreamConnectionTermination", "downstream_remote_disconnect", ""},
    Reply{"SI", "StreamIdleTimeout", "stream_idle_timeout", "stream timeout"},
    Reply{"DT", "DurationTimeout", "max_duration_timeout", ""},
    Reply{"IH", "InvalidEnvoyRequestHeaders", "request_headers_failed_strict_check", ""},
    Reply{"OM", "OverloadManagerTerminated", "overload", "envoy overloaded"},
    Reply{"DF", "DnsResolutionFailed", "dns_resolution_failure", ""},
    Reply{"URX", "UpstreamRetryLimitExceeded", "via_upstream", ""},
    Reply{"DI", "DelayInjected", "", ""},
    Reply{"LH", "FailedLocalHealthCheck", "", ""},
};

template <class Each>
void each_flag(std::string_view flags, Each&& each) {
  while (!flags.empty()) {
    const std::size_t comma = flags.find(',');
    each(flags.substr(0, comma));
    flags = comma == std::string_view::npos ? std::string_view() : flags.substr(comma + 1);
  }
}

const Reply* reply_of(std::string_view flags) {
  for (const Reply& reply : kReplies) {
    bool found = false;
    each_flag(flags, [&](std::string_view flag) { found = found || flag == reply.flag; });
    if (found && !reply.details.empty()) return &reply;
  }
  return nullptr;
}

}  // namespace

std::string_view reply_details(std::string_view flags) {
  const Reply* reply = reply_of(flags);
  return reply ? reply->details : std::string_view();
}

std::string reply_body(const Outcome& outcome) {
  if (outcome.verdict == Verdict::Allowed || !outcome.http_status) return {};
  if (outcome.denied_by && outcome.http_status == 403 && outcome.response_flags.find("UAEX") == std::string::npos)
    return "RBAC: access denied";  // TM-112
  if (outcome.denied_by && outcome.http_status == 401) {
    // jwt_authn_access_denied{Jwt_is_expired}: the details name the text.
    const std::string& details = outcome.response_details;
    const std::size_t open = details.find('{'), close = details.rfind('}');
    if (open == std::string::npos || close == std::string::npos || close < open) return "Jwt is missing";
    std::string text = details.substr(open + 1, close - open - 1);
    std::replace(text.begin(), text.end(), '_', ' ');
    return text;
  }
  const Reply* reply = reply_of(outcome.response_flags);
  // A ztunnel behind that refuses looks like a connection that ended (TM-110).
  if (!reply && outcome.http_status == 503) return std::string(kReset) + "reset reason: connection termination";
  if (!reply) return {};
  if (!reply->details.starts_with("upstream_reset")) return std::string(reply->body);
  const bool retried = outcome.response_flags.find("URX") != std::string::npos;
  return std::string(kReset) + (retried ? "retried and the latest reset reason: " : "reset reason: ") +
         std::string(reply->body);
}

std::string long_flags(std::string_view flags) {
  std::string out;
  each_flag(flags, [&](std::string_view flag) {
    const auto found =
        std::find_if(kReplies.begin(), kReplies.end(), [flag](const Reply& reply) { return reply.flag == flag; });
    if (!out.empty()) out += ',';
    out += found == kReplies.end() ? flag : found->name;
  });
  return out;
}

}  // namespace meshsim::models
