#include "scenarios/read/document_reader.h"

#include <algorithm>
#include <optional>

#include "scenarios/read/findings.h"
#include "scenarios/read/json_reader.h"
#include "scenarios/read/text_check.h"
#include "scenarios/read/yaml_reader.h"

namespace meshsim::scenarios {

using models::Position;

namespace {

constexpr auto kNone = std::string_view::npos;

// The file while it is being read. Ranges are byte offsets; every range starts at the start of a line.
class FileReader {
 public:
  FileReader(std::string_view text, const std::string& file, const ReadLimits& limits, models::Diagnostics& diagnostics)
      : text_(text), limits_(limits), findings_(file, diagnostics), counter_(text) {}
  Documents run();

 private:
  void read_clean(std::size_t begin, std::size_t end);
  void read_json_like(std::size_t begin, std::size_t body, std::size_t end);
  void read_yaml_range(std::size_t begin, std::size_t end);
  bool read_quoted(std::size_t begin, std::size_t end, std::uint32_t first_line, YamlStop stop);
  void report(const YamlStop& stop, std::string_view document, std::uint32_t first_line);

  // Offset of the first character of the document that starts at `begin`, if that character opens JSON; else kNone.
  std::size_t json_body(std::size_t begin, std::size_t end) const;

  std::string_view text_;
  ReadLimits limits_;
  Findings findings_;
  LineCounter counter_;
  std::vector<std::shared_ptr<const models::Tree>> trees_;
  bool template_reported_ = false;
};

std::size_t offset_of(std::string_view text, Position at, std::uint32_t first_line) {
  std::size_t offset = LineCounter(text, 0, first_line).offset_of_line(at.line);
  for (std::uint32_t column = 1; column < at.column && offset < text.size(); ++column)
    offset += std::max<std::size_t>(1, utf8_length(text, offset));
  return offset;
}

std::string_view line_at(std::string_view text, std::size_t offset) {
  if (offset > text.size()) return {};
  const std::size_t before = offset == 0 ? kNone : text.rfind('\n', offset - 1);
  const std::size_t begin = before == kNone ? 0 : before + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

// The template action that makes a text unreadable as YAML: on the line of the problem, or at the start of a line.
std::string_view find_template_action(std::string_view document, std::size_t problem_offset) {
  const auto action_in = [](std::string_view line, std::size_t at) {
    const std::size_t close = line.find("}}", at);
    return line.substr(at, close == kNone ? kNone : close + 2 - at);
  };
  const std::string_view line = line_at(document, problem_offset);
  if (const auto at = line.find("{{"); at != kNone) return action_in(line, at);
  for (std::size_t begin = 0; begin < document.size();) {
    const std::size_t end = std::min(document.find('\n', begin), document.size());
    const std::string_view one = document.substr(begin, end - begin);
    const std::size_t first = one.find_first_not_of(" \t");
    if (first != kNone && one.substr(first, 2) == "{{") return action_in(one, first);
    begin = end + 1;
  }
  return {};
}

std::size_t FileReader::json_body(std::size_t begin, std::size_t end) const {
  std::size_t at = begin;
  if (text_.substr(at, 3) == "---") at += 3;
  while (at < end && (text_[at] == ' ' || text_[at] == '\t' || text_[at] == '\n' || text_[at] == '\r')) ++at;
  return at < end && (text_[at] == '{' || text_[at] == '[') ? at : kNone;
}

Documents FileReader::run() {
  if (const auto fault = not_text(text_)) {
    findings_.error("MSH0003", counter_.position_of(fault->offset), fault->message);
    return {{}, true};
  }
  std::size_t begin = 0;
  // Documents with bytes that are no text are cut out before a parser sees them.
  for (auto fault = find_text_fault(text_, 0); fault; fault = find_text_fault(text_, begin)) {
    // JSON allows some control characters that YAML does not.
    const std::size_t separator = previous_separator(text_, fault->offset, begin);
    const std::size_t start = separator == kNone ? begin : separator;
    std::size_t end = next_separator(text_, fault->offset);
    if (end == kNone) end = text_.size();
    read_clean(begin, start);
    if (findings_.full()) return {std::move(trees_), findings_.broken()};
    if (json_body(start, end) != kNone && !find_utf8_fault(text_.substr(start, end - start), 0)) {
      read_json_like(start, json_body(start, end), end);
    } else {
      findings_.error("MSH0003", counter_.position_of(fault->offset), fault->message);
    }
    begin = end;
  }
  read_clean(begin, text_.size());
  return {std::move(trees_), findings_.broken()};
}

void FileReader::read_clean(std::size_t begin, std::size_t end) {
  while (begin < end && !findings_.full()) {
    if (const std::size_t body = json_body(begin, end); body != kNone) {
      const std::size_t stop = std::min(end, next_separator(text_, body));
      read_json_like(begin, body, stop);
      begin = stop;
      continue;
    }
    // As many YAML documents as there are before the next one that opens as JSON.
    std::size_t stop = next_separator(text_, begin + 1);
    while (stop < end && json_body(stop, end) == kNone) stop = next_separator(text_, stop + 1);
    stop = std::min(stop, end);
    read_yaml_range(begin, stop);
    begin = stop;
  }
}

void FileReader::read_json_like(std::size_t begin, std::size_t body, std::size_t end) {
  const std::uint32_t first_line = counter_.position_of(begin).line;
  const Position start = counter_.position_of(body);
  models::Diagnostics json_diagnostics;
  Findings json_findings(findings_.file(), json_diagnostics);
  JsonReader json(text_.substr(body, end - body), start, limits_, json_findings);
  const std::size_t before = trees_.size();
  const auto adopt = [&](const models::Diagnostics& diagnostics) {
    for (const auto& one : diagnostics) findings_.add(one.severity, one.code, one.position, one.message);
  };
  if (json.read_all(trees_)) return adopt(json_diagnostics);
  const std::vector<std::shared_ptr<const models::Tree>> complete(trees_.begin() + static_cast<std::ptrdiff_t>(before),
                                                                  trees_.end());
  trees_.resize(before);

  // Not JSON. It may be YAML in flow style ({a: b}), or a template.
  models::Diagnostics yaml_diagnostics;
  Findings yaml_findings(findings_.file(), yaml_diagnostics);
  const std::string_view document = text_.substr(begin, end - begin);
  std::vector<std::shared_ptr<const models::Tree>> yaml_trees;
  const bool is_limit = json.problem().code == "MSH0002";
  const auto stop =
      is_limit ? std::nullopt : read_yaml({document, first_line, nullptr}, limits_, yaml_findings, yaml_trees);
  if (!is_limit && !stop) {
    adopt(yaml_diagnostics);
    trees_.insert(trees_.end(), yaml_trees.begin(), yaml_trees.end());
    return;
  }
  trees_.insert(trees_.end(), complete.begin(), complete.end());
  adopt(json_diagnostics);
  const auto second = text_.find_first_not_of(" \t\r\n", body + 1);
  const bool looks_like_json = second == kNone || second >= end || text_[second] == '"' || text_[second] == '}' ||
                               (text_[body] == '[' && (text_[second] == '{' || text_[second] == '[')) ||
                               findings_.file().ends_with(".json");
  if (is_limit || (looks_like_json && text_.substr(body, 2) != "{{")) {
    findings_.add(json.problem());
  } else if (stop->colon_in_flow && read_quoted(begin, end, first_line, *stop)) {
    return;
  } else {
    report(*stop, document, first_line);
  }
}

void FileReader::read_yaml_range(std::size_t begin, std::size_t end) {
  while (begin < end && !findings_.full()) {
    const std::uint32_t first_line = counter_.position_of(begin).line;
    const std::string_view range = text_.substr(begin, end - begin);
    const auto stop = read_yaml({range, first_line, nullptr}, limits_, findings_, trees_);
    if (!stop) return;
    LineCounter lines(range, 0, first_line);
    const std::size_t document = lines.offset_of_line(stop->document_line);
    const std::size_t next =
        next_separator(range, lines.offset_of_line(std::max(stop->document_line + 1, stop->problem.at.line)));
    const std::size_t document_end = std::min(next, range.size());
    if (!stop->colon_in_flow || !read_quoted(begin + document, begin + document_end, stop->document_line, *stop))
      report(*stop, range.substr(document, document_end - document), stop->document_line);
    begin += document_end;
  }
}

// Puts quotes around the scalar that libyaml refuses and reads the document again; several times if there are several.
bool FileReader::read_quoted(std::size_t begin, std::size_t end, std::uint32_t first_line, YamlStop stop) {
  constexpr int kMostScalars = 64;
  std::string document(text_.substr(begin, end - begin));
  std::vector<Position> inserted;
  models::Diagnostics told;
  const auto insert = [&](std::size_t offset, Position at) {
    for (Position& one : inserted)
      if (one.line == at.line && one.column >= at.column) ++one.column;
    document.insert(offset, 1, '\'');
    inserted.push_back(at);
  };
  for (int i = 0; i < kMostScalars; ++i) {
    if (stop.scalar_begin.line != stop.scalar_end.line) return false;
    const std::size_t from = offset_of(document, stop.scalar_begin, first_line);
    const std::size_t to = offset_of(document, stop.scalar_end, first_line);
    if (to >= document.size() || document[to] != ':' || from >= to) return false;
    const std::string scalar = document.substr(from, to + 1 - from);
    if (scalar.find('\'') != std::string::npos) return false;
    insert(to + 1, {stop.scalar_end.line, stop.scalar_end.column + 1});
    insert(from, stop.scalar_begin);
    std::uint32_t before = 0;
    for (const Position& one : inserted)
      before += one.line == stop.scalar_begin.line && one.column < stop.scalar_begin.column ? 1 : 0;
    told.push_back({models::Severity::Info,
                    "MSH0009",
                    "",
                    "",
                    {stop.scalar_begin.line, stop.scalar_begin.column - before},
                    "read as the text '" + scalar +
                        "'; YAML parsers differ on a value that ends in a colon inside brackets, "
                        "put quotes around it"});
    models::Diagnostics diagnostics;
    Findings attempt(findings_.file(), diagnostics);
    std::vector<std::shared_ptr<const models::Tree>> trees;
    const auto again = read_yaml({document, first_line, &inserted}, limits_, attempt, trees);
    if (!again) {
      for (const auto& one : diagnostics) findings_.add(one.severity, one.code, one.position, one.message);
      for (const auto& one : told) findings_.add(one.severity, one.code, one.position, one.message);
      trees_.insert(trees_.end(), trees.begin(), trees.end());
      return true;
    }
    if (!again->colon_in_flow) return false;
    stop = *again;
  }
  return false;
}

void FileReader::report(const YamlStop& stop, std::string_view document, std::uint32_t first_line) {
  ReadProblem problem = stop.problem;
  const std::size_t offset = offset_of(document, problem.at, first_line);
  if (problem.code == "MSH0004") {
    if (const std::string_view action = find_template_action(document, offset); !action.empty()) {
      if (template_reported_) return;
      template_reported_ = true;
      problem.code = "MSH0006";
      problem.message = "this file is a template (it holds the action " + std::string(action.substr(0, 60)) +
                        "), not YAML: render it first, for example with helm template";
      return findings_.add(problem);
    }
    if (offset < document.size() && problem.message.starts_with("found character that cannot start any token")) {
      const char c = document[offset];
      if (c == '\t') {
        problem.message = "a tab is used for indentation; YAML allows spaces only";
      } else {
        problem.message = std::string("a value cannot start with '") + c + "': put quotes around it";
      }
    }
  }
  findings_.add(problem);
}

}  // namespace

Documents read_documents(std::string_view text, const std::string& file, const ReadLimits& limits,
                         models::Diagnostics& diagnostics) {
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  return FileReader(text, file, limits.clamped(), diagnostics).run();
}

}  // namespace meshsim::scenarios
