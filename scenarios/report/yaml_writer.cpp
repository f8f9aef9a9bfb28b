#include "scenarios/read/scalar_kind.h"
#include "scenarios/report/json_value.h"

namespace meshsim::scenarios {
namespace {

using Json = nlohmann::ordered_json;

bool plain(const std::string& text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' || text.back() == ':') return false;
  if (std::string_view("-?:,[]{}#&*!|>'\"%@`~=").find(text.front()) != std::string_view::npos) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c >= 0x7f) return false;
    if ((c == ':' && i + 1 < text.size() && text[i + 1] == ' ') || (c == '#' && i > 0 && text[i - 1] == ' '))
      return false;
  }
  return plain_scalar_kind(text) == models::NodeKind::String;
}

std::string scalar(const Json& value) {
  if (value.is_string() && plain(value.get_ref<const std::string&>())) return value.get<std::string>();
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);  // JSON scalars are YAML scalars
}

void write(const Json& value, std::size_t indent, std::string& out) {
  const std::string pad(indent, ' ');
  auto child = [&](const Json& item, bool in_list) {
    const bool nested = (item.is_object() || item.is_array()) && !item.empty();
    if (!nested) {
      out += ' ' + (item.is_object() ? std::string("{}") : item.is_array() ? std::string("[]") : scalar(item)) + '\n';
    } else if (in_list) {  // the first key or entry stands on the dash's line
      std::string text;
      write(item, indent + 2, text);
      out += ' ' + text.substr(indent + 2);
    } else {
      out += '\n';
      write(item, item.is_array() ? indent : indent + 2, out);
    }
  };
  if (value.is_object()) {
    for (const auto& [key, item] : value.items()) {
      out += pad + scalar(Json(key)) + ':';
      child(item, false);
    }
  } else {
    for (const Json& item : value) {
      out += pad + '-';
      child(item, true);
    }
  }
}

}  // namespace

std::string yaml_text(const Json& value) {
  if ((!value.is_object() && !value.is_array()) || value.empty()) return value.dump() + "\n";
  std::string out;
  write(value, 0, out);
  return out;
}

}  // namespace meshsim::scenarios
