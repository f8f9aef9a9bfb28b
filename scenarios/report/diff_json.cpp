#include "scenarios/report/diff_report.h"
#include "scenarios/report/json_value.h"

namespace meshsim::scenarios {

std::string diff_json(const DiffResult& result, bool) {
  using Json = nlohmann::ordered_json;
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
  return out.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace meshsim::scenarios
