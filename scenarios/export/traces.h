#pragma once
// Traces of a run: the spans that Envoys report of sampled requests, as OTLP JSON, one trace per request that is
// nobody's call, with the spans of all calls that it caused as far as somebody hands its context on; and the run as
// slices over time for Perfetto and chrome://tracing. Applications are taken to hand headers on.
#include <map>
#include <string>

#include "scenarios/export/output_files.h"
#include "scenarios/export/recording.h"

namespace meshsim::scenarios {

// Who called whom among recorded requests, and which trace their spans belong to (TM-162..TM-165): a call continues the
// trace of the nearest request before it that has spans; where there is none it begins one.
class TraceTree {
 public:
  explicit TraceTree(const Recording& recording);
  std::string trace_of(const Happened& happened, const Timed& timed) const;
  // The span that the first span of this request hangs below; empty: none.
  std::string parent_of(const Timed& timed) const;

 private:
  struct Known {
    const Happened* happened = nullptr;
    const Timed* timed = nullptr;
  };
  using Key = std::pair<std::size_t, std::uint64_t>;  // flow, number of the request
  const Known* caller_with_spans(const Timed& timed) const;
  const Recording& recording_;
  std::map<Key, Known> known_;
};

void write_otlp(const Recording& recording, OutputFile& out);
void write_timeline(const Recording& recording, OutputFile& out);

}  // namespace meshsim::scenarios
