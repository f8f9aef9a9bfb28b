#include "scenarios/read/manifest_reader.h"

#include <iostream>

#include "scenarios/read/document_reader.h"
#include "scenarios/read/input_text.h"
#include "scenarios/read/manifest_files.h"
#include "scenarios/read/object_collector.h"

namespace meshsim::scenarios {

using models::Node;
using models::Severity;

namespace {

// Documents that lie beside manifests and are meant for other tools.
std::string_view other_tool(const ManifestFile& file, Node root) {
  const std::string name = file.path.filename().string();
  const std::string_view version = root["apiVersion"].string_or();
  if (version.starts_with("meshsim/")) return "a scenario; give it to meshsim directly";
  if (name == "kustomization.yaml" || name == "kustomization.yml" || version.starts_with("kustomize.config.k8s.io/"))
    return "a kustomization; what it builds is not known here: read the output of kustomize build";
  if (name == "Chart.yaml" && !root["kind"].exists()) return "a Helm chart; read the output of helm template";
  if (!file.named && (name == "values.yaml" || name == "values.yml") && !root["kind"].exists())
    return "a file of Helm values; read the output of helm template";
  return {};
}

bool collect_text(std::string_view text, const ManifestFile& file, const ReadOptions& options,
                  ObjectCollector& collector, models::Diagnostics& diagnostics) {
  const Documents documents = read_documents(text, file.shown, options.limits, diagnostics);
  bool unreadable = documents.broken;
  if (documents.trees.empty() && !documents.broken) {
    // A file that was found is often empty on purpose; a file that was named is a mistake, as for kubectl.
    diagnostics.push_back(
        {file.named ? Severity::Error : Severity::Warning,
         "MSH0005",
         "",
         file.shown,
         {},
         text.empty() ? "the file is empty" : "the file holds no document: only blanks, comments or separators"});
    unreadable = unreadable || file.named;
  }
  for (const auto& tree : documents.trees) {
    if (const std::string_view what = other_tool(file, tree->root()); !what.empty()) {
      diagnostics.push_back({Severity::Info, "MSH0027", "", file.shown, tree->root().position(),
                             "this document is not read: it is " + std::string(what)});
      continue;
    }
    collector.add(tree);
  }
  return unreadable;
}

}  // namespace

bool collect_manifests(const std::vector<std::string>& inputs, const ReadOptions& options, ObjectCollector& collector,
                       models::Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.size();
  const auto files = find_manifest_files(inputs, options.base, diagnostics);
  bool unreadable = diagnostics.size() != before;
  for (const ManifestFile& file : files) {
    std::istream& input = options.standard_input != nullptr ? *options.standard_input : std::cin;
    const auto text = file.path.empty() ? read_stream_text(input, file.shown, options.limits, diagnostics)
                                        : read_file_text(file.path, file.shown, options.limits, diagnostics);
    unreadable = !text || collect_text(*text, file, options, collector, diagnostics) || unreadable;
  }
  return unreadable;
}

ReadResult read_manifests(const std::vector<std::string>& inputs, const ReadOptions& options) {
  ReadResult result;
  ObjectCollector collector(result.diagnostics);
  result.unreadable = collect_manifests(inputs, options, collector, result.diagnostics);
  result.objects = collector.finish();
  result.unreadable = result.unreadable || collector.broken();
  models::sort_and_unique(result.diagnostics);
  return result;
}

ReadResult read_manifest_text(std::string_view text, const std::string& file, const ReadOptions& options) {
  ReadResult result;
  ObjectCollector collector(result.diagnostics);
  result.unreadable = collect_text(text, {file, file, true}, options, collector, result.diagnostics);
  result.objects = collector.finish();
  result.unreadable = result.unreadable || collector.broken();
  models::sort_and_unique(result.diagnostics);
  return result;
}

}  // namespace meshsim::scenarios
