// The questions of diff where the scenarios have none of their own: every client to every Service port, and visitors
// through gateways, each with the requests that the policies of that Service can tell apart on either side.
#include "scenarios/report/diff_questions.h"

#include <algorithm>
#include <set>

#include "scenarios/lint/representative.h"
#include "scenarios/report/matrix_report.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

constexpr std::size_t kMostClasses = 96;  // of one Service

struct Looked {  // at one Service, on either side
  std::vector<const policy::AuthorizationPolicy*> policies;
  std::set<std::string> issuers;
};

// Hosts of the Services that a policy is for.
std::set<std::string> hosts_of(const LintContext& side, const std::vector<std::size_t>& selected, const std::string& ns,
                               const policy::Attachment& attachment) {
  std::set<std::string> out;
  for (const std::size_t w : selected)
    for (const std::size_t s : side.services_of(w)) out.insert(side.mesh.services[s].hostname);
  for (const Reach& reach : side.reach(ns, attachment))
    for (const std::size_t s : reach.services) out.insert(side.mesh.services[s].hostname);
  return out;
}

void add_policies(const LintContext& side, std::map<std::string, Looked>& out) {
  for (const PolicyView& p : side.policies())
    for (const std::string& host : hosts_of(side, p.selected, p.spec.ns, p.spec.attachment))
      out[host].policies.push_back(&p.spec);
  for (const Object* object : side.mesh.objects_of("RequestAuthentication"))
    for (const std::string& host :
         hosts_of(side, side.selected(*object), object->ns, policy::decode_attachment(object->spec(), "selector")))
      for (const Node rule : object->spec()["jwtRules"])
        if (const auto issuer = rule["issuer"].string_or(); !issuer.empty()) out[host].issuers.emplace(issuer);
}

std::string named(const Flow& flow) {
  const Request& r = flow.request;
  std::string out = ' ' + r.method + ' ' + r.path;
  if (r.host) out += " host " + *r.host;
  for (const auto& [name, value] : r.headers) out += ' ' + name + '=' + value;
  if (r.sni && flow.to.gateway == std::nullopt) out += " sni " + *r.sni;
  for (const Jwt& token : r.jwts)
    out += (token.valid ? " token " : " bad token ") + token.issuer.value_or("") + '/' + token.subject.value_or("");
  return out;
}

}  // namespace

DiffRequests diff_requests(const LintContext& before, const LintContext& after) {
  std::map<std::string, Looked> looked;
  add_policies(before, looked);
  add_policies(after, looked);
  DiffRequests out;
  for (const auto& [host, at] : looked)
    out[host] = requests_apart(at.policies, kMostClasses, {at.issuers.begin(), at.issuers.end()});
  return out;
}

std::vector<Flow> diff_questions(const LintContext& side, const DiffRequests& requests) {
  static const std::vector<Request> kPlain(1);
  std::vector<Flow> out;
  const auto ask = [&](const Flow& pair, const std::string& host) {
    if (!is_http(pair.protocol)) {
      out.push_back(pair);
      return;
    }
    const auto found = requests.find(host);
    for (const Request& request : found == requests.end() ? kPlain : found->second) {
      Flow flow = pair;
      flow.request = request;
      flow.name += named(flow);
      out.push_back(std::move(flow));
    }
  };
  for (const Flow& pair : pair_flows(side.world)) ask(pair, pair.to.host);
  for (const Entrance& in : side.entrances()) {
    if (is_http(in.flow.protocol)) ask(in.flow, side.mesh.services[in.service].hostname);
    if (in.flow.request.path != "/" || !is_http(in.flow.protocol)) {
      Flow own = in.flow;
      own.name += named(own);
      out.push_back(std::move(own));
    }
  }
  return out;
}

}  // namespace meshsim::scenarios
