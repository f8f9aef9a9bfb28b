#include <exception>
#include <iostream>

#include <unistd.h>

#include "scenarios/cli/cli.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  try {
    return meshsim::scenarios::cli_main(
        {argv + 1, argv + argc},
        {std::cin, std::cout, std::cerr, ::isatty(STDOUT_FILENO) == 1, ::isatty(STDERR_FILENO) == 1});
  } catch (const std::exception& error) {
    std::cerr << "meshsim: internal error: " << error.what() << '\n';
    return meshsim::scenarios::kInternal;
  }
}
