#pragma once
// Document: what is open: the inputs and the changes made to them since. An immutable value; changing it gives another
// one. Without changes it is exactly what `meshsim run` reads; with changes it is a scenario tree, and that tree is
// what gets judged and what gets saved.
#include <memory>
#include <string>
#include <vector>

#include "scenarios/explore/edit.h"
#include "scenarios/run/run.h"

namespace meshsim::scenarios {

class Document : public std::enable_shared_from_this<Document> {
 public:
  // Reads the inputs. Never fails: what cannot be read is a finding of loaded().
  static std::shared_ptr<const Document> open(std::vector<std::string> paths, const ReadOptions& options = {});
  // The same inputs read again, the same edits made again.
  std::shared_ptr<const Document> reread() const;
  std::shared_ptr<const Document> with(const Edit& edit) const;

  const std::vector<std::string>& paths() const { return paths_; }
  const std::vector<Edit>& edits() const { return edits_; }
  bool edited() const { return !edits_.empty(); }
  // The document without its edits.
  std::shared_ptr<const Document> opened() const;
  const std::shared_ptr<const Loaded>& loaded() const { return loaded_; }
  // Plain manifests: the flows are questions of meshsim (question.h), not of the user.
  bool asked_by_meshsim() const { return asked_; }

  // The scenario as YAML for a file in `folder`: relative paths are made to fit. What was not changed stays as it was
  // written, with its comments; `comments_lost` (if asked for) says where that could not be done.
  std::string text(const std::string& folder, bool* comments_lost = nullptr) const;

 private:
  std::vector<std::string> paths_;
  ReadOptions options_;
  std::vector<Edit> edits_;
  std::shared_ptr<const models::Tree> tree_;  // the scenario with all edits
  // The scenario file as it was read, and the tree of it; no text for manifests and standard input.
  std::shared_ptr<const models::Tree> written_;
  std::shared_ptr<const std::string> source_;
  std::shared_ptr<const Loaded> loaded_;
  bool asked_ = false;
  std::shared_ptr<const Document> opened_;  // null: this one
};

// A value as YAML text in block style.
std::string scenario_yaml(models::Node root);

}  // namespace meshsim::scenarios
