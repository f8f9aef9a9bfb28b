#include "scenarios/cli/manual.h"

#include <algorithm>
#include <cctype>

namespace meshsim::scenarios {

namespace {

// Text for roff: hyphens of options as minus signs, no request at the start of a line.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
  }
  if (!out.empty() && (out.front() == '.' || out.front() == '\'')) out.insert(0, "\\&");
  return out;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::toupper(c); });
  return text;
}

std::string head(const std::string& name, const std::string& text) {
  return ".TH " + roff(upper(name)) + " 1 \"\" \"meshsim " MESHSIM_VERSION "\" \"meshsim manual\"\n.SH NAME\n" +
         roff(name) + " \\- " + roff(text) + '\n';
}

const char* exit_codes() {
  return ".SH EXIT STATUS\n"
         ".TP\n.B 0\nfine\n"
         ".TP\n.B 1\nan expectation failed\n"
         ".TP\n.B 2\ninternal error\n"
         ".TP\n.B 64\nwrong usage\n"
         ".TP\n.B 65\ninput not understood\n"
         ".TP\n.B 79\nfindings of lint at or above the threshold\n";
}

}  // namespace

std::string manual_page(const std::vector<CompletionCommand>& commands) {
  std::string out =
      head("meshsim", "where a flow goes in a mixed sidecar / ambient mesh, and which policies are enforced");
  out +=
      ".SH SYNOPSIS\n.B meshsim\n.I command\n[\\fIoption\\fR ...] [\\fIfile\\fR ...]\n.SH DESCRIPTION\n"
      "Judges flows in an Istio or OpenShift Service Mesh from the YAML of the cluster and from scenario files, before "
      "it is "
      "applied. Needs no cluster.\n.SH COMMANDS\n";
  for (const CompletionCommand& command : commands)
    out += ".TP\n.B " + roff(command.name) + '\n' + roff(command.text) + '\n';
  out += exit_codes();
  out += ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nno colour, if set and not empty\n.SH SEE ALSO\n";
  for (std::size_t i = 0; i < commands.size(); ++i)
    out += ".BR meshsim\\-" + roff(commands[i].name) + " (1)" + (i + 1 < commands.size() ? ",\n" : "\n");
  return out;
}

std::string manual_page(const CompletionCommand& command) {
  const std::string name = "meshsim-" + command.name;
  std::string out = head(name, command.text);
  out += ".SH SYNOPSIS\n.B meshsim " + roff(command.name) + "\n[\\fIoption\\fR ...]" +
         (command.files.empty() ? "" : " " + roff(command.files)) + "\n.SH OPTIONS\n";
  for (const auto& [option, text] : command.options) out += ".TP\n.B " + roff(option) + '\n' + roff(text) + '\n';
  return out + exit_codes() + ".SH SEE ALSO\n.BR meshsim (1)\n";
}

}  // namespace meshsim::scenarios
