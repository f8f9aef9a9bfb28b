// The files of an export: all or nothing, no half file under a final name; usage; custom formats through the pipeline.
#include "scenarios/export/export.h"

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "scenarios/cli/cli.h"
#include "scenarios/export/output_files.h"
#include "scenarios/export/scrape_target.h"
#include "scenarios/export/tcp_connection.h"

namespace meshsim::scenarios {
namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::temp_directory_path() / ("meshsim-export-test-" + std::to_string(::getpid()));
  Folder() { fs::remove_all(path); }
  ~Folder() { fs::remove_all(path); }
};

std::string text_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> out;
  if (!fs::exists(folder)) return out;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) out.insert(fs::relative(entry.path(), folder).string());
  return out;
}

TEST(OutputFiles, FinalNamesOnlyAfterCommit) {
  const Folder folder;
  {
    OutputFiles files(folder.path.string());
    files.file("a/b.txt").write(std::string(200'000, 'x'));
    EXPECT_FALSE(names_in(folder.path).contains("a/b.txt"));
    EXPECT_EQ(names_in(folder.path).size(), 1u);  // streamed to a temporary name already
    EXPECT_EQ(files.commit(), std::nullopt);
    EXPECT_EQ(names_in(folder.path), std::set<std::string>{"a/b.txt"});
    EXPECT_EQ(fs::file_size(folder.path / "a/b.txt"), 200'000u);
  }
  {
    OutputFiles files(folder.path.string());
    files.file("a/c.txt").write(std::string(200'000, 'x'));
  }  // cut off
  EXPECT_EQ(names_in(folder.path), std::set<std::string>{"a/b.txt"});
}

TEST(OutputFiles, AnErrorLeavesNothing) {
  const Folder folder;
  fs::create_directories(folder.path / "taken");
  OutputFiles files(folder.path.string());
  files.file("taken").write("a folder has this name");
  files.file("other").write("fine");
  EXPECT_TRUE(files.commit().has_value());
}

TEST(OutputFiles, Names) {
  EXPECT_EQ(file_name_of("reads reviews (PO-150)"), "reads-reviews-po-150");
  EXPECT_EQ(file_name_of("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(file_name_of("***"), "flow");
}

struct Ran {
  int code = 0;
  std::string out, err;
};
Ran meshsim(const std::vector<std::string>& arguments) {
  std::istringstream in;
  std::ostringstream out, err;
  const int code = cli_main(arguments, {in, out, err});
  return {code, out.str(), err.str()};
}
const std::string kMixed = std::string(MESHSIM_SOURCE_DIR) + "/tests/scenarios/export/files/mixed.yaml";

TEST(ExportUsage, WhatIsWrongIsSaid) {
  EXPECT_EQ(meshsim({"run", kMixed, "--export", "metrics"}).code, kUsage);
  EXPECT_EQ(meshsim({"run", kMixed, "--export", "graphs", "--out", "/nowhere"}).code, kUsage);
  EXPECT_EQ(meshsim({"run", kMixed, "--start-time", "1"}).code, kUsage);
  EXPECT_EQ(meshsim({"run", kMixed, "--export", "logs", "--out", "/nowhere", "--start-time", "noon"}).code, kUsage);
  EXPECT_EQ(meshsim({"run", kMixed, "--export", "logs", "--out", "/proc/nowhere"}).code, kInternal);
}

TEST(Export, OneFlowOnly) {
  const Folder folder;
  const Ran ran = meshsim({"run", kMixed, "--export", "pcap", "--out", folder.path.string(), "--flow", "S to A"});
  EXPECT_EQ(ran.code, kFine) << ran.err;
  EXPECT_EQ(names_in(folder.path), (std::set<std::string>{"pcap/002-s-to-a.pcapng", "run.txt"}));
}

TEST(Export, ZtunnelLogAsJson) {
  const Folder folder;
  meshsim({"run", kMixed, "--export", "logs", "--out", folder.path.string(), "--ztunnel-log", "json"});
  bool found = false;
  for (const std::string& name : names_in(folder.path))
    if (name.find("ztunnel") != std::string::npos) {
      found = true;
      EXPECT_TRUE(text_of(folder.path / name).starts_with("{\"level\":\"info\",\"time\":\"2026-01-01T00:00:01."));
    }
  EXPECT_TRUE(found);
}

// TM-086: the texts of a denial and of a STRICT policy reach the file.
TEST(Export, TM086_TextsInZtunnelsLog) {
  const Folder folder;
  meshsim({"run", kMixed, "--export", "logs", "--out", folder.path.string()});
  std::string all;
  for (const std::string& name : names_in(folder.path)) all += text_of(folder.path / name);
  EXPECT_NE(all.find("error=\"connection closed due to policy rejection: allow policies exist, but none allowed\""),
            std::string::npos);
  EXPECT_NE(all.find("error=\"connection closed due to policy rejection: explicitly denied by: "
                     "istio-system/istio_converted_static_strict\""),
            std::string::npos);
  // TM-143: refused by the waypoint: 403, 19 bytes, no upstream.
  EXPECT_NE(all.find("\"DELETE /reviews/1 HTTP/1.1\" 403 - rbac_access_denied_matched_policy[none] - \"-\" 0 19 0 - "),
            std::string::npos)
      << all;
}

TEST(Export, CustomFormats) {
  const Folder folder;
  const fs::path scenario = folder.path / "scenario.json";
  fs::create_directories(folder.path);
  std::ofstream(scenario) << R"({"apiVersion":"meshsim/v1","kind":"Scenario","metadata":{"name":"formats"},
"mesh":{"config":{"defaultProviders":{"accessLogging":["text","labels"]},"extensionProviders":[
 {"name":"text","envoyFileAccessLog":{"path":"/dev/stdout","logFormat":{"text":
   "%PROTOCOL% %REQ(:METHOD)%|%REQ(X-NOT-THERE?USER-AGENT):4%|%RESPONSE_CODE%|%UPSTREAM_CLUSTER%|%DOWNSTREAM_PEER_URI_SAN%|100%%"}}},
 {"name":"labels","envoyFileAccessLog":{"path":"/dev/stdout","logFormat":{"labels":
   {"code":"%RESPONSE_CODE%","who":"%DOWNSTREAM_PEER_URI_SAN%","none":"%REQ(X-NOT-THERE)%","both":"%REQ(:METHOD)% %DURATION%"}}}}]}},
"workloads":[
 {"name":"a","namespace":"n","mode":"sidecar"},
 {"name":"b","namespace":"n","mode":"sidecar","ports":[{"port":80,"name":"http"}]}],
"flows":[{"name":"f","from":{"workload":"n/a"},"to":{"host":"b.n","port":80},"protocol":"http",
  "request":{"headers":{"user-agent":"curl/8"}}}]})";
  const fs::path out = folder.path / "out";
  const Ran ran = meshsim({"run", scenario.string(), "--export", "logs", "--out", out.string()});
  EXPECT_EQ(ran.code, kFine) << ran.err;
  EXPECT_EQ(text_of(out / "logs/n/b-0/istio-proxy.log"),
            "{\"both\":\"GET 0\",\"code\":200,\"none\":null,\"who\":\"spiffe://cluster.local/ns/n/sa/default\"}\n"
            "HTTP/1.1 GET|curl|200|inbound|80|||spiffe://cluster.local/ns/n/sa/default|100%\n");
}

TEST(Export, MalformedFormatsAreFindings) {
  const Folder folder;
  const fs::path scenario = folder.path / "scenario.json";
  fs::create_directories(folder.path);
  std::ofstream(scenario) << R"({"apiVersion":"meshsim/v1","kind":"Scenario","metadata":{"name":"formats"},
"mesh":{"config":{"accessLogFile":"/dev/stdout","accessLogFormat":"50% of %RESPONSE_CODE%","extensionProviders":[
 {"name":"a","envoyFileAccessLog":{"path":"/dev/stdout","logFormat":{"labels":{"x":"%RESPONSE_COD%","y":"%DYNAMIC_METADATA(a:b)%"}}}}]}},
"workloads":[{"name":"a","namespace":"n","mode":"sidecar"}],"flows":[]})";
  const Ran ran = meshsim({"run", scenario.string()});
  EXPECT_EQ(ran.code, kFine);
  EXPECT_NE(
      ran.err.find("MSH0310] (MeshConfig " + scenario.string() + ":2:67) access log format: a % begins no operator"),
      std::string::npos)
      << ran.err;
  EXPECT_NE(ran.err.find("Envoy has no operator %RESPONSE_COD%"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("MSH0311"), std::string::npos) << ran.err;
}

TEST(ScrapeTarget, LabelNames) {
  EXPECT_EQ(label_name("app.kubernetes.io/name"), "app_kubernetes_io_name");
  EXPECT_EQ(label_name("9lives"), "_lives");
}

// HB-035: 52 bytes of headers on a full segment of 1448 at MTU 1500; 60 on SYN; 72 with IPv6.
TEST(Tcp, HB035_Sizes) {
  const auto v4 = *models::IpAddress::parse("10.0.0.1"), v6 = *models::IpAddress::parse("2001:db8::1");
  for (const auto& [ip, syn, full] : {std::tuple{v4, 60u, 1500u}, std::tuple{v6, 80u, 1500u}}) {
    TcpConnection tcp({ip, 40000}, {ip, 80}, 0, 1000, 7);
    tcp.open();
    tcp.write(true, std::string(3000, 'x'));
    EXPECT_EQ(tcp.frames()[0].bytes.size(), 14u + syn);
    EXPECT_EQ(tcp.frames()[3].bytes.size(), 14u + full);
  }
}

}  // namespace
}  // namespace meshsim::scenarios
