#pragma once
// CEL: the small part of the Common Expression Language that Telemetry resources use in practice: literals, attribute
// paths, `==` and friends, `&&`, `||`, `!`, `+`, `? :`, has(), size(), string(), int(), startsWith(), endsWith(),
// contains(). Where Envoy's evaluator would know more (macros, regular expressions, timestamps) this one reports an
// error, and an error becomes the tag value `unknown`, as Envoy writes for one that it cannot evaluate.
#include <functional>
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

CelValue evaluate_cel(std::string_view expression, const CelLookup& lookup);
// As a tag value: text as it is, numbers and booleans printed, errors `unknown` (TM-174).
std::string cel_tag(std::string_view expression, const CelLookup& lookup);
// As a filter: true only where the expression is true.
bool cel_true(std::string_view expression, const CelLookup& lookup);

}  // namespace meshsim::models
