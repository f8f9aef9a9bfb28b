#include <cmath>

#include "scenarios/report/diff_report.h"
#include "scenarios/report/json_value.h"
#include "scenarios/run/comparison.h"

namespace meshsim::scenarios {

namespace {

using Json = nlohmann::ordered_json;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json values(const std::vector<ComparedValue>& list) {
  Json out = Json::array();
  for (const ComparedValue& v : list)
    out.push_back({{"value", v.name},
                   {"unit", v.unit},
                   {"before", v.before},
                   {"after", v.after},
                   {"difference", v.difference},
                   {"halfWidth", finite(v.paired)},
                   {"unpairedHalfWidth", finite(v.unpaired)},
                   {"changed", v.changed()}});
  return out;
}

Json comparison(const Comparison& c) {
  Json flows = Json::array();
  for (const ComparedFlow& flow : c.flows) flows.push_back({{"flow", flow.flow}, {"values", values(flow.values)}});
  return {{"seed", c.seed},
          {"durationNs", c.duration_ns},
          {"warmupNs", c.warmup_ns},
          {"replications", c.replications},
          {"level", 0.95},
          {"cut", c.cut},
          {"flows", std::move(flows)},
          {"proxies", values(c.totals)},
          {"onlyOneSide", c.only_one_side}};
}

}  // namespace

std::string diff_json(const DiffResult& result, const Comparison* simulation) {
  Json flows = Json::array();
  for (const FlowChange& change : result.changes) {
    Json fields = Json::array();
    for (const FieldChange& f : change.fields)
      fields.push_back({{"field", f.field}, {"before", f.before}, {"after", f.after}});
    const char* kind = change.kind == FlowChange::Kind::Added     ? "added"
                       : change.kind == FlowChange::Kind::Removed ? "removed"
                                                                  : "changed";
    flows.push_back({{"flow", change.flow}, {"kind", kind}, {"fields", std::move(fields)}});
  }
  Json out{{"apiVersion", "meshsim/v1"},
           {"kind", "Diff"},
           {"compared", result.compared},
           {"different", result.changes.size()},
           {"flows", std::move(flows)}};
  if (simulation != nullptr) out["simulation"] = comparison(*simulation);
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace meshsim::scenarios
