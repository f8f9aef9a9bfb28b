#pragma once
// Fields: strict decoding of one mapping of a scenario file. Every field that the decoder asks for is known; done()
// reports the ones nobody asked for, with the nearest known name. Wrong types are reported where they stand, with the
// path of the field, the expected and the found value. `null` counts as not given, unless the decoder asks for the node
// itself.
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/value/diagnostic.h"

namespace meshsim::scenarios {

// Where findings about a scenario go.
struct ScenarioFindings {
  std::string file;
  models::Diagnostics& out;
  bool broken = false;
  void error(std::string code, models::Position at, std::string message) {
    broken = true;
    out.push_back({models::Severity::Error, std::move(code), "", file, at, std::move(message)});
  }
};

class Fields {
 public:
  // `path` names the mapping in messages: "flows[0].request". A node that is no mapping is reported here.
  Fields(models::Node node, std::string path, ScenarioFindings& findings);

  models::Node node(std::string_view key);  // any type; Missing if not there
  std::optional<std::string> text(std::string_view key);
  std::optional<bool> boolean(std::string_view key);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t least, std::int64_t most);
  std::optional<std::int64_t> duration(std::string_view key);  // "250ms" in nanoseconds
  models::Node mapping(std::string_view key);                  // Missing unless it is one
  models::Node list(std::string_view key);
  std::vector<std::string> texts(std::string_view key);  // a list of strings
  // The index of the word in `words`.
  std::optional<std::size_t> word(std::string_view key, std::initializer_list<std::string_view> words);
  void require(std::string_view key);  // MSH0012 if it is not there
  void done();                         // MSH0010 for every field that was not asked for

  std::string path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + '.' + std::string(key);
  }
  void wrong(models::Node value, std::string_view key, std::string_view expected);
  void wrong_value(models::Node value, std::string_view key, std::string message, std::string code = "MSH0011");
  models::Node self() const { return node_; }

 private:
  models::Node node_;
  std::string path_;
  ScenarioFindings& findings_;
  std::vector<std::string_view> known_;
};

// What an element of a list is called in messages: "flows[3]".
std::string element(std::string_view list, std::size_t index);
// "a string", "the number 5", ...: a value as a message shows it.
std::string shown(models::Node value);

// "30s", "1m30s", "250ms", "1.5h" in nanoseconds, as Go's time.ParseDuration. nullopt if it is none or negative.
std::optional<std::int64_t> parse_duration(std::string_view text);
// "200/s", "12/m", "5/h", or a plain number per second.
std::optional<double> parse_rate(std::string_view text);
// "ns/name"; both parts non-empty, one slash.
std::optional<std::pair<std::string, std::string>> parse_pair(std::string_view text);

}  // namespace meshsim::scenarios
