#pragma once
// ReadLimits: how much of a stranger's file the reader is willing to take in. Every limit is named, with its value, in
// the finding it causes, and can be raised by the caller (the command line has a flag for each).
#include <algorithm>
#include <cstdint>

namespace meshsim::scenarios {

struct ReadLimits {
  std::uint64_t file_bytes = 256ull << 20;  // of one file or of standard input
  std::uint32_t depth = 100;                // nested mappings and lists
  std::uint64_t alias_nodes = 1'000'000;    // nodes that aliases and merges of one document copy
  std::uint64_t nodes = 20'000'000;         // nodes of one document: about 1 GB of memory

  // Raising has a ceiling: the value tree counts in 32 bits, and copying recurses once per level.
  ReadLimits clamped() const {
    ReadLimits out = *this;
    out.file_bytes = std::min<std::uint64_t>(file_bytes, 2ull << 30);
    out.depth = std::min<std::uint32_t>(depth, 10'000);
    out.alias_nodes = std::min<std::uint64_t>(alias_nodes, 1ull << 30);
    out.nodes = std::min<std::uint64_t>(nodes, 1ull << 31);
    return out;
  }
};

}  // namespace meshsim::scenarios
