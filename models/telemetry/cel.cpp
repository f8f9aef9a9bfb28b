#include "models/telemetry/cel.h"

#include <charconv>
#include <optional>

namespace meshsim::models {

namespace {

bool is_word_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_char(char c) { return is_word_start(c) || is_digit(c); }

// One pass, evaluation while parsing: expressions are a line long and evaluated seldom. After a syntax error
// everything is an error.
class Evaluator {
 public:
  Evaluator(std::string_view text, const CelLookup& lookup) : text_(text), lookup_(lookup) {}

  std::optional<CelValue> run() {
    CelValue value = conditional();
    skip_space();
    if (broken_ || at_ != text_.size()) return std::nullopt;
    return value;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
      ++at_;
  }
  bool take(std::string_view token) {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) broken_ = true;
  }

  CelValue conditional() {
    if (++depth_ > kMaxDepth) broken_ = true;
    if (broken_) return CelError{};
    CelValue value = disjunction();
    if (take("?")) {
      const CelValue yes = conditional();
      expect(":");
      const CelValue no = conditional();
      const bool* which = std::get_if<bool>(&value);
      value = which ? (*which ? yes : no) : CelValue{CelError{}};
    }
    --depth_;
    return value;
  }

  CelValue disjunction() {
    CelValue left = conjunction();
    while (take("||")) left = logic(left, conjunction(), true);
    return left;
  }
  CelValue conjunction() {
    CelValue left = relation();
    while (take("&&")) left = logic(left, relation(), false);
    return left;
  }
  // CEL: one side that decides is enough, even beside an error.
  static CelValue logic(const CelValue& a, const CelValue& b, bool deciding) {
    const bool* x = std::get_if<bool>(&a);
    const bool* y = std::get_if<bool>(&b);
    if ((x && *x == deciding) || (y && *y == deciding)) return deciding;
    if (x && y) return !deciding;
    return CelError{};
  }

  CelValue relation() {
    CelValue left = sum();
    if (take("==")) return equality(left, sum(), true);
    if (take("!=")) return equality(left, sum(), false);
    if (take("<=")) return order(left, sum(), [](int c) { return c <= 0; });
    if (take(">=")) return order(left, sum(), [](int c) { return c >= 0; });
    if (take("<")) return order(left, sum(), [](int c) { return c < 0; });
    if (take(">")) return order(left, sum(), [](int c) { return c > 0; });
    if (take_word("in")) return membership(left);
    return left;
  }
  bool take_word(std::string_view word) {
    skip_space();
    const std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word) || (rest.size() > word.size() && is_word_char(rest[word.size()]))) return false;
    at_ += word.size();
    return true;
  }
  CelValue membership(const CelValue& left) {
    skip_space();
    if (!take("[")) {
      sum();
      return CelError{};  // a map or a list from elsewhere
    }
    bool found = false, error = std::holds_alternative<CelError>(left);
    if (!take("]")) {
      do {
        const CelValue item = conditional();
        error = error || std::holds_alternative<CelError>(item);
        found = found || item == left;
      } while (!broken_ && take(","));
      expect("]");
    }
    return error ? CelValue{CelError{}} : CelValue{found};
  }
  static CelValue equality(const CelValue& a, const CelValue& b, bool wanted) {
    if (std::holds_alternative<CelError>(a) || std::holds_alternative<CelError>(b)) return CelError{};
    return (a == b) == wanted;
  }
  template <class Test>
  static CelValue order(const CelValue& a, const CelValue& b, Test test) {
    if (const auto *x = std::get_if<std::int64_t>(&a), *y = std::get_if<std::int64_t>(&b); x && y)
      return test(*x < *y ? -1 : *x == *y ? 0 : 1);
    if (const auto *x = std::get_if<std::string>(&a), *y = std::get_if<std::string>(&b); x && y)
      return test(x->compare(*y));
    return CelError{};
  }

  CelValue sum() {
    CelValue left = product();
    for (;;) {
      if (take("+"))
        left = plus(left, product());
      else if (take("-"))
        left = integers(left, product(), [](std::uint64_t x, std::uint64_t y) { return x - y; });
      else
        return left;
    }
  }
  CelValue product() {
    CelValue left = unary();
    for (;;) {
      if (take("*")) {
        left = integers(left, unary(), [](std::uint64_t x, std::uint64_t y) { return x * y; });
      } else if (take("/") || take("%")) {
        unary();
        left = CelError{};
      } else {
        return left;
      }
    }
  }
  static CelValue plus(const CelValue& left, const CelValue& right) {
    const auto* a = std::get_if<std::string>(&left);
    const auto* b = std::get_if<std::string>(&right);
    if (a && b) return *a + *b;
    return integers(left, right, [](std::uint64_t x, std::uint64_t y) { return x + y; });
  }
  // Unsigned inside: overflow wraps instead of being undefined.
  template <class Op>
  static CelValue integers(const CelValue& left, const CelValue& right, Op op) {
    const auto* x = std::get_if<std::int64_t>(&left);
    const auto* y = std::get_if<std::int64_t>(&right);
    if (!x || !y) return CelError{};
    return static_cast<std::int64_t>(op(static_cast<std::uint64_t>(*x), static_cast<std::uint64_t>(*y)));
  }

  CelValue unary() {
    skip_space();
    if (text_.substr(at_).starts_with("!") && !text_.substr(at_).starts_with("!=")) {
      ++at_;
      if (++depth_ > kMaxDepth) broken_ = true;
      if (broken_) return CelError{};
      const CelValue value = unary();
      --depth_;
      const bool* b = std::get_if<bool>(&value);
      return b ? CelValue{!*b} : CelValue{CelError{}};
    }
    return primary();
  }

  CelValue primary() {
    skip_space();
    if (at_ >= text_.size()) {
      broken_ = true;
      return CelError{};
    }
    const char c = text_[at_];
    if (c == '(') {
      ++at_;
      CelValue value = conditional();
      expect(")");
      return method_calls(std::move(value));
    }
    if (c == '\'' || c == '"') return method_calls(CelValue{quoted()});
    if (is_digit(c) || c == '-') return number();
    if (is_word_start(c)) return word();
    broken_ = true;
    return CelError{};
  }

  std::string quoted() {
    const char quote = text_[at_++];
    std::string out;
    while (at_ < text_.size() && text_[at_] != quote) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        ++at_;
        const char e = text_[at_++];
        out += e == 'n' ? '\n' : e == 't' ? '\t' : e;
      } else {
        out += text_[at_++];
      }
    }
    if (at_ >= text_.size())
      broken_ = true;
    else
      ++at_;
    return out;
  }

  CelValue number() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (error != std::errc{}) {
      broken_ = true;
      return CelError{};
    }
    at_ = static_cast<std::size_t>(end - text_.data());
    if (at_ < text_.size() && (text_[at_] == 'u' || text_[at_] == 'U')) ++at_;
    if (at_ + 1 < text_.size() && text_[at_] == '.' && is_digit(text_[at_ + 1])) {
      ++at_;
      while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
      return CelError{};
    }
    return value;
  }

  std::string identifier() {
    skip_space();
    const std::size_t from = at_;
    while (at_ < text_.size() && is_word_char(text_[at_])) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  CelValue word() {
    const std::string name = identifier();
    if (name == "true") return true;
    if (name == "false") return false;
    skip_space();
    if (at_ < text_.size() && text_[at_] == '(') return call(name);
    std::vector<std::string> path{name};
    for (;;) {
      skip_space();
      if (at_ >= text_.size()) break;
      if (text_[at_] == '[') {
        ++at_;
        const CelValue key = conditional();
        expect("]");
        if (const auto* text = std::get_if<std::string>(&key))
          path.push_back(*text);
        else if (const auto* index = std::get_if<std::int64_t>(&key))
          path.push_back(std::to_string(*index));
        else
          path.emplace_back();  // no attribute has this name
        if (broken_) return CelError{};
      } else if (text_[at_] == '.' && at_ + 1 < text_.size() && is_word_start(text_[at_ + 1])) {
        const std::size_t dot = at_++;
        std::string field = identifier();
        skip_space();
        if (at_ < text_.size() && text_[at_] == '(') {
          at_ = dot;
          return method_calls(lookup_(path));
        }
        path.push_back(std::move(field));
      } else {
        break;
      }
    }
    return lookup_(path);
  }

  // "(a, b, ...)": the value of the only argument; several are parsed, for macros that are not imitated.
  CelValue arguments() {
    expect("(");
    if (take(")")) return CelError{};
    CelValue first = conditional();
    while (!broken_ && take(",")) {
      conditional();
      first = CelError{};
    }
    expect(")");
    return first;
  }

  CelValue call(const std::string& name) {
    CelValue argument = arguments();
    if (name == "has") return !std::holds_alternative<CelError>(argument);
    if (name == "size") {
      const auto* text = std::get_if<std::string>(&argument);
      return text ? CelValue{static_cast<std::int64_t>(text->size())} : CelValue{CelError{}};
    }
    if (name == "string") {
      if (const auto* n = std::get_if<std::int64_t>(&argument)) return method_calls(CelValue{std::to_string(*n)});
      if (const auto* b = std::get_if<bool>(&argument)) return std::string(*b ? "true" : "false");
      return method_calls(argument);
    }
    if (name == "int") {
      if (std::holds_alternative<std::int64_t>(argument)) return argument;
      const auto* text = std::get_if<std::string>(&argument);
      std::int64_t value = 0;
      if (!text || std::from_chars(text->data(), text->data() + text->size(), value).ptr != text->data() + text->size())
        return CelError{};
      return value;
    }
    return CelError{};
  }

  CelValue method_calls(CelValue value) {
    while (at_ + 1 < text_.size() && text_[at_] == '.' && is_word_start(text_[at_ + 1])) {
      ++at_;
      const std::string name = identifier();
      const CelValue argument = arguments();
      const auto* subject = std::get_if<std::string>(&value);
      const auto* other = std::get_if<std::string>(&argument);
      if (name == "size" && subject)
        value = static_cast<std::int64_t>(subject->size());
      else if (!subject || !other)
        value = CelError{};
      else if (name == "startsWith")
        value = subject->starts_with(*other);
      else if (name == "endsWith")
        value = subject->ends_with(*other);
      else if (name == "contains")
        value = subject->find(*other) != std::string::npos;
      else
        value = CelError{};
    }
    return value;
  }

  static constexpr int kMaxDepth = 64;
  std::string_view text_;
  const CelLookup& lookup_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool broken_ = false;
};

}  // namespace

std::optional<CelValue> evaluate_cel(std::string_view expression, const CelLookup& lookup) {
  return Evaluator(expression, lookup).run();
}

std::optional<std::string> cel_tag(std::string_view expression, const CelLookup& lookup) {
  const std::optional<CelValue> value = evaluate_cel(expression, lookup);
  if (!value) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&*value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&*value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&*value)) return *flag ? "true" : "false";
  return "unknown";
}

bool cel_true(std::string_view expression, const CelLookup& lookup) {
  const std::optional<CelValue> value = evaluate_cel(expression, lookup);
  const bool* flag = value ? std::get_if<bool>(&*value) : nullptr;
  return flag && *flag;
}

}  // namespace meshsim::models
