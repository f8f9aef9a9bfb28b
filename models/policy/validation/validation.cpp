#include "models/policy/validation/validation.h"

namespace meshsim::models::policy {

void validate_policy(const Object&, const MeshSettings&, Diagnostics&, std::vector<Reason>&) {}

}  // namespace meshsim::models::policy
