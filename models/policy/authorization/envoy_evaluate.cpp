// Envoy's half of EnvoyRule: a request against the tests.
#include <algorithm>

#include "models/policy/authorization/envoy_rule.h"

namespace meshsim::models::policy {

namespace {

Tri any_string(const std::vector<StringMatch>& values, std::string_view text) {
  Tri out = Tri::No;
  for (const auto& value : values) {
    const Tri one = value.matches(text);
    if (one == Tri::Yes) return one;
    if (one == Tri::Unknown) out = one;
  }
  return out;
}

bool any_address(const std::vector<Cidr>& blocks, const IpAddress& address) {
  return std::any_of(blocks.begin(), blocks.end(), [&](const Cidr& block) { return block.contains(address); });
}

// Header value as Envoy compares it: several occurrences joined by commas (PO-033). nullopt: absent.
std::optional<std::string_view> header_value(const EnvoyInput& input, std::string_view name, std::string& storage) {
  const RequestView& request = *input.request;
  if (name == ":method") return request.method;
  if (name == ":path") return request.path;
  if (name == ":authority" || name == "host") return request.authority;
  std::optional<std::string_view> found;
  if (!request.headers) return found;
  for (const auto& [key, value] : *request.headers) {
    if (key != name) continue;
    if (!found) {
      found = value;
      continue;
    }
    storage = std::string(*found) + ',' + value;
    found = storage;
  }
  return found;
}

Tri any_element(const std::vector<StringMatch>& values, Node claim) {
  Tri out = Tri::No;
  for (const Node element : claim) {
    if (!element.is_string()) continue;
    const Tri one = any_string(values, element.string_or());
    if (one == Tri::Yes) return one;
    if (one == Tri::Unknown) out = one;
  }
  return out;
}

Tri any_word(const std::vector<StringMatch>& values, std::string_view text) {
  Tri out = Tri::No;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(' ', begin), text.size());
    const Tri one = any_string(values, text.substr(begin, end - begin));
    if (one == Tri::Yes) return one;
    if (one == Tri::Unknown) out = one;
    begin = end + 1;
  }
  return out;
}

// PO-044.
Tri claim_matches(const Test& test, const EnvoyInput& input) {
  const Jwt* token = input.token;
  if (!token) return Tri::No;
  if (test.claim_path.size() == 1) {
    const std::string& name = test.claim_path[0];
    if (name == "iss") return token->issuer ? any_string(test.strings, *token->issuer) : Tri::No;
    if (name == "sub") return token->subject ? any_string(test.strings, *token->subject) : Tri::No;
    if (name == "aud") {
      Tri out = Tri::No;
      for (const auto& audience : token->audiences) {
        const Tri one = any_string(test.strings, audience);
        if (one == Tri::Yes) return one;
        if (one == Tri::Unknown) out = one;
      }
      return out;
    }
  }
  Node claim = token->claims;
  for (const auto& key : test.claim_path) claim = claim[key];
  if (claim.is_sequence()) return any_element(test.strings, claim);
  if (!claim.is_string()) return Tri::No;
  const std::string_view text = claim.string_or();
  const auto& path = test.claim_path;
  const bool split = path.size() == 1 &&
                     (path[0] == "scope" || path[0] == "permission" ||
                      (input.space_delimited && std::find(input.space_delimited->begin(), input.space_delimited->end(),
                                                          path[0]) != input.space_delimited->end()));
  return split ? any_word(test.strings, text) : any_string(test.strings, text);
}

Tri service_account_matches(const Test& test, const EnvoyInput& input) {
  const std::string_view principal = input.connection->principal;
  if (principal.empty()) return Tri::No;
  for (const auto& account : test.service_accounts) {
    if (input.plain) {
      if (account.ns == input.ns && account.name == input.service_account) return Tri::Yes;
    } else if (account.regex.matches(principal) == Tri::Yes) {
      return Tri::Yes;
    }
  }
  return Tri::No;
}

Tri request_principal_matches(const Test& test, const EnvoyInput& input) {
  const Jwt* token = input.token;
  if (!token || !token->issuer || !token->subject) return Tri::No;  // PO-043, PO-109
  for (const auto& value : test.request_principals)
    if (value.issuer.matches(*token->issuer) == Tri::Yes && value.subject.matches(*token->subject) == Tri::Yes)
      return Tri::Yes;
  return Tri::No;
}

Tri hit(const Test& test, const EnvoyInput& input) {
  const ConnectionView& connection = *input.connection;
  switch (test.field) {
    case Field::Principal:
    case Field::Namespace:
    case Field::TrustDomain:  // PO-046: no identity, no match
      return connection.principal.empty() ? Tri::No : any_string(test.strings, connection.principal);
    case Field::ServiceAccount:
      return service_account_matches(test, input);
    case Field::SourceIp:
      return tri(any_address(test.addresses, connection.source_ip));
    case Field::RemoteIp:
      return tri(any_address(test.addresses, connection.remote_ip));
    case Field::DestinationIp:
      return tri(any_address(test.addresses, connection.destination_ip));
    case Field::Port:
      return tri(std::find(test.ports.begin(), test.ports.end(), connection.port) != test.ports.end());
    case Field::Sni:
      return connection.sni.empty() ? Tri::No : any_string(test.strings, connection.sni);
    case Field::Metadata:
      return input.metadata_unknown ? Tri::Unknown : Tri::No;
    case Field::RequestPrincipal:
      return request_principal_matches(test, input);
    case Field::Claim:
      return claim_matches(test, input);
    case Field::Host:
      return any_string(test.strings, input.request->authority);
    case Field::Method:
      return any_string(test.strings, input.request->method);
    case Field::Path:
      return any_string(test.strings, input.path);
    case Field::Header: {
      std::string storage;
      const auto value = header_value(input, test.name, storage);
      if (!value) return test.name == ":scheme" ? Tri::Unknown : Tri::No;
      return any_string(test.strings, *value);
    }
  }
  return Tri::Unknown;
}

Tri all(const Tests& tests, const EnvoyInput& input) {
  Tri out = Tri::Yes;
  for (const auto& test : tests) {
    const Tri one = evaluate(test, input);
    if (one == Tri::No) return one;
    if (one == Tri::Unknown) out = one;
  }
  return out;
}

Tri any(const std::vector<Tests>& alternatives, const EnvoyInput& input) {
  if (alternatives.empty()) return Tri::Yes;
  Tri out = Tri::No;
  for (const auto& tests : alternatives) {
    const Tri one = all(tests, input);
    if (one == Tri::Yes) return one;
    if (one == Tri::Unknown) out = one;
  }
  return out;
}

Tri both(Tri a, Tri b) { return a == Tri::No || b == Tri::No ? Tri::No : a == Tri::Yes ? b : a; }

// What the test looked at, as text.
std::string seen(const Test& test, const EnvoyInput& input) {
  const ConnectionView& connection = *input.connection;
  const auto or_none = [](std::string_view text, std::string_view none) {
    return text.empty() ? std::string(none) : std::string(text);
  };
  switch (test.field) {
    case Field::Principal:
    case Field::Namespace:
    case Field::TrustDomain:
    case Field::ServiceAccount:
      return or_none(connection.principal, "a peer without identity");
    case Field::SourceIp:
      return connection.source_ip.text();
    case Field::RemoteIp:
      return connection.remote_ip.text();
    case Field::DestinationIp:
      return connection.destination_ip.text();
    case Field::Port:
      return "port " + std::to_string(connection.port);
    case Field::Sni:
      return or_none(connection.sni, "a connection without SNI");
    case Field::Metadata:
      return "filter metadata that nothing sets";
    case Field::RequestPrincipal:
    case Field::Claim: {
      if (!input.token) return "a request without a validated token";
      return "the token of " + input.token->issuer.value_or("?") + '/' + input.token->subject.value_or("(no sub)");
    }
    case Field::Host:
      return or_none(input.request->authority, "an empty authority");
    case Field::Method:
      return std::string(input.request->method);
    case Field::Path:
      return std::string(input.path);
    case Field::Header: {
      std::string storage;
      const auto value = header_value(input, test.name, storage);
      return value ? '"' + std::string(*value) + '"' : "an absent header";
    }
  }
  return {};
}

void walk(const Tests& tests, const EnvoyInput& input, Nearness& out) {
  for (const auto& test : tests) {
    ++out.total;
    const Tri one = evaluate(test, input);
    if (one == Tri::Yes) {
      ++out.held;
    } else if (out.failure.empty()) {
      out.failure = test.label + (test.negated ? " not" : "") + " [" + test.values + "] " +
                    (one == Tri::Unknown ? "is not evaluated for "
                     : test.negated      ? "excludes "
                                         : "does not match ") +
                    seen(test, input);
    }
  }
}

// The alternative that came nearest.
void nearest(const std::vector<Tests>& alternatives, const EnvoyInput& input, Nearness& out) {
  Nearness best;
  bool first = true;
  for (const auto& tests : alternatives) {
    Nearness one;
    walk(tests, input, one);
    if (first || one.total - one.held < best.total - best.held) best = one;
    first = false;
  }
  out.held += best.held;
  out.total += best.total;
  if (out.failure.empty()) out.failure = best.failure;
}

}  // namespace

void prepare_peer(EnvoyInput& input) {
  std::string_view rest = input.connection->principal;
  if (!rest.starts_with("spiffe://")) return;
  rest.remove_prefix(9);
  const auto cut = [&](std::string_view& into) {
    const auto slash = rest.find('/');
    into = rest.substr(0, slash);
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
    return !into.empty();
  };
  std::string_view ns_word, sa_word;
  input.plain = cut(input.trust_domain) && cut(ns_word) && ns_word == "ns" && cut(input.ns) && cut(sa_word) &&
                sa_word == "sa" && !rest.empty() && rest.find('/') == std::string_view::npos;
  input.service_account = rest;
}

Tri evaluate(const Test& test, const EnvoyInput& input) {
  const Tri result = hit(test, input);
  return test.negated ? !result : result;
}

Tri evaluate(const EnvoyRule& rule, const EnvoyInput& input) {
  // The cheap and selective half first; the order changes nothing, as all must hold.
  Tri out = any(rule.to, input);
  if (out == Tri::No) return out;
  out = both(out, all(rule.when, input));
  if (out == Tri::No) return out;
  return both(out, any(rule.from, input));
}

Nearness explain(const EnvoyRule& rule, const EnvoyInput& input) {
  Nearness out;
  nearest(rule.from, input, out);
  nearest(rule.to, input, out);
  walk(rule.when, input, out);
  out.result = evaluate(rule, input);
  return out;
}

}  // namespace meshsim::models::policy
