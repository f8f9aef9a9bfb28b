// Gateway classes (DP-100, DP-101): the built-in ones, and what GatewayClass objects say by their controller.
#include "models/mesh/pods.h"

namespace meshsim::models {

std::optional<Gateway::Kind> kind_of_class(const Draft& draft, std::string_view class_name) {
  if (class_name == "istio-waypoint") return Gateway::Kind::Waypoint;
  if (class_name == "istio-east-west") return Gateway::Kind::EastWest;
  if (class_name == "istio" || class_name == "istio-remote" || class_name == "openshift-default")
    return Gateway::Kind::Ingress;
  const Object* object = draft.find_object("gateway.networking.k8s.io/GatewayClass", "", class_name);
  if (object == nullptr) return std::nullopt;
  const std::string_view controller = object->spec()["controllerName"].text();
  if (controller == "istio.io/mesh-controller") return Gateway::Kind::Waypoint;
  if (controller == "istio.io/eastwest-controller") return Gateway::Kind::EastWest;
  if (controller == "istio.io/gateway-controller" || controller == "istio.io/unmanaged-gateway" ||
      controller == "openshift.io/gateway-controller/v1")
    return Gateway::Kind::Ingress;
  return std::nullopt;
}

}  // namespace meshsim::models
