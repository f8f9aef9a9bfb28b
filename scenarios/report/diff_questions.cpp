// The requests that policies can tell apart: one for each method and path they mention.
#include <set>

#include "scenarios/report/diff_report.h"

namespace meshsim::scenarios {

using namespace models;

namespace {

// "/admin/*" -> "/admin/example", "*.html" -> "example.html"; templates {*} and {**} alike.
std::string example_path(std::string_view pattern) {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '{') {
      const auto close = pattern.find('}', i);
      if (close == std::string_view::npos) break;
      out += "example";
      i = close;
    } else if (pattern[i] == '*') {
      out += "example";
    } else {
      out += pattern[i];
    }
  }
  return out.starts_with('/') ? out : '/' + out;
}

void collect(Node operation, std::set<std::string>& methods, std::set<std::string>& paths) {
  for (const char* field : {"methods", "notMethods"})
    for (const Node one : operation[field])
      if (const auto text = one.string_or(); !text.empty() && text != "*") methods.emplace(text);
  for (const char* field : {"paths", "notPaths"})
    for (const Node one : operation[field])
      if (const auto text = one.string_or(); !text.empty() && text != "*") paths.insert(example_path(text));
}

}  // namespace

std::vector<Request> requests_of_policies(const std::vector<const Mesh*>& meshes) {
  std::set<std::string> methods, paths;
  for (const Mesh* mesh : meshes)
    for (const Object* policy : mesh->objects_of("AuthorizationPolicy"))
      for (const Node rule : policy->spec()["rules"])
        for (const Node to : rule["to"]) collect(to["operation"], methods, paths);
  methods.insert("GET");
  paths.insert("/");
  std::vector<Request> out;
  for (const std::string& path : paths)
    for (const std::string& method : methods) {
      Request request;
      request.method = method;
      request.path = path;
      out.push_back(std::move(request));
    }
  return out;
}

}  // namespace meshsim::scenarios
