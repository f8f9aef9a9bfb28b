// Prints the profiles of an installed meshsim: enough to show that headers, libraries and targets arrive.
#include <cstdio>
#include <string>

#include "models/mesh/profile.h"

int main() {
  for (const auto& profile : meshsim::models::profiles())
    std::printf("%s is Istio %s\n", profile.name.c_str(), profile.istio_version.c_str());
  return meshsim::models::find_profile("ossm-3.2") == nullptr;
}
