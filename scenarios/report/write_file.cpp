#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include <unistd.h>

#include "scenarios/report/report.h"

namespace meshsim::scenarios {

std::optional<std::string> write_file(const std::string& path, std::string_view text) {
  const std::string temporary = path + ".meshsim-" + std::to_string(::getpid());
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return "cannot write " + path + ": " + std::strerror(errno);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0 &&
                       ::fsync(::fileno(file)) == 0;
  const int why = errno;
  const bool closed = std::fclose(file) == 0;
  if (written && closed && std::rename(temporary.c_str(), path.c_str()) == 0) return std::nullopt;
  const int reason = written && closed ? errno : why;
  std::remove(temporary.c_str());
  return "cannot write " + path + ": " + std::strerror(reason);
}

}  // namespace meshsim::scenarios
