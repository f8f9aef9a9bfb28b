#include "scenarios/read/yaml_reader.h"

#include <array>
#include <cstring>

#include <yaml.h>

#include "scenarios/read/base64.h"
#include "scenarios/read/scalar_kind.h"

namespace meshsim::scenarios {

using models::NodeKind;
using models::Position;

namespace {

std::string_view text_of(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

constexpr std::string_view kTagPrefix = "tag:yaml.org,2002:";

// Owns the parser and the event that is looked at.
class YamlSession {
 public:
  YamlSession(const YamlText& input, const ReadLimits& limits, Findings& findings)
      : input_(input), limits_(limits), findings_(findings) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(input.text.data()),
                                 input.text.size());
    stop_.document_line = input.first_line;
  }
  ~YamlSession() {
    yaml_event_delete(&event_);
    yaml_parser_delete(&parser_);
  }
  YamlSession(const YamlSession&) = delete;
  YamlSession& operator=(const YamlSession&) = delete;

  std::optional<YamlStop> run(std::vector<std::shared_ptr<const models::Tree>>& trees);

 private:
  bool next();
  bool feed(DocumentBuilder& builder);
  bool feed_scalar(DocumentBuilder& builder);
  Position position(const yaml_mark_t& mark) const;
  std::string describe_problem() const;

  YamlText input_;
  const ReadLimits& limits_;
  Findings& findings_;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  YamlStop stop_;
};

Position YamlSession::position(const yaml_mark_t& mark) const {
  Position at{static_cast<std::uint32_t>(mark.line) + input_.first_line, static_cast<std::uint32_t>(mark.column) + 1};
  if (input_.inserted != nullptr) {
    std::uint32_t before = 0;
    for (const Position& one : *input_.inserted) before += one.line == at.line && one.column < at.column ? 1 : 0;
    at.column -= before;
  }
  return at;
}

std::string YamlSession::describe_problem() const {
  std::string out = parser_.problem == nullptr ? "syntax error" : parser_.problem;
  if (parser_.context != nullptr) {
    const Position from = position(parser_.context_mark);
    out += ' ';
    out += parser_.context;
    if (from.line != position(parser_.problem_mark).line || from.column != position(parser_.problem_mark).column)
      out += ", which starts at " + std::to_string(from.line) + ":" + std::to_string(from.column);
  }
  return out;
}

bool YamlSession::next() {
  yaml_event_delete(&event_);
  if (yaml_parser_parse(&parser_, &event_) != 0) return true;
  stop_.in_scanner = true;
  if (parser_.error == YAML_MEMORY_ERROR) {
    stop_.problem = {"MSH0002", position(parser_.mark), "out of memory while reading this document"};
    return false;
  }
  stop_.problem = {"MSH0004", position(parser_.problem_mark), describe_problem()};
  stop_.colon_in_flow = parser_.problem != nullptr && std::strcmp(parser_.problem, "found unexpected ':'") == 0;
  const auto raw = [&](const yaml_mark_t& mark) {
    return Position{static_cast<std::uint32_t>(mark.line) + input_.first_line,
                    static_cast<std::uint32_t>(mark.column) + 1};
  };
  stop_.scalar_begin = raw(parser_.context_mark);
  stop_.scalar_end = raw(parser_.problem_mark);
  return false;
}

bool YamlSession::feed_scalar(DocumentBuilder& builder) {
  const auto& scalar = event_.data.scalar;
  const std::string_view text(reinterpret_cast<const char*>(scalar.value), scalar.length);
  const Position at = position(event_.start_mark);
  const std::string_view anchor = text_of(scalar.anchor);
  std::string_view tag = text_of(scalar.tag);
  const bool plain = scalar.style == YAML_PLAIN_SCALAR_STYLE;
  if (tag.empty() || tag == "!") {
    const NodeKind kind = plain && tag.empty() ? plain_scalar_kind(text) : NodeKind::String;
    return builder.scalar(kind, text, at, anchor, plain && text == "<<");
  }
  if (tag.substr(0, kTagPrefix.size()) != kTagPrefix) return builder.scalar(NodeKind::String, text, at, anchor);
  tag.remove_prefix(kTagPrefix.size());
  if (tag == "merge") return builder.scalar(NodeKind::String, text, at, anchor, true);
  if (tag == "binary") {
    const auto bytes = decode_base64(text);
    if (!bytes) findings_.error("MSH0004", at, "!!binary holds no base64 text");
    return builder.scalar(NodeKind::String, bytes.value_or(std::string(text)), at, anchor);
  }
  NodeKind kind = NodeKind::String;
  constexpr std::array<std::pair<std::string_view, NodeKind>, 4> kTags = {
      {{"null", NodeKind::Null}, {"bool", NodeKind::Bool}, {"int", NodeKind::Int}, {"float", NodeKind::Float}}};
  for (const auto& [name, wanted] : kTags) {
    if (tag != name) continue;
    kind = plain_scalar_kind(text);
    if (kind == NodeKind::Int && wanted == NodeKind::Float) kind = NodeKind::Float;
    if (kind != wanted) {
      findings_.error("MSH0004", at,
                      "cannot decode \"" + std::string(text.substr(0, 80)) + "\" as !!" + std::string(name));
      kind = NodeKind::String;
    }
  }
  return builder.scalar(kind, text, at, anchor);
}

bool YamlSession::feed(DocumentBuilder& builder) {
  const Position at = position(event_.start_mark);
  switch (event_.type) {
    case YAML_SCALAR_EVENT:
      return feed_scalar(builder);
    case YAML_MAPPING_START_EVENT:
      return builder.begin(NodeKind::Mapping, at, text_of(event_.data.mapping_start.anchor));
    case YAML_SEQUENCE_START_EVENT:
      return builder.begin(NodeKind::Sequence, at, text_of(event_.data.sequence_start.anchor));
    case YAML_ALIAS_EVENT:
      return builder.alias(std::string(text_of(event_.data.alias.anchor)), at);
    default:
      return builder.end();
  }
}

std::optional<YamlStop> YamlSession::run(std::vector<std::shared_ptr<const models::Tree>>& trees) {
  while (true) {
    if (!next()) return stop_;
    if (event_.type == YAML_STREAM_END_EVENT) return std::nullopt;
    if (event_.type != YAML_DOCUMENT_START_EVENT) continue;
    stop_.document_line = static_cast<std::uint32_t>(event_.start_mark.line) + input_.first_line;
    DocumentBuilder builder(limits_, findings_);
    while (true) {
      if (!next()) return stop_;
      if (event_.type == YAML_DOCUMENT_END_EVENT) break;
      if (!feed(builder)) {
        stop_.problem = builder.problem();
        return stop_;
      }
    }
    if (auto tree = builder.finish()) trees.push_back(std::move(tree));
  }
}

}  // namespace

std::optional<YamlStop> read_yaml(const YamlText& input, const ReadLimits& limits, Findings& findings,
                                  std::vector<std::shared_ptr<const models::Tree>>& trees) {
  return YamlSession(input, limits, findings).run(trees);
}

}  // namespace meshsim::scenarios
