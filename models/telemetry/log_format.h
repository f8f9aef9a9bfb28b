#pragma once
// Access log formats of Envoy: Istio's default text and JSON (TM-141) and custom ones of MeshConfig and of Telemetry
// providers. A line without a clock: operators that only a run can fill in (START_TIME, DURATION, addresses with a
// client port, byte counts, x-request-id of a proxy's own making) stay in it as they are, and a literal % is written
// %%. Imitates Envoy's SubstitutionFormatter, 1.35 to 1.39. Where it stops: METADATA, FILTER_STATE and certificate
// operators other than URI SANs give `-`.
#include <map>
#include <string>
#include <string_view>

#include "models/telemetry/envoy_series.h"

namespace meshsim::models {

using LogFields = std::map<std::string, std::string>;

// The line of one logger: text or JSON by its rule, ending with a newline as the format has it.
std::string log_line(const EnvoyStream& stream, const LogRule& rule, const LogFields& fields);

// One operator of a format: NAME, NAME(argument), NAME(argument):length.
struct LogOperator {
  std::string_view name, argument;
  std::size_t length = std::string_view::npos;
};
// Splits `format` at its operators: calls `text` for what stands between them (with %% as one %) and `op` for each
// operator with its full spelling. Returns false where the format is malformed; what was read until then was reported.
template <class Text, class Op>
bool split_format(std::string_view format, Text&& text, Op&& op);

bool next_operator(std::string_view format, std::size_t percent, LogOperator& found, std::size_t& end);

template <class Text, class Op>
bool split_format(std::string_view format, Text&& text, Op&& op) {
  std::size_t at = 0;
  while (at < format.size()) {
    const std::size_t percent = format.find('%', at);
    if (percent == std::string_view::npos) {
      text(format.substr(at));
      return true;
    }
    if (percent > at) text(format.substr(at, percent - at));
    if (percent + 1 < format.size() && format[percent + 1] == '%') {
      text(std::string_view("%"));
      at = percent + 2;
      continue;
    }
    LogOperator found;
    std::size_t end = 0;
    if (!next_operator(format, percent, found, end)) return false;
    op(found, format.substr(percent, end - percent));
    at = end;
  }
  return true;
}

// Numbers in JSON where they stand alone: RESPONSE_CODE, DURATION, BYTES_SENT, ...
bool is_number_operator(std::string_view name);
// Operators that only a run can fill in.
bool needs_a_run(const LogOperator& op);
// Quotes and escapes a text as JSON.
std::string json_text(std::string_view text);

}  // namespace meshsim::models
