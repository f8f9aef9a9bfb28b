#pragma once
// CEL: the small part of the Common Expression Language that Telemetry resources use in practice: literals, attribute
// paths, `==` and friends, `in`, `&&`, `||`, `!`, arithmetic on integers, `? :`, has(), size(), string(), int(),
// startsWith(), endsWith(), contains(). What parses as CEL and is not imitated (macros, regular expressions, floating
// point) is an evaluation error here.
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace meshsim::models {

struct CelError {
  friend bool operator==(const CelError&, const CelError&) = default;
};
using CelValue = std::variant<CelError, bool, std::int64_t, std::string>;

// Looks an attribute up: {"request", "headers", "x-a"}. CelError where it does not exist.
using CelLookup = std::function<CelValue(const std::vector<std::string>& path)>;

// nullopt: the text is no CEL expression.
std::optional<CelValue> evaluate_cel(std::string_view expression, const CelLookup& lookup);
// As a tag value: text as it is, numbers and booleans printed, evaluation errors `unknown`; nullopt: not CEL, and Envoy
// then leaves the tag out (TM-174; istio/proxy testdata/metric/client_request_total_customized).
std::optional<std::string> cel_tag(std::string_view expression, const CelLookup& lookup);
// As a filter: true only where the expression is true.
bool cel_true(std::string_view expression, const CelLookup& lookup);

}  // namespace meshsim::models
