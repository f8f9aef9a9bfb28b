#include "viz/graph/filter.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "viz/look/words.h"

namespace meshsim::viz {

struct Filter::Term {
  enum class Kind { And, Or, Not, Compare } kind = Kind::Compare;
  std::vector<std::shared_ptr<const Term>> parts;
  std::string field, op, value;
};

namespace {

using Term = Filter::Term;
using Shared = std::shared_ptr<const Term>;

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

struct Token {
  std::string text;
  bool quoted = false;
  bool is(std::string_view word) const { return !quoted && lower(text) == word; }
};

std::vector<Token> tokens_of(std::string_view text) {
  std::vector<Token> out;
  constexpr std::string_view kSingle = "()";
  constexpr std::string_view kOperator = "=!<>*^$";
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      ++i;
    } else if (c == '"') {
      const auto end = std::min(text.find('"', i + 1), text.size());
      out.push_back({std::string(text.substr(i + 1, end - i - 1)), true});
      i = end + 1;
    } else if (kSingle.find(c) != std::string_view::npos) {
      out.push_back({std::string(1, c)});
      ++i;
    } else if (kOperator.find(c) != std::string_view::npos) {
      std::size_t end = i;
      while (end < text.size() && kOperator.find(text[end]) != std::string_view::npos) ++end;
      out.push_back({std::string(text.substr(i, end - i))});
      i = end;
    } else {
      std::size_t end = i;
      while (end < text.size() && std::isspace(static_cast<unsigned char>(text[end])) == 0 &&
             std::string_view("()=!<>*^$\"").find(text[end]) == std::string_view::npos)
        ++end;
      out.push_back({std::string(text.substr(i, end - i))});
      i = end;
    }
  }
  return out;
}

std::optional<std::string> operator_of(const Token& token) {
  static const std::vector<std::pair<std::string, std::string>> kOperators = {{"=", "="},
                                                                              {"==", "="},
                                                                              {"!=", "!="},
                                                                              {"*=", "contains"},
                                                                              {"^=", "startswith"},
                                                                              {"$=", "endswith"},
                                                                              {">", ">"},
                                                                              {">=", ">="},
                                                                              {"<", "<"},
                                                                              {"<=", "<="},
                                                                              {"contains", "contains"},
                                                                              {"startswith", "startswith"},
                                                                              {"endswith", "endswith"}};
  if (token.quoted) return std::nullopt;
  for (const auto& [written, meant] : kOperators)
    if (lower(token.text) == written) return meant;
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Shared all(std::string& problem) {
    Shared out = conjunction();
    if (problem_.empty() && at_ < tokens_.size())
      problem_ = worded(words("Words", "did not expect \"{}\""), tokens_[at_].text);
    problem = problem_;
    return problem_.empty() ? out : nullptr;
  }

 private:
  bool more() const { return at_ < tokens_.size(); }
  bool take(std::string_view word) {
    if (!more() || !tokens_[at_].is(word)) return false;
    ++at_;
    return true;
  }
  static Shared join(Term::Kind kind, std::vector<Shared> parts) {
    if (parts.size() == 1) return parts.front();
    auto out = std::make_shared<Term>();
    out->kind = kind;
    out->parts = std::move(parts);
    return out;
  }
  Shared conjunction() {
    std::vector<Shared> parts{disjunction()};
    while (problem_.empty() && more() && !tokens_[at_].is(")")) {
      take("and");
      parts.push_back(disjunction());
    }
    return join(Term::Kind::And, std::move(parts));
  }
  Shared disjunction() {
    std::vector<Shared> parts{primary()};
    while (problem_.empty() && take("or")) parts.push_back(primary());
    return join(Term::Kind::Or, std::move(parts));
  }
  Shared primary() {
    if (!problem_.empty()) return nullptr;
    if (!more()) {
      problem_ = words("Words", "something is missing at the end");
      return nullptr;
    }
    if (take("!") || take("not")) return join_not(primary());
    if (take("(")) {
      Shared out = conjunction();
      if (problem_.empty() && !take(")")) problem_ = words("Words", "a parenthesis is not closed");
      return out;
    }
    const Token word = tokens_[at_++];
    auto out = std::make_shared<Term>();
    if (!word.quoted && (word.is("and") || word.is("or") || word.is(")") || operator_of(word))) {
      problem_ = worded(words("Words", "did not expect \"{}\""), word.text);
      return nullptr;
    }
    if (more())
      if (const auto op = operator_of(tokens_[at_])) {
        ++at_;
        if (!more()) {
          problem_ = worded(words("Words", "a value is missing after {}"), tokens_[at_ - 1].text);
          return nullptr;
        }
        const std::string field = word.text.starts_with("label:") ? word.text : lower(word.text);
        const auto& known = filter_fields();
        if (!field.starts_with("label:") && std::find(known.begin(), known.end(), field) == known.end()) {
          problem_ = worded(words("Words", "there is no field \"{}\""), word.text);
          return nullptr;
        }
        out->field = field;
        out->op = *op;
        out->value = tokens_[at_++].text;
        return out;
      }
    const auto& words = filter_words();
    const bool known = !word.quoted && std::find(words.begin(), words.end(), lower(word.text)) != words.end();
    out->field = known ? "is" : "any";
    out->op = known ? "=" : "contains";
    out->value = word.text;
    return out;
  }
  static Shared join_not(Shared inner) {
    auto out = std::make_shared<Term>();
    out->kind = Term::Kind::Not;
    out->parts.push_back(std::move(inner));
    return out;
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  std::string problem_;
};

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() && result.ptr == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

bool compare(const std::string& have, const std::string& op, const std::string& want) {
  const std::string a = lower(have), b = lower(want);
  if (op == "=") return a == b;
  if (op == "contains") return a.find(b) != std::string::npos;
  if (op == "startswith") return a.starts_with(b);
  if (op == "endswith") return a.ends_with(b);
  const auto x = number(a), y = number(b);
  if (!x || !y) return false;
  return op == ">" ? *x > *y : op == ">=" ? *x >= *y : op == "<" ? *x < *y : *x <= *y;
}

bool holds(const Term& term, const Facts& facts) {
  const auto inner = [&](const Shared& part) { return holds(*part, facts); };
  switch (term.kind) {
    case Term::Kind::And:
      return std::all_of(term.parts.begin(), term.parts.end(), inner);
    case Term::Kind::Or:
      return std::any_of(term.parts.begin(), term.parts.end(), inner);
    case Term::Kind::Not:
      return !inner(term.parts.front());
    case Term::Kind::Compare:
      break;
  }
  const std::vector<std::string> values = facts(term.field);
  if (term.op == "!=")
    return std::none_of(values.begin(), values.end(),
                        [&](const std::string& v) { return compare(v, "=", term.value); });
  return std::any_of(values.begin(), values.end(),
                     [&](const std::string& v) { return compare(v, term.op, term.value); });
}

}  // namespace

Filter Filter::parse(std::string_view text) {
  Filter out;
  std::vector<Token> tokens = tokens_of(text);
  if (tokens.empty()) return out;
  out.root_ = Parser(std::move(tokens)).all(out.problem_);
  return out;
}

bool Filter::matches(const Facts& facts) const { return root_ != nullptr && holds(*root_, facts); }

const std::vector<std::string>& filter_fields() {
  static const std::vector<std::string> kFields = {
      "app",      "from",     "host", "kind",   "mode", "name",      "namespace", "path",    "policy", "port",
      "protocol", "reporter", "rule", "status", "to",   "transport", "verdict",   "version", "via",    "waypoint"};
  return kFields;
}

const std::vector<std::string>& filter_words() {
  static const std::vector<std::string> kWords = {
      "allowed", "ambient",    "bypassed", "changed",     "denied",   "enforced",  "failed", "gateway",
      "hbone",   "idle",       "mtls",     "open",        "outside",  "plaintext", "reset",  "service",
      "sidecar", "unexpected", "unknown",  "unreachable", "waypoint", "workload",  "ztunnel"};
  return kWords;
}

}  // namespace meshsim::viz
