#include "scenarios/expect/test_update.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "scenarios/read/document_reader.h"
#include "scenarios/read/input_text.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

// Just behind the quoted text that begins at `at`, or npos.
std::size_t after_quotes(const std::string& line, std::size_t at) {
  const char quote = line[at];
  for (std::size_t i = at + 1; i < line.size(); ++i) {
    if (quote == '"' && line[i] == '\\') {
      ++i;
    } else if (line[i] == quote) {
      if (quote == '\'' && i + 1 < line.size() && line[i + 1] == '\'') {
        ++i;
      } else {
        return i + 1;
      }
    }
  }
  return std::string::npos;
}

std::size_t after_brackets(const std::string& line, std::size_t at) {
  int depth = 0;
  for (std::size_t i = at; i < line.size(); ++i) {
    if (line[i] == '"' || line[i] == '\'') {
      i = after_quotes(line, i);
      if (i == std::string::npos) return i;
      --i;
    } else if (line[i] == '[' || line[i] == '{') {
      ++depth;
    } else if ((line[i] == ']' || line[i] == '}') && --depth == 0) {
      return i + 1;
    }
  }
  return std::string::npos;
}

// Inside braces or brackets that opened earlier in this line.
bool in_flow(const std::string& line, std::size_t at) {
  int depth = 0;
  for (std::size_t i = 0; i < at; ++i) {
    if (line[i] == '"' || line[i] == '\'') {
      const std::size_t end = after_quotes(line, i);
      if (end == std::string::npos || end > at) return depth > 0;
      i = end - 1;
    } else if (line[i] == '[' || line[i] == '{') {
      ++depth;
    } else if (line[i] == ']' || line[i] == '}') {
      --depth;
    }
  }
  return depth > 0;
}

// A JSON literal as YAML would have it: words without quotes.
std::string plain(const std::string& literal, bool json) {
  if (json || literal.size() < 3 || literal.front() != '"') return literal;
  const std::string word = literal.substr(1, literal.size() - 2);
  const bool simple =
      std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isalpha(c) || c == '-'; });
  return simple && word != "null" && word != "true" && word != "false" && word != "yes" && word != "no" ? word
                                                                                                        : literal;
}

}  // namespace

namespace {

struct Range {
  std::size_t begin = 0, end = 0;
};

// Where the value of the key at `column` stands in the line.
std::optional<Range> value_at(const std::string& line, std::uint32_t column) {
  if (column == 0 || column > line.size()) return std::nullopt;
  std::size_t at = column - 1;
  const bool flow = in_flow(line, at);
  if (line[at] == '"' || line[at] == '\'') {
    at = after_quotes(line, at);
    if (at == std::string::npos) return std::nullopt;
    at = line.find(':', at);
  } else {
    at = line.find(": ", at);
  }
  if (at == std::string::npos) return std::nullopt;
  std::size_t begin = line.find_first_not_of(" \t", at + 1);
  if (begin == std::string::npos || line[begin] == '#' || line[begin] == '&' || line[begin] == '|' ||
      line[begin] == '>')
    return std::nullopt;
  std::size_t end = 0;
  if (line[begin] == '"' || line[begin] == '\'') {
    end = after_quotes(line, begin);
  } else if (line[begin] == '[' || line[begin] == '{') {
    end = after_brackets(line, begin);
  } else {
    end = line.size();
    if (flow) end = std::min(end, line.find_first_of(",}]", begin));
    if (const auto comment = line.find(" #", begin); comment != std::string::npos) end = std::min(end, comment);
    while (end > begin && (line[end - 1] == ' ' || line[end - 1] == '\r' || line[end - 1] == '\t')) --end;
  }
  if (end == std::string::npos) return std::nullopt;
  return Range{begin, end};
}

// The parameter that a value is: "{status}" -> status; empty if it is something else.
std::string parameter_of(const std::string& line, std::uint32_t column) {
  const auto at = value_at(line, column);
  if (!at) return {};
  std::string text = line.substr(at->begin, at->end - at->begin);
  if (text.size() > 2 && (text.front() == '"' || text.front() == '\'')) text = text.substr(1, text.size() - 2);
  const bool is = text.size() > 2 && text.front() == '{' && text.find('}') == text.size() - 1;
  return is ? text.substr(1, text.size() - 2) : std::string();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at <= text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    out.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

}  // namespace

std::optional<std::string> with_value(const std::string& line, std::uint32_t column, const std::string& literal) {
  const auto at = value_at(line, column);
  if (!at) return std::nullopt;
  return line.substr(0, at->begin) + literal + line.substr(at->end);
}

TestUpdate update_expectations(const TestRun& run, const ReadOptions& options) {
  TestUpdate out;
  for (const SuiteResult& suite : run.suites) {
    struct Edit {
      std::string literal;
      bool ambiguous = false;
      std::string what;
      std::set<const TestResult*> wanted;  // the cases that want this value,
      std::size_t of = 1;                  // of so many that have it
    };
    std::map<std::pair<std::uint32_t, std::uint32_t>, Edit> edits;
    if (suite.tests.empty()) continue;
    Diagnostics problems;
    const auto text = read_file_text(options.base / suite.file, suite.file, options.limits, problems);
    if (!text) continue;
    std::vector<std::string> lines = lines_of(*text);
    for (const TestResult& test : suite.tests) {
      if (test.status != TestStatus::Fail) continue;
      for (const TestFailure& failure : test.failures) {
        const ExpectationFailure& e = failure.expectation;
        const std::string what = suite.file + ": " + test.name + ": " + e.field;
        if (e.field.starts_with("metrics") || e.field.starts_with("latency") || e.position.line == 0 ||
            e.position.line > lines.size()) {
          out.left.push_back(what + " is not a single value");
          continue;
        }
        Position at = e.position;
        std::size_t of = test.siblings;
        if (const std::string name = parameter_of(lines[at.line - 1], at.column);
            test.has_parameters && !name.empty()) {
          const auto row = test.expected.find(name);
          if (row == test.expected.end() || row->second.line == 0 || row->second.line > lines.size()) {
            out.left.push_back(what + " is the parameter " + name + ", which decides about more than the expectation");
            continue;
          }
          at = row->second;
          of = test.of_row;
        }
        Edit& edit = edits[{at.line, at.column}];
        edit.ambiguous = edit.ambiguous || (!edit.literal.empty() && edit.literal != e.actual);
        edit.literal = e.actual;
        edit.what = what;
        edit.of = of;
        edit.wanted.insert(&test);
      }
    }
    if (edits.empty()) continue;
    UpdatedFile file{suite.file, "", {}};
    const bool json = suite.file.ends_with(".json");
    std::map<std::uint32_t, std::string> before;
    // From right to left, so that columns stay true.
    for (auto it = edits.rbegin(); it != edits.rend(); ++it) {
      const auto [line, column] = it->first;
      const Edit& edit = it->second;
      std::optional<std::string> changed;
      if (edit.wanted.size() < edit.of) {
        out.left.push_back(edit.what + " holds for " + std::to_string(edit.of - edit.wanted.size()) + " of " +
                           std::to_string(edit.of) + " cases that share the value: make it a parameter");
        continue;
      }
      if (!edit.ambiguous && line <= lines.size())
        changed = with_value(lines[line - 1], column, plain(edit.literal, json));
      if (!changed) {
        out.left.push_back(edit.what +
                           (edit.ambiguous ? " has several values" : " does not stand plainly in its line"));
        continue;
      }
      before.emplace(line, lines[line - 1]);
      lines[line - 1] = *changed;
    }
    if (before.empty()) continue;
    for (std::size_t i = 0; i < lines.size(); ++i) file.text += (i == 0 ? "" : "\n") + lines[i];
    for (const auto& [line, old] : before) file.lines.push_back({line, old, lines[line - 1]});
    // What cannot be read any more is not written.
    Diagnostics broken;
    if (read_documents(file.text, suite.file, options.limits, broken).broken) {
      out.left.push_back(suite.file + " would not be readable any more");
      continue;
    }
    out.files.push_back(std::move(file));
  }
  return out;
}

}  // namespace meshsim::scenarios
