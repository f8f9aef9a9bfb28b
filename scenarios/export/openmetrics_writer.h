#pragma once
// OpenMetricsWriter: families and samples of OpenMetrics text, every series at every scrape (internal to
// scenarios/export).
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "scenarios/export/output_files.h"
#include "scenarios/export/recording.h"
#include "scenarios/export/scrape_target.h"

namespace meshsim::scenarios {

class OpenMetricsWriter {
 public:
  OpenMetricsWriter(const Recording& recording, OutputFile& out);
  void head(std::string_view name, std::string_view type, std::string_view help);
  // `more`: labels beyond the series's own, with a comma before them; `k`: the scrape.
  void sample(std::string_view name, std::string_view suffix, std::string_view labels, std::string_view more,
              double value, std::size_t k);
  std::size_t samples() const { return times_.size(); }

 private:
  OutputFile& out_;
  std::vector<std::string> times_;
  std::string line_;
};

// a="1",b="2"; honor_labels: what the proxy says wins over what the scrape adds.
std::string series_labels(const std::map<std::string, std::string>& own, const ScrapeTarget& target);

// What scrapes find beside Istio's standard metrics: istio_build of every proxy; how many pods
// each ztunnel acts for; of simulated proxies, what the kubelet's
// cAdvisor says of their containers (CPU and memory by CO-021, CO-026).
void write_builds(const models::Mesh& mesh, OpenMetricsWriter& writer);
void write_workload_managers(const models::Mesh& mesh, OpenMetricsWriter& writer);
void write_containers(const RunResult& run, const Recording& recording, OpenMetricsWriter& writer);

// Upper bounds of a histogram of this Envoy: TM-003, or those of annotation sidecar.istio.io/statsHistogramBuckets.
std::vector<double> bucket_bounds(const models::Workload* workload, std::string_view metric);

}  // namespace meshsim::scenarios
