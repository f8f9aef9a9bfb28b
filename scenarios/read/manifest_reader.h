#pragma once
// read_manifests: the verb `read` for cluster manifests. Files, folders, patterns or standard input become objects and
// findings; the result does not depend on the order of the inputs. See object_collector.h for duplicates, design of the
// scenario format for what is *not* understood later: unknown kinds are kept, the next stage lists them.
//
// Codes beside those of document_reader.h: MSH0001 a file cannot be read, MSH0005 an empty file, MSH0020 to MSH0023
// metadata (models/resource/object.h), MSH0024 an object replaced, MSH0025 (info) given twice, MSH0026 a retired kind,
// MSH0027 (info) a document for another tool, MSH0030 an unknown field, MSH0031 a wrong type.
#include <filesystem>
#include <istream>
#include <string>
#include <vector>

#include "models/resource/object.h"
#include "scenarios/read/read_limits.h"

namespace meshsim::scenarios {

struct ReadOptions {
  ReadLimits limits;
  std::filesystem::path base;              // inputs are relative to it; empty: the working directory
  std::istream* standard_input = nullptr;  // for "-"; null: std::cin
};

struct ReadResult {
  std::vector<models::Object> objects;  // sorted by kind, namespace, name, group
  models::Diagnostics diagnostics;      // sorted
  bool unreadable = false;              // something could not be parsed or decoded (exit code 65)
};

ReadResult read_manifests(const std::vector<std::string>& inputs, const ReadOptions& options = {});
// The same for a text that is at hand already.
ReadResult read_manifest_text(std::string_view text, const std::string& file, const ReadOptions& options = {});

class ObjectCollector;
// Reads the inputs into a collector that the caller goes on filling. True if something could not be read.
bool collect_manifests(const std::vector<std::string>& inputs, const ReadOptions& options, ObjectCollector& collector,
                       models::Diagnostics& diagnostics);

}  // namespace meshsim::scenarios
