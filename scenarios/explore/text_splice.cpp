#include "scenarios/explore/text_splice.h"

#include <algorithm>
#include <vector>

#include "scenarios/explore/document.h"
#include "scenarios/read/document_reader.h"

namespace meshsim::scenarios {

using models::Node;
using models::Position;
using models::Tree;

namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

bool blank(std::string_view line) { return line.find_first_not_of(" \t\r") == kNowhere; }
bool only_comment(std::string_view line) {
  const auto at = line.find_first_not_of(" \t");
  return at != kNowhere && line[at] == '#';
}

// Where the comment of a line begins; quotes are followed within the line.
std::size_t comment_at(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == '\\' && quote == '"') {
        ++i;
      } else if (c == quote) {
        quote = 0;
      }
    } else if (c == '"' || c == '\'') {
      // An apostrophe inside a word quotes nothing.
      if (i == 0 || std::string_view(" \t[{,:-").find(line[i - 1]) != kNowhere) quote = c;
    } else if (c == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return i;
    }
  }
  return kNowhere;
}

class Splicer {
 public:
  explicit Splicer(std::string_view text) : text_(text) {
    starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
    if (starts_.back() != text.size()) starts_.push_back(text.size());
  }
  bool root(Node was, Node now);
  std::string finish();

 private:
  struct Change {
    std::size_t from, until;
    std::string text;
  };
  std::size_t lines() const { return starts_.size() - 1; }
  std::string_view line(std::size_t i) const {  // from 0, without its end
    std::string_view out = text_.substr(starts_[i], starts_[i + 1] - starts_[i]);
    while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.remove_suffix(1);
    return out;
  }
  std::size_t offset(Position at) const;
  bool value(Node was, Node now, std::size_t end_line);
  bool scalar(Node was, Node now);
  bool mapping(Node was, Node now, std::size_t end_line);
  bool sequence(Node was, Node now, std::size_t end_line);
  // Lines [first, end) without the blank lines and comments at their end: those belong to what follows.
  std::size_t trimmed(std::size_t first, std::size_t end) const;
  std::string rendered(Node node, std::size_t indent, std::string_view lead) const;
  void replace_lines(std::size_t first, std::size_t end, std::size_t indent, std::string with);

  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::vector<Change> changes_;
};

// Columns count characters, not bytes.
std::size_t Splicer::offset(Position at) const {
  if (at.line == 0 || at.line > lines()) return kNowhere;
  std::size_t i = starts_[at.line - 1];
  for (std::uint32_t column = 1; column < at.column && i < text_.size(); ++column) {
    ++i;
    while (i < text_.size() && (static_cast<unsigned char>(text_[i]) & 0xC0) == 0x80) ++i;
  }
  return i;
}

std::size_t Splicer::trimmed(std::size_t first, std::size_t end) const {
  while (end > first + 1 &&
         (blank(line(end - 1)) || only_comment(line(end - 1)) || line(end - 1) == "---" || line(end - 1) == "..."))
    --end;
  return end;
}

std::string Splicer::rendered(Node node, std::size_t indent, std::string_view lead) const {
  const std::string block = scenario_yaml(node);
  const std::string pad(indent, ' '), inner(indent + (lead == "- " ? 2 : 0), ' ');
  std::string out;
  bool first = true;
  for (std::size_t at = 0; at < block.size();) {
    const std::size_t end = std::min(block.find('\n', at), block.size());
    const std::string_view one = std::string_view(block).substr(at, end - at);
    out += first ? pad + std::string(lead) : blank(one) ? std::string() : inner;
    out += one;
    out += '\n';
    first = false;
    at = end + 1;
  }
  return out;
}

void Splicer::replace_lines(std::size_t first, std::size_t end, std::size_t indent, std::string with) {
  std::string comments;
  for (std::size_t i = first; i < end; ++i)
    if (const auto at = comment_at(line(i)); at != kNowhere)
      comments += std::string(indent, ' ') + std::string(line(i).substr(at)) + '\n';
  if (starts_[end] == text_.size() && !text_.empty() && text_.back() != '\n') with.pop_back();
  changes_.push_back({starts_[first], starts_[end], comments + with});
}

bool Splicer::scalar(Node was, Node now) {
  const std::size_t at = offset(was.position());
  if (at == kNowhere || at >= text_.size()) return false;
  std::size_t end = kNowhere;
  if (text_[at] == '"' || text_[at] == '\'') {
    for (std::size_t i = at + 1; i < text_.size() && text_[i] != '\n'; ++i) {
      if (text_[at] == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == text_[at]) {
        if (text_[at] == '\'' && i + 1 < text_.size() && text_[i + 1] == '\'') {
          ++i;
          continue;
        }
        end = i + 1;
        break;
      }
    }
  } else if (!was.text().empty() && text_.substr(at, was.text().size()) == was.text()) {
    end = at + was.text().size();
    if (end < text_.size() && std::string_view(" \t\r\n,]}:").find(text_[end]) == kNowhere) return false;
  }
  if (end == kNowhere) return false;
  std::string with = scenario_yaml(now);
  while (!with.empty() && with.back() == '\n') with.pop_back();
  // Inside braces a plain scalar must not hold what ends it.
  if (with.find('\n') != std::string::npos) return false;
  if (!with.empty() && with.front() != '"' && with.front() != '\'' && with.find_first_of(",[]{}") != std::string::npos)
    with = '\'' + with + '\'';
  changes_.push_back({at, end, std::move(with)});
  return true;
}

bool Splicer::value(Node was, Node now, std::size_t end_line) {
  if (equal_values(was, now)) return true;
  const std::size_t before = changes_.size();
  const bool done = was.is_scalar() && now.is_scalar()       ? scalar(was, now)
                    : was.is_mapping() && now.is_mapping()   ? mapping(was, now, end_line)
                    : was.is_sequence() && now.is_sequence() ? sequence(was, now, end_line)
                                                             : false;
  if (!done) changes_.resize(before);
  return done;
}

bool Splicer::mapping(Node was, Node now, std::size_t end_line) {
  if (was.size() != now.size()) return false;
  std::vector<Node> children;
  for (const Node child : was) children.push_back(child);
  for (std::size_t i = 0; i < children.size(); ++i) {
    const Node other = now[children[i].key()];
    const std::size_t end = i + 1 < children.size() ? children[i + 1].key_position().line - 1 : end_line;
    if (!other.exists() || !value(children[i], other, end)) return false;
  }
  return true;
}

bool Splicer::sequence(Node was, Node now, std::size_t end_line) {
  if (was.empty() || now.size() < was.size()) return false;
  const auto dash = [&](std::size_t i) -> std::size_t {  // the column of the dash of an item of a block list
    const Position at = was.at(i).position();
    if (at.line == 0 || at.line > lines()) return kNowhere;
    const std::string_view text = line(at.line - 1);
    const auto found = text.find_first_not_of(" \t");
    return found != kNowhere && text[found] == '-' && found + 1 < at.column ? found : kNowhere;
  };
  const std::size_t indent = dash(0);
  std::size_t last = 0;
  for (std::size_t i = 0; i < was.size(); ++i) {
    const std::size_t first = was.at(i).position().line - 1;
    const std::size_t next = i + 1 < was.size() ? was.at(i + 1).position().line - 1 : end_line;
    if (value(was.at(i), now.at(i), next)) {
      if (indent != kNowhere) last = trimmed(first, std::max(next, first + 1));
      continue;
    }
    if (indent == kNowhere || dash(i) != indent || next <= first) return false;
    last = trimmed(first, next);
    replace_lines(first, last, indent, rendered(now.at(i), indent, "- "));
  }
  if (now.size() == was.size()) return true;
  if (indent == kNowhere || dash(was.size() - 1) != indent) return false;
  std::string more;
  for (std::size_t i = was.size(); i < now.size(); ++i) more += rendered(now.at(i), indent, "- ");
  if (starts_[last] == text_.size() && text_.back() != '\n') more = '\n' + more;
  changes_.push_back({starts_[last], starts_[last], std::move(more)});
  return true;
}

bool Splicer::root(Node was, Node now) {
  std::vector<Node> fields;
  for (const Node field : was) fields.push_back(field);
  if (fields.empty() || !now.is_mapping()) return false;
  // The document ends where the next one begins.
  std::size_t end_of_all = fields.back().key_position().line;
  while (end_of_all < lines() && !line(end_of_all).starts_with("---") && line(end_of_all) != "...") ++end_of_all;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Position at = fields[i].key_position();
    const Node other = now[fields[i].key()];
    if (!other.exists() || at.line == 0) return false;
    const std::size_t end = i + 1 < fields.size() ? fields[i + 1].key_position().line - 1 : end_of_all;
    if (value(fields[i], other, end)) continue;
    if (at.column != 1 || end < at.line) return false;  // not a line of its own
    const std::string key(fields[i].key());
    const bool inner = (other.is_mapping() || other.is_sequence()) && !other.empty();
    std::string block = rendered(other, inner ? 2 : 0, inner ? "" : key + ": ");
    replace_lines(at.line - 1, trimmed(at.line - 1, end), 0, inner ? key + ":\n" + block : block);
  }
  std::string more;
  for (const Node field : now) {
    if (was[field.key()].exists()) continue;
    const bool inner = (field.is_mapping() || field.is_sequence()) && !field.empty();
    const std::string key(field.key());
    more += inner ? key + ":\n" + rendered(field, 2, "") : rendered(field, 0, key + ": ");
  }
  if (more.empty()) return true;
  if (fields.front().key_position().column != 1) return false;
  const std::size_t last = trimmed(fields.back().key_position().line - 1, end_of_all);
  if (starts_[last] == text_.size() && text_.back() != '\n') more = '\n' + more;
  changes_.push_back({starts_[last], starts_[last], std::move(more)});
  return true;
}

std::string Splicer::finish() {
  std::stable_sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) { return a.from < b.from; });
  std::string out;
  std::size_t at = 0;
  for (const Change& change : changes_) {
    if (change.from < at) return {};  // two changes of one place
    out += text_.substr(at, change.from - at);
    out += change.text;
    at = change.until;
  }
  out += text_.substr(at);
  return out;
}

bool reads_as(const std::string& text, const Tree& was, const Tree& now) {
  models::Diagnostics ignored;
  const Documents documents = read_documents(text, was.file(), {}, ignored);
  return !documents.broken && std::any_of(documents.trees.begin(), documents.trees.end(),
                                          [&](const auto& tree) { return equal_values(tree->root(), now.root()); });
}

}  // namespace

std::optional<std::string> spliced(std::string_view text, const Tree& was, const Tree& now) {
  Splicer splicer(text);
  if (!was.root().is_mapping() || !splicer.root(was.root(), now.root())) return std::nullopt;
  std::string out = splicer.finish();
  if (!reads_as(out, was, now)) return std::nullopt;
  return out;
}

bool has_comments(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (comment_at(text.substr(0, end)) != kNowhere) return true;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return false;
}

}  // namespace meshsim::scenarios
