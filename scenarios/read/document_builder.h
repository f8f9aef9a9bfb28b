#pragma once
// DocumentBuilder: turns the events of one YAML or JSON document into a models::Tree, and does what the value tree
// leaves to its reader: duplicate keys, anchors and aliases, `<<` merges, limits of depth and size. It imitates what
// kubectl (sigs.k8s.io/yaml over go-yaml v2) makes of the same events, with two differences: a duplicate key is an
// error here (kubectl keeps the last value unless validation is strict), and an explicit key always wins over a merged
// one, wherever
// `<<` stands.
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "models/value/tree.h"
#include "scenarios/read/findings.h"
#include "scenarios/read/read_limits.h"

namespace meshsim::scenarios {

class DocumentBuilder {
 public:
  DocumentBuilder(const ReadLimits& limits, Findings& findings);

  // Each of these returns false when the document cannot go on; problem() then says why. A scalar in the place of a key
  // is a key. `merge_key`: the scalar is the plain text `<<`.
  bool scalar(models::NodeKind kind, std::string_view text, models::Position at, std::string_view anchor = {},
              bool merge_key = false);
  bool begin(models::NodeKind kind, models::Position at, std::string_view anchor = {});
  bool end();
  bool alias(const std::string& name, models::Position at);

  bool expects_key() const { return depth_ > 0 && frames_[depth_ - 1].mapping && frames_[depth_ - 1].expects_key; }
  const ReadProblem& problem() const { return problem_; }
  // Null if the document held nothing but a null.
  std::shared_ptr<const models::Tree> finish();

 private:
  // A collection that is open now. Frames are reused, so that a document costs no allocation per mapping.
  struct Frame {
    bool mapping = false;
    bool expects_key = false;
    bool merging = false;  // the next value is the operand of `<<`
    bool ignore = false;   // the next value belongs to a duplicate key
    models::Position at;
    std::uint32_t node = 0;
    std::vector<std::pair<std::size_t, std::uint32_t>> keys;        // hash, node of the value; until there are many
    std::unordered_multimap<std::size_t, std::uint32_t> many_keys;  // the same, when there are
    std::vector<std::pair<models::Node, models::Position>> merges;
  };

  bool key(models::NodeKind kind, std::string_view text, models::Position at);
  bool before_value();
  bool fail(std::string code, models::Position at, std::string message);
  bool merge_into(Frame& frame, models::Node source, models::Position at);
  bool count_copy(models::Node node, std::size_t depth, models::Position at);
  models::Node find_key(const Frame& frame, std::size_t hash, std::string_view name) const;
  void add_key(Frame& frame, std::size_t hash);
  bool is_open(models::Node node) const;

  ReadLimits limits_;
  Findings& findings_;
  models::TreeBuilder builder_;
  std::vector<Frame> frames_;
  std::size_t depth_ = 0;
  std::unordered_map<std::string, models::Node> anchors_;
  std::uint64_t copied_ = 0;
  ReadProblem problem_;
};

}  // namespace meshsim::scenarios
