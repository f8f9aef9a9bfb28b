#pragma once
// Bytes from a file or from standard input, never more than the limit and never binary: reading stops at the first NUL
// byte, so that a device or a stream without end costs one block and not all memory.
#include <filesystem>
#include <istream>
#include <optional>
#include <string>

#include "models/value/diagnostic.h"
#include "scenarios/read/read_limits.h"

namespace meshsim::scenarios {

// nullopt: a finding says why (MSH0001 cannot be read, MSH0002 too large, MSH0003 not text).
std::optional<std::string> read_file_text(const std::filesystem::path& path, const std::string& shown,
                                          const ReadLimits& limits, models::Diagnostics& diagnostics);
std::optional<std::string> read_stream_text(std::istream& stream, const std::string& shown, const ReadLimits& limits,
                                            models::Diagnostics& diagnostics);

}  // namespace meshsim::scenarios
