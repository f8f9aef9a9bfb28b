// Equivalence classes of requests. For every thing that rules look at there are candidate values, one for each set of
// patterns that a value can match; requests are combinations of them, and those that match the same parts of all rules
// (Envoy's own evaluation says so) are one class.
#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "models/policy/authorization/envoy_rule.h"
#include "scenarios/lint/representative.h"

namespace meshsim::scenarios {

using namespace models;
using policy::Field;

namespace {

constexpr std::string_view kOther = "other-q7";  // matches no pattern that anybody writes
constexpr std::size_t kMostValues = 24;          // of one thing
constexpr std::size_t kMostCombined = 3000;      // requests that are looked at

using Patterns = std::set<std::string>;

// One value for every set of these patterns that a value can match: of prefixes and suffixes the longest that match
// decide, exact values stand for themselves, and one value matches none.
std::vector<std::string> values_of(const Patterns& patterns, std::string_view begin = "") {
  std::vector<std::string> prefixes = {""}, suffixes = {""}, out;
  const auto add = [&](std::string value) {
    if (!value.starts_with(begin)) value.insert(0, begin);
    if (out.size() < kMostValues && std::find(out.begin(), out.end(), value) == out.end())
      out.push_back(std::move(value));
  };
  for (const std::string& pattern : patterns) {
    if (policy::is_path_template(pattern)) {
      add(example_value(pattern));
      add(example_value(pattern) + '/');
      if (const auto deep = pattern.find("{**}"); deep != std::string::npos)
        add(example_value(pattern.substr(0, deep) + "a/b" + pattern.substr(deep + 4)));
    } else if (pattern == "*" || pattern.empty()) {
      continue;
    } else if (pattern.front() == '*') {
      suffixes.push_back(pattern.substr(1));
    } else if (pattern.back() == '*') {
      prefixes.push_back(pattern.substr(0, pattern.size() - 1));
      add(prefixes.back());
    } else {
      add(pattern);
    }
  }
  for (const std::string& prefix : prefixes)
    for (const std::string& suffix : suffixes) add(prefix + std::string(kOther) + suffix);
  return out;
}

// What the rules mention.
struct Mentioned {
  Patterns methods, paths, hosts, snis, issuers, subjects, audiences;
  std::map<std::string, Patterns> headers;              // by name
  std::map<std::vector<std::string>, Patterns> claims;  // by path
  bool tokens = false;

  explicit Mentioned(const std::vector<const policy::AuthorizationPolicy*>& policies) {
    for (const policy::AuthorizationPolicy* one : policies)
      for (const policy::RuleSpec& rule : one->rules) {
        for (const policy::SourceSpec& from : rule.from) principals(from.request_principals);
        for (const policy::OperationSpec& to : rule.to) {
          take(methods, to.methods);
          take(paths, to.paths);
          take(hosts, to.hosts);
        }
        for (const policy::ConditionSpec& when : rule.when) condition(when);
      }
  }

 private:
  static void take(Patterns& into, const policy::ValuePair& values) {
    into.insert(values.any.begin(), values.any.end());
    into.insert(values.none.begin(), values.none.end());
  }
  // "ISS/SUB", either side with a star (PO-043).
  void principals(const policy::ValuePair& values) {
    if (values.empty()) return;
    tokens = true;
    for (const auto* list : {&values.any, &values.none})
      for (const std::string& text : *list) {
        const auto slash = text.rfind('/');
        if (slash == std::string::npos) {
          issuers.insert(text);
          continue;
        }
        issuers.insert(text.substr(0, slash));
        subjects.insert(text.substr(slash + 1));
      }
  }
  void condition(const policy::ConditionSpec& when) {
    if (const auto header = policy::bracketed_key(when.key, "request.headers")) {
      std::string name(*header);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
      take(headers[name], when.values);
    } else if (when.key == "connection.sni") {
      take(snis, when.values);
    } else if (when.key == "request.auth.principal") {
      principals(when.values);
    } else if (when.key == "request.auth.audiences") {
      tokens = true;
      take(audiences, when.values);
    } else if (when.key == "request.auth.presenter") {
      tokens = true;
      take(claims[{"azp"}], when.values);
    } else if (when.key.starts_with("request.auth.claims[")) {
      tokens = true;
      const auto path =
          policy::claim_path(std::string_view(when.key).substr(std::string_view("request.auth.claims").size()));
      if (path == std::vector<std::string>{"iss"}) {
        take(issuers, when.values);
      } else if (path == std::vector<std::string>{"sub"}) {
        take(subjects, when.values);
      } else if (path == std::vector<std::string>{"aud"}) {
        take(audiences, when.values);
      } else {
        take(claims[path], when.values);
      }
    }
  }
};

using Claims = std::vector<std::pair<std::vector<std::string>, std::string>>;  // sorted by path

void write_claims(TreeBuilder& out, const Claims& claims, std::size_t depth) {
  out.begin_mapping();
  for (std::size_t i = 0; i < claims.size();) {
    const std::string& key = claims[i].first[depth];
    Claims below;
    std::size_t next = i;
    for (; next < claims.size() && claims[next].first[depth] == key; ++next)
      if (claims[next].first.size() > depth + 1) below.push_back(claims[next]);
    out.key(key);
    if (below.empty()) {
      out.string(claims[i].second);
    } else {
      write_claims(out, below, depth + 1);
    }
    i = next;
  }
  out.end();
}

Jwt token_with(std::string issuer, std::optional<std::string> subject, const std::optional<std::string>& audience,
               const Claims& claims) {
  Jwt out;
  out.issuer = std::move(issuer);
  out.subject = std::move(subject);
  if (audience) out.audiences.push_back(*audience);
  if (claims.empty()) return out;
  TreeBuilder tree("");
  write_claims(tree, claims, 0);
  out.claims_tree = tree.finish();
  out.claims = out.claims_tree->root();
  return out;
}

// A change of the plain request.
using Change = std::function<void(Request&)>;
using Choices = std::vector<Change>;  // the first leaves it as it is

std::vector<Jwt> tokens_of(const Mentioned& m, const std::vector<std::string>& issuers) {
  std::vector<Jwt> out;
  Patterns wanted = m.issuers;
  wanted.insert(issuers.begin(), issuers.end());
  std::vector<std::optional<std::string>> audiences = {std::nullopt}, subjects;
  for (const std::string& subject : values_of(m.subjects)) subjects.emplace_back(subject);
  subjects.emplace_back(std::nullopt);
  for (const std::string& audience : m.audiences.empty() ? std::vector<std::string>() : values_of(m.audiences))
    audiences.emplace_back(audience);
  std::vector<Claims> some = {{}};
  for (const auto& [path, patterns] : m.claims) {
    std::vector<Claims> more = some;  // the claim is missing
    for (const std::string& value : values_of(patterns))
      for (const Claims& before : some) {
        more.push_back(before);
        more.back().emplace_back(path, value);
      }
    if (more.size() > kMostValues * 4) break;
    some = std::move(more);
  }
  for (const std::string& issuer : values_of(wanted))
    for (const auto& subject : subjects)
      for (const auto& audience : audiences)
        for (const Claims& claims : some)
          if (out.size() < kMostValues * 8) out.push_back(token_with(issuer, subject, audience, claims));
  return out;
}

std::vector<Choices> choices_of(const Mentioned& m, const std::vector<std::string>& issuers) {
  std::vector<Choices> out;
  const auto dimension = [&](const std::vector<std::string>& values, const std::function<Change(std::string)>& change) {
    Choices choices = {[](Request&) {}};
    for (const std::string& value : values) choices.push_back(change(value));
    out.push_back(std::move(choices));
  };
  if (!m.methods.empty()) {
    std::vector<std::string> methods = values_of(m.methods);
    for (std::string& method : methods) {  // in lower case Envoy would answer 400 (PO-035)
      if (method == kOther && !m.methods.contains("DELETE")) method = "DELETE";
      if (const auto at = method.find(kOther); at != std::string::npos) method.replace(at, kOther.size(), "OTHER");
    }
    dimension(methods, [](std::string v) { return [v](Request& r) { r.method = v; }; });
  }
  if (!m.paths.empty())
    dimension(values_of(m.paths, "/"), [](std::string v) { return [v](Request& r) { r.path = v; }; });
  if (!m.hosts.empty()) dimension(values_of(m.hosts), [](std::string v) { return [v](Request& r) { r.host = v; }; });
  if (!m.snis.empty()) dimension(values_of(m.snis), [](std::string v) { return [v](Request& r) { r.sni = v; }; });
  for (const auto& [name, patterns] : m.headers)
    dimension(values_of(patterns),
              [name = name](std::string v) { return [name, v](Request& r) { r.headers.emplace_back(name, v); }; });
  if (m.tokens || !issuers.empty()) {
    Choices choices = {[](Request&) {}};
    const std::vector<Jwt> tokens = tokens_of(m, issuers);
    for (const Jwt& token : tokens) choices.push_back([token](Request& r) { r.jwts = {token}; });
    Jwt bad = tokens.front();
    bad.valid = false;
    choices.push_back([bad](Request& r) { r.jwts = {bad}; });
    out.push_back(std::move(choices));
  }
  return out;
}

bool of_request(const policy::Test& test) {
  return test.field == Field::RequestPrincipal || test.field == Field::Host || test.field == Field::Method ||
         test.field == Field::Path || test.field == Field::Header || test.field == Field::Claim ||
         test.field == Field::Sni;
}

// Which parts of which rules match; equal texts, equal classes.
class Signatures {
 public:
  Signatures(const std::vector<const policy::AuthorizationPolicy*>& policies, const Mentioned& mentioned)
      : mentioned_(mentioned) {
    policy::EnvoyCompiler compiler;
    compiler.trust_domains = {"cluster.local"};
    for (const policy::AuthorizationPolicy* one : policies)
      for (std::size_t i = 0; i < one->rules.size(); ++i)
        if (auto rule = compiler.compile(*one, i, false)) rules_.push_back(std::move(*rule));
  }

  std::string of(const Request& request) const {
    ConnectionView connection;
    if (request.sni) connection.sni = *request.sni;
    RequestView view;
    view.method = request.method;
    view.path = request.path;
    if (request.host) view.authority = *request.host;
    view.headers = &request.headers;
    policy::EnvoyInput input;
    input.connection = &connection;
    input.request = &view;
    input.path = request.path;
    const bool token = !request.jwts.empty() && request.jwts.front().valid;
    if (token) input.token = &request.jwts.front();
    std::string out;
    // Each test by itself: finer than what rules make of them, and a request that fails by its method is another one to
    // read about than one that fails by its path.
    const auto all = [&](const policy::Tests& tests) {
      std::string results;
      for (const policy::Test& test : tests)
        if (of_request(test)) {
          const policy::Tri one = policy::evaluate(test, input);
          results += one == policy::Tri::No ? 'n' : one == policy::Tri::Yes ? 'y' : '?';
        }
      return results;
    };
    for (const policy::EnvoyRule& rule : rules_) {
      for (const policy::Tests& tests : rule.from) out += all(tests);
      for (const policy::Tests& tests : rule.to) out += all(tests);
      out += all(rule.when);
    }
    if (!mentioned_.hosts.empty()) out += request.host ? '-' : 'h';  // the destination's own name
    out += request.jwts.empty() ? "none" : token ? request.jwts.front().issuer.value_or("") : "bad";
    return out;
  }

 private:
  const Mentioned& mentioned_;
  std::vector<policy::EnvoyRule> rules_;
};

}  // namespace

std::vector<Request> requests_apart(const std::vector<const policy::AuthorizationPolicy*>& policies, std::size_t most,
                                    const std::vector<std::string>& issuers) {
  const Mentioned mentioned(policies);
  const Signatures signatures(policies, mentioned);
  const std::vector<Choices> choices = choices_of(mentioned, issuers);
  std::vector<Request> out;
  std::set<std::string> classes;
  const auto look = [&](const std::vector<std::size_t>& chosen) {
    Request request;
    for (std::size_t i = 0; i < choices.size(); ++i) choices[i][chosen[i]](request);
    if (out.size() < most && classes.insert(signatures.of(request)).second) out.push_back(std::move(request));
  };
  std::size_t combinations = 1;
  for (const Choices& some : choices) combinations = std::min(kMostCombined + 1, combinations * some.size());
  std::vector<std::size_t> chosen(choices.size(), 0);
  look(chosen);
  if (combinations <= kMostCombined) {
    for (std::size_t n = 1; n < combinations; ++n) {
      for (std::size_t i = 0; i < choices.size() && ++chosen[i] == choices[i].size(); ++i) chosen[i] = 0;
      look(chosen);
    }
    return out;
  }
  // Too many: what differs from the plain request in one thing, then in two.
  for (std::size_t i = 0; i < choices.size(); ++i)
    for (std::size_t a = 1; a < choices[i].size(); ++a) {
      chosen.assign(choices.size(), 0);
      chosen[i] = a;
      look(chosen);
    }
  std::size_t budget = kMostCombined;
  for (std::size_t i = 0; i < choices.size(); ++i)
    for (std::size_t k = i + 1; k < choices.size(); ++k)
      for (std::size_t a = 1; a < choices[i].size(); ++a)
        for (std::size_t b = 1; b < choices[k].size() && budget > 0; ++b, --budget) {
          chosen.assign(choices.size(), 0);
          chosen[i] = a;
          chosen[k] = b;
          look(chosen);
        }
  // And what each rule asks for, however many things that are.
  for (const policy::AuthorizationPolicy* one : policies)
    for (const policy::RuleSpec& rule : one->rules) {
      Request hit = request_for(rule);
      if (out.size() < most && classes.insert(signatures.of(hit)).second) out.push_back(std::move(hit));
    }
  return out;
}

}  // namespace meshsim::scenarios
