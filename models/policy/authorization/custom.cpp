#include "models/policy/authorization/custom.h"

#include <algorithm>

namespace meshsim::models::policy {

CustomProvider find_provider(const std::string& name, const MeshSettings& settings) {
  CustomProvider out;
  out.name = name;
  for (const auto& provider : settings.extension_providers) {
    if (provider.name != name) continue;
    out.grpc = provider.kind == "envoyExtAuthzGrpc";
    out.known = out.grpc || provider.kind == "envoyExtAuthzHttp";
    out.fail_open = provider.fail_open;
    out.status_on_error = provider.status_on_error.value_or(403);
    break;
  }
  auto answer = settings.ext_authz.find(name);
  if (answer == settings.ext_authz.end()) answer = settings.ext_authz.find("default");
  if (answer != settings.ext_authz.end()) out.answer = &answer->second;
  return out;
}

CustomAnswer ask(const CustomProvider& provider, const ConnectionView& connection, const RequestView* request) {
  if (!provider.answer) return {false, true, 403, "the scenario does not state what this provider answers"};
  const ExtAuthzAnswer& answer = *provider.answer;
  if (answer.unreachable) {  // PO-163
    if (provider.fail_open) return {true, false, 200, "the provider is unreachable and failOpen lets the request pass"};
    return {false, false, provider.status_on_error, "the provider is unreachable and failOpen is false"};
  }
  if (answer.allow) return {*answer.allow, false, *answer.allow ? 200 : 403, "as the scenario states its answer"};
  if (request) {
    const bool all = std::all_of(answer.allow_if_header.begin(), answer.allow_if_header.end(), [&](const auto& wanted) {
      return request->headers &&
             std::any_of(request->headers->begin(), request->headers->end(), [&](const auto& header) {
               return header.first == wanted.first && header.second == wanted.second;
             });
    });
    if (!answer.allow_if_header.empty() && all) return {true, false, 200, "the header it asks for is there"};
    return {false, false, 403, "the header it asks for is not there"};
  }
  if (!answer.allow_if_principal_suffix.empty() && connection.principal.ends_with(answer.allow_if_principal_suffix))
    return {true, false, 200, "it admits this client identity"};
  return {false, false, 403, "it does not admit this client identity"};
}

}  // namespace meshsim::models::policy
