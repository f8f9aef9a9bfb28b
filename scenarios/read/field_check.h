#pragma once
// check_fields: does an object hold only fields that its kind has, with values of the right type? Field tables come
// from the CustomResourceDefinitions of Istio and the Gateway API, and for a few Kubernetes kinds from
// schema/kubernetes_fields.txt. The API server prunes unknown fields and refuses wrong types; here both are findings,
// and the object is kept.
#include "models/resource/object.h"

namespace meshsim::scenarios {

// MSH0030 (warning) unknown field, MSH0031 wrong type: a warning where the value is a scalar of another type, an error
// where a list, a mapping and a scalar are confused, since nothing can be decoded then. Returns true after an error.
bool check_fields(const models::Object& object, models::Diagnostics& diagnostics);

}  // namespace meshsim::scenarios
