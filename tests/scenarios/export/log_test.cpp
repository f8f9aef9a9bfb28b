// Access log lines: ztunnel's in both formats (TM-080..TM-082), Envoy's operators that a run fills in (TM-141).
#include <gtest/gtest.h>

#include "scenarios/export/export.h"
#include "scenarios/export/log_line.h"

namespace meshsim::scenarios {
namespace {

constexpr std::int64_t kWall = 1'787'220'672'123'456'789;  // 2026-08-20T10:11:12.123456789Z

std::string envoy_line(const char* format, const LineFacts& facts) {
  std::string out;
  LogLine::of_envoy(format).append(out, facts);
  return out;
}
std::string ztunnel_line(const std::map<std::string, std::string>& fields, std::int64_t wall_ns, bool json) {
  std::string out;
  LineFacts facts;
  facts.start_wall_ns = wall_ns;
  LogLine::of_ztunnel(fields, json, false).append(out, facts);
  return out;
}

TEST(Time, Text) {
  EXPECT_EQ(time_text(kWall, 6), "2026-08-20T10:11:12.123456Z");
  EXPECT_EQ(time_text(0, 0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time_text(951'782'400'000'000'000, 3), "2000-02-29T00:00:00.000Z");
}

TEST(Time, StartTime) {
  EXPECT_EQ(parse_start_time("2026-01-01T00:00:00Z"), 1'767'225'600'000'000'000);
  EXPECT_EQ(parse_start_time("1767225600"), 1'767'225'600'000'000'000);
  for (const char* wrong : {"", "yesterday", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01", "-5",
                            "2026-01-01T24:00:00Z", "99999999999999999999", "9999999999"})
    EXPECT_FALSE(parse_start_time(wrong)) << wrong;
}

// The fields of TM-081's line.
std::map<std::string, std::string> example() {
  return {{"level", "info"},
          {"message", "connection complete"},
          {"src.addr", "10.244.0.24:46238"},
          {"src.workload", "productpage-v1-7c-x1"},
          {"src.namespace", "bookinfo"},
          {"src.identity", "spiffe://cluster.local/ns/bookinfo/sa/bookinfo-productpage"},
          {"dst.addr", "10.244.1.15:15008"},
          {"dst.hbone_addr", "10.244.1.15:9080"},
          {"dst.service", "reviews.bookinfo.svc.cluster.local"},
          {"dst.workload", "reviews-v1-5d-y2"},
          {"dst.namespace", "bookinfo"},
          {"dst.identity", "spiffe://cluster.local/ns/bookinfo/sa/bookinfo-reviews"},
          {"direction", "outbound"},
          {"bytes_sent", "172"},
          {"bytes_recv", "395"},
          {"duration", "13ms"}};
}

TEST(ZtunnelLog, TM081_Text) {
  EXPECT_EQ(ztunnel_line(example(), kWall, false),
            "2026-08-20T10:11:12.123456Z\tinfo\taccess\tconnection complete\tsrc.addr=10.244.0.24:46238 "
            "src.workload=\"productpage-v1-7c-x1\" src.namespace=\"bookinfo\" "
            "src.identity=\"spiffe://cluster.local/ns/bookinfo/sa/bookinfo-productpage\" dst.addr=10.244.1.15:15008 "
            "dst.hbone_addr=10.244.1.15:9080 dst.service=\"reviews.bookinfo.svc.cluster.local\" "
            "dst.workload=\"reviews-v1-5d-y2\" dst.namespace=\"bookinfo\" "
            "dst.identity=\"spiffe://cluster.local/ns/bookinfo/sa/bookinfo-reviews\" direction=\"outbound\" "
            "bytes_sent=172 bytes_recv=395 duration=\"13ms\"");
}

TEST(ZtunnelLog, TM081_Json) {
  EXPECT_EQ(
      ztunnel_line({{"level", "error"},
                    {"message", "connection complete"},
                    {"src.addr", "10.0.0.1:1"},
                    {"direction", "inbound"},
                    {"bytes_sent", "0"},
                    {"bytes_recv", "0"},
                    {"duration", "0ms"},
                    {"error", "http status: 401 Unauthorized"}},
                   kWall, true),
      "{\"level\":\"error\",\"time\":\"2026-08-20T10:11:12.123456Z\",\"scope\":\"access\","
      "\"message\":\"connection complete\",\"src.addr\":\"10.0.0.1:1\",\"direction\":\"inbound\",\"bytes_sent\":0,"
      "\"bytes_recv\":0,\"duration\":\"0ms\",\"error\":\"http status: 401 Unauthorized\"}");
}

TEST(ZtunnelLog, TM080_EarlyFailureHasFourFields) {
  EXPECT_EQ(ztunnel_line({{"level", "warn"},
                          {"message", "connection failed"},
                          {"src.addr", "10.0.0.1:1"},
                          {"dst.addr", "10.0.0.2:80"},
                          {"direction", "outbound"},
                          {"error", "no healthy upstream: 10.0.0.2:80"}},
                         kWall, false),
            "2026-08-20T10:11:12.123456Z\twarn\taccess\tconnection failed\tsrc.addr=10.0.0.1:1 dst.addr=10.0.0.2:80 "
            "direction=\"outbound\" error=\"no healthy upstream: 10.0.0.2:80\"");
}

LineFacts facts() {
  LineFacts out;
  out.start_wall_ns = kWall;
  out.duration_ns = 13'900'000;
  out.upstream_ns = 12'000'000;
  out.bytes_received = 5;
  out.bytes_sent = 7;
  out.request_id = "11111111-2222-4333-8444-555555555555";
  out.upstream_local = "10.0.0.1:40000";
  out.downstream_remote = "10.0.0.9:50123";
  out.answered_upstream = true;
  return out;
}

TEST(EnvoyLog, TM141_OperatorsOfARun) {
  const auto line = [](const char* text) { return envoy_line(text, facts()); };
  EXPECT_EQ(line("[%START_TIME%] %DURATION% %BYTES_RECEIVED% %BYTES_SENT%\n"), "[2026-08-20T10:11:12.123Z] 13 5 7\n");
  EXPECT_EQ(line("%START_TIME(%Y/%m/%dT%H:%M:%S.%6f %s)%"), "2026/08/20T10:11:12.123456 1787220672");
  EXPECT_EQ(line("%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% %REQ(X-REQUEST-ID)%"),
            "12 11111111-2222-4333-8444-555555555555");
  EXPECT_EQ(line("%REQ(X-REQUEST-ID):8%"), "11111111");
  EXPECT_EQ(line("%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT%"),
            "10.0.0.9:50123 10.0.0.9 50123");
  EXPECT_EQ(line("100%% of %TRACE_ID%"), "100% of -");
}

TEST(EnvoyLog, TM141_JsonKeepsNumbers) {
  EXPECT_EQ(
      envoy_line("{\"d\":%DURATION%,\"t\":%TRACE_ID%,\"s\":%START_TIME%,\"m\":\"took %DURATION% ms\"}\n", facts()),
      "{\"d\":13,\"t\":null,\"s\":\"2026-08-20T10:11:12.123Z\",\"m\":\"took 13 ms\"}\n");
}

}  // namespace
}  // namespace meshsim::scenarios
