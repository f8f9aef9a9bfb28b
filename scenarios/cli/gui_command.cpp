// gui: hands over to the window, a program of its own, so that meshsim needs no Qt.
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <ostream>

#include <unistd.h>

#include "scenarios/cli/options.h"

namespace meshsim::scenarios {

int gui_command(const Options& options, const Streams& streams) {
  const std::string name = "meshsim-gui";
  std::vector<std::string> arguments{name};
  arguments.insert(arguments.end(), options.files.begin(), options.files.end());
  std::vector<char*> raw;
  raw.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) raw.push_back(argument.data());
  raw.push_back(nullptr);
  streams.out.flush();
  // Beside this program first: the two are installed together.
  std::error_code none;
  const auto beside = std::filesystem::read_symlink("/proc/self/exe", none).parent_path() / name;
  if (!none) ::execv(beside.c_str(), raw.data());
  ::execvp(name.c_str(), raw.data());
  streams.err << "meshsim: " << name << " cannot be started (" << std::strerror(errno)
              << "); is the window installed? Its package is separate, because it needs Qt\n";
  return kInternal;
}

}  // namespace meshsim::scenarios
