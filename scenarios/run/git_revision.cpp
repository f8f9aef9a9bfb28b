#include "scenarios/run/git_revision.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace meshsim::scenarios {

namespace fs = std::filesystem;

namespace {

// git with these arguments; its output, or nullopt. `index`: an index file of our own, so that the user's stays as it
// is.
std::optional<std::string> git(std::vector<std::string> arguments, const std::string& index, std::string& errors) {
  arguments.insert(arguments.begin(), "git");
  std::vector<char*> words;
  for (std::string& word : arguments) words.push_back(word.data());
  words.push_back(nullptr);
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry)
    if (std::strncmp(*entry, "GIT_INDEX_FILE=", 15) != 0) environment.emplace_back(*entry);
  if (!index.empty()) environment.push_back("GIT_INDEX_FILE=" + index);
  std::vector<char*> variables;
  for (std::string& entry : environment) variables.push_back(entry.data());
  variables.push_back(nullptr);

  int channel[2];
  if (::pipe2(channel, O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, channel[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, channel[1], STDERR_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "git", &actions, nullptr, words.data(), variables.data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(channel[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = ::read(channel[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  ::close(channel[0]);
  int status = 0;
  if (failed != 0) {
    errors = "git cannot be run";
    return std::nullopt;
  }
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  if (status == 0) return text;
  errors = text.substr(0, text.find('\n'));
  return std::nullopt;
}

}  // namespace

std::optional<GitCheckout> GitCheckout::open(const std::string& argument, std::string& problem) {
  std::error_code error;
  const auto colon = argument.find(':');
  if (colon == std::string::npos || colon == 0 || fs::exists(argument, error)) return std::nullopt;
  GitCheckout out;
  out.revision_ = argument.substr(0, colon);
  if (out.revision_.front() == '-') return std::nullopt;
  const auto commit =
      git({"rev-parse", "--verify", "--quiet", "--end-of-options", out.revision_ + "^{commit}"}, "", problem);
  if (!commit) {
    problem = "git knows no revision " + out.revision_;
    return std::nullopt;
  }
  // The path is relative to where the user stands, as with `git show REV:./path`.
  const auto prefix = git({"rev-parse", "--show-prefix"}, "", problem);
  if (!prefix) return std::nullopt;
  out.path_ = (fs::path(*prefix) / argument.substr(colon + 1)).lexically_normal().generic_string();
  if (out.path_.empty()) out.path_ = ".";
  std::string pattern = (fs::temp_directory_path(error) / "meshsim-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    problem = "no temporary folder can be made";
    return std::nullopt;
  }
  out.folder_ = pattern;
  fs::create_directories(out.folder_ / "tree", error);
  // A scenario names files of other folders, too: all YAML and JSON files of the revision.
  const auto top = git({"rev-parse", "--show-toplevel"}, "", problem);
  const std::string tree = (out.folder_ / "tree").string(), index = (out.folder_ / "index").string();
  bool any = false;
  for (const char* form : {"*.yaml", "*.yml", "*.json"}) {
    std::string ignored;  // a form that no file has
    any = git({"-C", *top, "--work-tree=" + tree, "checkout", *commit, "--", std::string(":(top)") + form}, index,
              ignored)
              .has_value() ||
          any;
  }
  if (!any || !fs::exists(out.folder_ / "tree" / out.path_, error)) {
    problem = "revision " + out.revision_ + " has no " + out.path_;
    return std::nullopt;
  }
  return out;
}

GitCheckout::GitCheckout(GitCheckout&& other) noexcept
    : folder_(std::move(other.folder_)), revision_(std::move(other.revision_)), path_(std::move(other.path_)) {
  other.folder_.clear();
}

GitCheckout::~GitCheckout() {
  std::error_code error;
  if (!folder_.empty()) fs::remove_all(folder_, error);
}

std::string GitCheckout::path() const { return (folder_ / "tree" / path_).lexically_normal().string(); }

void GitCheckout::rename(models::Diagnostics& diagnostics) const {
  const std::string head = (folder_ / "tree").string() + '/';
  for (models::Diagnostic& d : diagnostics)
    if (d.file.starts_with(head)) d.file = revision_ + ':' + d.file.substr(head.size());
}

Loaded load_revision(const std::string& argument, const ReadOptions& options) {
  std::string problem;
  const auto checkout = GitCheckout::open(argument, problem);
  if (checkout) {
    Loaded out = load({checkout->path()}, options);
    checkout->rename(out.diagnostics);
    return out;
  }
  Loaded out = load({argument}, options);
  if (!problem.empty()) out.diagnostics.push_back({models::Severity::Error, "MSH0001", "", argument, {}, problem});
  return out;
}

}  // namespace meshsim::scenarios
