// Who reads a workload is noted where the reading happens; and what counts as the same mesh.
#include <functional>

#include <gtest/gtest.h>

#include "models/mesh/mesh_difference.h"

namespace meshsim::models {
namespace {

WatchedList<Workload> three() {
  WatchedList<Workload> out;
  for (const char* name : {"a", "b", "c"}) {
    Workload one;
    one.name = name;
    out.push_back(one);
  }
  return out;
}

TEST(ReadLog, NotesWhatConstCodeReads) {
  WatchedList<Workload> list = three();
  const WatchedList<Workload>& read = list;
  EXPECT_EQ(read[2].name, "c");  // nobody listens
  ReadLog log;
  EXPECT_EQ(read[1].name, "b");
  EXPECT_EQ(read[0].name, "a");
  EXPECT_EQ(read[1].name, "b");
  list[2].name = "d";  // made, not read
  EXPECT_EQ(read.size(), 3U);
  EXPECT_EQ(read.index_of(read[1]), 1U);
  const MeshReads reads = log.take();
  EXPECT_EQ(reads.workloads, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_FALSE(reads.everything);
  EXPECT_TRUE(log.take().workloads.empty());
}

TEST(ReadLog, NotesThatSomebodyWentThroughTheList) {
  const WatchedList<Workload> list = three();
  ReadLog log;
  for (const Workload& one : list) EXPECT_FALSE(one.name.empty());
  EXPECT_TRUE(log.take().everything);
}

TEST(ReadLog, LogsStandInOneAnother) {
  const WatchedList<Workload> list = three();
  ReadLog outer;
  {
    ReadLog inner;
    EXPECT_EQ(list[2].name, "c");
    EXPECT_EQ(inner.take().workloads.size(), 1U);
  }
  EXPECT_EQ(list[0].name, "a");
  EXPECT_EQ(outer.take().workloads, (std::vector<std::uint32_t>{0}));
}

Mesh mesh_of(WatchedList<Workload> list) {
  Mesh out;
  out.workloads = std::move(list);
  return out;
}

TEST(MeshDifference, NamesTheWorkloads) {
  WatchedList<Workload> list = three();
  list[1].labels["version"] = "v2";
  const MeshDifference one = difference(mesh_of(three()), mesh_of(list));
  ASSERT_FALSE(one.everything);
  EXPECT_EQ(one.workloads, (std::vector<bool>{false, true, false}));
  EXPECT_TRUE(one.spares({{0, 2}, false}));
  EXPECT_FALSE(one.spares({{0, 1}, false}));
  EXPECT_FALSE(one.spares({{}, true}));
}

TEST(MeshDifference, OfLooksUpAndGatewaysIsEverything) {
  const auto changed = [](const std::function<void(Workload&)>& how) {
    WatchedList<Workload> list = three();
    how(list[1]);
    return difference(mesh_of(three()), mesh_of(list)).everything;
  };
  EXPECT_FALSE(changed([](Workload& w) { w.mode = DataplaneMode::Ambient; }));
  EXPECT_TRUE(changed([](Workload& w) { w.name = "x"; }));
  EXPECT_TRUE(changed([](Workload& w) { w.pods.emplace_back(); }));
  EXPECT_TRUE(changed([](Workload& w) { w.host_network = true; }));
  EXPECT_TRUE(changed([](Workload& w) { w.role = ProxyRole::Waypoint; }));
  EXPECT_TRUE(changed([](Workload& w) { w.gateway = 0; }));
}

TEST(MeshDifference, OfSettingsServicesAndRulesIsEverything) {
  const auto changed = [](const std::function<void(Mesh&)>& how) {
    Mesh other = mesh_of(three());
    how(other);
    return difference(mesh_of(three()), other).everything;
  };
  EXPECT_FALSE(changed([](Mesh&) {}));
  EXPECT_TRUE(changed([](Mesh& m) { m.settings.profile.waypoint_canary = false; }));
  EXPECT_TRUE(changed([](Mesh& m) { m.settings.features["PILOT_ENABLE_AMBIENT"] = "false"; }));
  EXPECT_TRUE(changed([](Mesh& m) { m.services.emplace_back(); }));
  EXPECT_TRUE(changed([](Mesh& m) { m.gateways.emplace_back(); }));
  EXPECT_TRUE(changed([](Mesh& m) { m.objects.emplace_back().kind = "AuthorizationPolicy"; }));
  EXPECT_TRUE(changed([](Mesh& m) { m.workloads.push_back({}); }));
}

}  // namespace
}  // namespace meshsim::models
