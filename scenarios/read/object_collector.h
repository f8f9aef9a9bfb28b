#pragma once
// ObjectCollector: documents in, objects out: lists flattened, duplicates resolved, retired kinds and unknown fields
// named, everything in one order that does not depend on the order of files. Of two objects with the same group, kind,
// namespace and name the later one wins, as if both had been given to `kubectl apply` in the sorted order of files.
#include <memory>
#include <string>
#include <vector>

#include "models/resource/object.h"

namespace meshsim::scenarios {

class ObjectCollector {
 public:
  explicit ObjectCollector(models::Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void add(const std::shared_ptr<const models::Tree>& tree) { add(tree, tree->root()); }
  void add(const std::shared_ptr<const models::Tree>& tree, models::Node root);
  // Objects that were not written as such (the scenario's shorthands); fields are not checked.
  void add_made(models::Object object) { objects_.push_back(std::move(object)); }
  bool broken() const { return broken_; }  // something could not be decoded

  // Sorted by kind, namespace, name and group; the collector is empty afterwards.
  std::vector<models::Object> finish();

 private:
  void add_list(const std::shared_ptr<const models::Tree>& tree, models::Node root);
  void say(models::Severity severity, std::string code, const models::Object& object, models::Position at,
           std::string message);

  models::Diagnostics& diagnostics_;
  std::vector<models::Object> objects_;
  bool broken_ = false;
};

}  // namespace meshsim::scenarios
