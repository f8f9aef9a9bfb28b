#pragma once
// A JSON reader that keeps positions. It exists beside the YAML reader because libyaml refuses two things that JSON
// allows: keys of more than 1024 characters and surrogate pairs (\ud83d\ude00). RFC 8259, nothing more: no comments, no
// trailing commas. A text that starts as JSON and is not JSON is tried as YAML by the caller.
#include <memory>
#include <string_view>
#include <vector>

#include "scenarios/read/document_builder.h"

namespace meshsim::scenarios {

class JsonReader {
 public:
  JsonReader(std::string_view text, models::Position start, const ReadLimits& limits, Findings& findings)
      : text_(text), line_(start.line), column_(start.column), limits_(limits), findings_(findings) {}

  // Reads every value up to the end of the text (concatenated JSON, as kubectl takes it). False: see problem().
  bool read_all(std::vector<std::shared_ptr<const models::Tree>>& trees);
  const ReadProblem& problem() const { return problem_; }

 private:
  bool read_document();
  bool read_value(DocumentBuilder& builder, std::vector<char>& open);
  bool read_scalar(DocumentBuilder& builder);
  bool read_string();  // into scratch_
  bool read_escape();
  bool read_hex(std::uint32_t& value);
  bool read_number(DocumentBuilder& builder);
  void skip_blank();
  bool at_end() const { return offset_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[offset_]; }
  models::Position here() const { return {line_, column_}; }
  void take(std::size_t count) {  // characters that are one byte each and no line break
    offset_ += count;
    column_ += static_cast<std::uint32_t>(count);
  }
  bool fail(std::string message);
  bool forward(DocumentBuilder& builder, bool ok);

  std::string_view text_;
  std::size_t offset_ = 0;
  std::uint32_t line_, column_;
  const ReadLimits& limits_;
  Findings& findings_;
  std::string scratch_;
  std::shared_ptr<const models::Tree> tree_;
  ReadProblem problem_;
};

}  // namespace meshsim::scenarios
