#pragma once
// Kubernetes label selectors as they stand in objects: matchLabels and matchExpressions (In, NotIn, Exists,
// DoesNotExist). Imitates k8s.io/apimachinery LabelSelectorAsSelector; an unknown operator matches nothing.
#include "models/resource/object.h"

namespace meshsim::models {

// A missing or empty selector matches everything; callers for whom "missing" means "nothing" ask before.
bool selector_matches(Node selector, const Labels& labels);
// Every string pair of a mapping; scalars only.
Labels string_pairs(Node mapping);

}  // namespace meshsim::models
