#pragma once
// for_each_index: independent pieces of work on several threads. Each piece writes only to its own place, so the result
// does not depend on how many threads there are.
#include <cstddef>
#include <functional>

namespace meshsim::scenarios {

// Calls work(0) ... work(count - 1), each exactly once, in any order. threads = 0: one per processor. A thread costs
// about as much as a dozen judgements: none is started for fewer than `pieces_per_thread` pieces. The first exception
// is thrown again here, after all threads have ended.
void for_each_index(std::size_t count, unsigned threads, const std::function<void(std::size_t)>& work,
                    std::size_t pieces_per_thread = 32);

}  // namespace meshsim::scenarios
