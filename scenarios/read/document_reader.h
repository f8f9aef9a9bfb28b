#pragma once
// read_documents: the text of one file into value trees, one per document, each value with its place. YAML goes through
// libyaml and takes kubectl's types, JSON through an own reader. What cannot be read becomes a finding with
// file:line:column, and the other documents of the file are still read: documents are found again at the next `---`
// line.
//
// Codes: MSH0002 a limit, MSH0003 not text, MSH0004 syntax, MSH0006 a template, MSH0007 duplicate key, MSH0008 alias or
// merge, MSH0009 (info) read differently from libyaml. All but the last are errors.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/value/diagnostic.h"
#include "models/value/tree.h"
#include "scenarios/read/read_limits.h"

namespace meshsim::scenarios {

struct Documents {
  std::vector<std::shared_ptr<const models::Tree>> trees;  // in the order of the file; empty documents are left out
  bool broken = false;                                     // something could not be read; the diagnostics say what
};

Documents read_documents(std::string_view text, const std::string& file, const ReadLimits& limits,
                         models::Diagnostics& diagnostics);

}  // namespace meshsim::scenarios
