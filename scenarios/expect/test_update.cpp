#include "scenarios/expect/test_update.h"

#include <algorithm>
#include <cctype>
#include <map>

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

std::optional<std::string> with_value(const std::string& line, std::uint32_t column, const std::string& literal) {
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
  return line.substr(0, begin) + literal + line.substr(end);
}

TestUpdate update_expectations(const TestRun& run, const ReadOptions& options) {
  TestUpdate out;
  for (const SuiteResult& suite : run.suites) {
    struct Edit {
      std::string literal;
      bool ambiguous = false;
      std::string what;
    };
    std::map<std::pair<std::uint32_t, std::uint32_t>, Edit> edits;
    for (const TestResult& test : suite.tests) {
      if (test.status != TestStatus::Fail) continue;
      for (const TestFailure& failure : test.failures) {
        const ExpectationFailure& e = failure.expectation;
        const std::string what = suite.file + ": " + test.name + ": " + e.field;
        if (test.has_parameters) {
          out.left.push_back(what + " comes from a table or a matrix");
        } else if (e.field.starts_with("metrics") || e.field.starts_with("latency") || e.position.line == 0) {
          out.left.push_back(what + " is not a single value");
        } else {
          Edit& edit = edits[{e.position.line, e.position.column}];
          edit.ambiguous = edit.ambiguous || (!edit.literal.empty() && edit.literal != e.actual);
          edit.literal = e.actual;
          edit.what = what;
        }
      }
    }
    if (edits.empty()) continue;
    Diagnostics problems;
    const auto text = read_file_text(options.base / suite.file, suite.file, options.limits, problems);
    if (!text) continue;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at <= text->size();) {
      const auto end = std::min(text->find('\n', at), text->size());
      lines.push_back(text->substr(at, end - at));
      at = end + 1;
    }
    UpdatedFile file{suite.file, "", {}};
    const bool json = suite.file.ends_with(".json");
    std::map<std::uint32_t, std::string> before;
    // From right to left, so that columns stay true.
    for (auto it = edits.rbegin(); it != edits.rend(); ++it) {
      const auto [line, column] = it->first;
      const Edit& edit = it->second;
      std::optional<std::string> changed;
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
