#include "scenarios/cli/completion.h"

namespace meshsim::scenarios {
namespace {

// Inside single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out;
}

std::string bash(const std::vector<CompletionCommand>& commands) {
  std::string names, cases;
  for (const auto& command : commands) {
    names += (names.empty() ? "" : " ") + command.name;
    cases += "    " + command.name + ") words='";
    for (const auto& [option, text] : command.options) cases += option + " ";
    cases += "' ;;\n";
  }
  return "_meshsim() {\n  local current=\"${COMP_WORDS[COMP_CWORD]}\" words=''\n  if [ \"$COMP_CWORD\" -eq 1 ]; then\n "
         "   COMPREPLY=($(compgen -W '" +
         names + "' -- \"$current\"))\n    return\n  fi\n  case \"${COMP_WORDS[1]}\" in\n" + cases +
         "  esac\n  case \"$current\" in\n    -*) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n    *) "
         "COMPREPLY=($(compgen -f -- \"$current\")) ;;\n  esac\n}\n"
         "complete -o filenames -F _meshsim meshsim\n";
}

std::string zsh(const std::vector<CompletionCommand>& commands) {
  std::string out = "#compdef meshsim\n_meshsim() {\n  if (( CURRENT == 2 )); then\n    local -a commands=(\n";
  for (const auto& command : commands) out += "      '" + command.name + ":" + quoted(command.text) + "'\n";
  out += "    )\n    _describe command commands\n    return\n  fi\n  case ${words[2]} in\n";
  for (const auto& command : commands) {
    out += "    " + command.name + ") _arguments '*:file:_files'";
    for (const auto& [option, text] : command.options) {
      std::string plain;
      for (const char c : text)
        if (c != '[' && c != ']' && c != ':') plain += c;
      out += " '" + option + "[" + quoted(plain) + "]'";
    }
    out += " ;;\n";
  }
  return out + "  esac\n}\n_meshsim \"$@\"\n";
}

std::string fish(const std::vector<CompletionCommand>& commands) {
  std::string out;
  for (const auto& command : commands) {
    out += "complete -c meshsim -n __fish_use_subcommand -a " + command.name + " -d '" + quoted(command.text) + "'\n";
    for (const auto& [option, text] : command.options)
      out += "complete -c meshsim -n '__fish_seen_subcommand_from " + command.name + "' -l " + option.substr(2) +
             " -d '" + quoted(text) + "'\n";
  }
  return out;
}

}  // namespace

std::string completion_script(const std::string& shell, const std::vector<CompletionCommand>& commands) {
  return shell == "bash" ? bash(commands) : shell == "zsh" ? zsh(commands) : fish(commands);
}

}  // namespace meshsim::scenarios
