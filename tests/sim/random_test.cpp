#include "sim/random.h"

#include <set>

#include <gtest/gtest.h>

namespace meshsim::sim {
namespace {

TEST(Random, PhiloxEqualsTheReferenceImplementation) {  // known answers of Random123 1.14, kat_vectors
  const PhiloxBlock zero = philox2x64(0, 0, 0);
  EXPECT_EQ(zero.first, 0xca00a0459843d731ull);
  EXPECT_EQ(zero.second, 0x66c24222c9a845b5ull);
  const PhiloxBlock ones = philox2x64(~0ull, ~0ull, ~0ull);
  EXPECT_EQ(ones.first, 0x65b021d60cd8310full);
  EXPECT_EQ(ones.second, 0x4d02f3222f86df20ull);
}

TEST(Random, ADrawIsAPureFunctionOfItsAddress) {
  RandomStream s(StudyKey::of(1, 2), "payments", "gap");
  for (std::uint64_t i = 0; i < 100; ++i)
    EXPECT_EQ(s.next(), RandomStream(StudyKey::of(1, 2), "payments", "gap").at(i));
}

TEST(Random, AddressesThatDifferAnywhereDiffer) {
  std::set<std::uint64_t> seen;
  for (std::uint64_t seed = 0; seed < 5; ++seed)
    for (std::uint64_t replication = 0; replication < 5; ++replication)
      for (const char* entity : {"a", "b", "ab", ""})
        for (const char* purpose : {"a", "b", "ba"})
          seen.insert(RandomStream(StudyKey::of(seed, replication), entity, purpose).at(0));
  EXPECT_EQ(seen.size(), 5u * 5 * 4 * 3);
}

}  // namespace
}  // namespace meshsim::sim
