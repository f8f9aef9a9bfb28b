// Real manifests (tests/data/manifests): everything is read, the findings are the ones their authors would expect, and
// the order of the inputs changes nothing.
#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "scenarios/read/manifest_reader.h"

namespace meshsim::scenarios {
namespace {

const std::string kFolder = MESHSIM_SOURCE_DIR "/tests/data/manifests/";

std::string summary(const ReadResult& r) {
  std::string out;
  for (const auto& o : r.objects) out += o.api_group + ' ' + o.ref().text() + ' ' + o.source().text() + '\n';
  for (const auto& d : r.diagnostics) out += format(d) + '\n';
  return out;
}

TEST(RealManifests, OrderOfInputsChangesNothing) {
  std::vector<std::string> inputs = {kFolder + "gateway-api",    kFolder + "istio-samples",  kFolder + "istio-testdata",
                                     kFolder + "istio-tutorial", kFolder + "isotope",        kFolder + "kiali-demos",
                                     kFolder + "kiali-testdata", kFolder + "online-boutique"};
  const std::string first = summary(read_manifests(inputs));
  std::reverse(inputs.begin(), inputs.end());
  EXPECT_EQ(summary(read_manifests(inputs)), first);
  EXPECT_EQ(summary(read_manifests({kFolder})), first);
}

TEST(RealManifests, FindingsMakeSense) {
  const ReadResult r = read_manifests({kFolder});
  EXPECT_GT(r.objects.size(), 200u);
  std::map<std::string, int> errors;
  for (const auto& d : r.diagnostics)
    if (d.severity == models::Severity::Error) ++errors[d.code];
  // The only files that cannot be read are the Go templates.
  EXPECT_EQ(errors, (std::map<std::string, int>{{"MSH0006", 2}}));
  // Istio's own valid policies and services raise nothing but repetitions of names.
  for (const auto& d : r.diagnostics) {
    if (d.file.find("-valid.yaml") == std::string::npos) continue;
    EXPECT_TRUE(d.code == "MSH0009" || d.code == "MSH0024" || d.code == "MSH0025") << format(d);
  }
}

TEST(RealManifests, BookinfoIsWhole) {
  const ReadResult r = read_manifests({kFolder + "istio-samples/samples/bookinfo/platform/kube/bookinfo.yaml"});
  EXPECT_TRUE(r.diagnostics.empty());
  std::map<std::string, int> kinds;
  for (const auto& o : r.objects) ++kinds[o.kind];
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"Deployment", 6}, {"Service", 4}, {"ServiceAccount", 4}}));
}

}  // namespace
}  // namespace meshsim::scenarios
