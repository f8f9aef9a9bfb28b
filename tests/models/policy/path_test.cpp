// Path normalisation (PO-047).
#include <gtest/gtest.h>

#include "models/policy/authorization/normalize_path.h"

namespace meshsim::test {

using models::PathNormalization;
using models::policy::normalize_path;

namespace {
std::string normal(const std::string& path, PathNormalization mode) {
  std::string storage;
  return std::string(normalize_path(path, mode, storage).path);
}
}  // namespace

TEST(Path, base_removes_dot_segments_and_backslashes_PO_047) {
  constexpr auto kBase = PathNormalization::Base;
  EXPECT_EQ(normal("/a/../b", kBase), "/b");
  EXPECT_EQ(normal("/a/./b", kBase), "/a/b");
  EXPECT_EQ(normal("/a/b/..", kBase), "/a/");
  EXPECT_EQ(normal("/a/b/.", kBase), "/a/b/");
  EXPECT_EQ(normal("/..", kBase), "/");
  EXPECT_EQ(normal("/../../a", kBase), "/a");
  EXPECT_EQ(normal("/a\\b", kBase), "/a/b");
  EXPECT_EQ(normal("/a\\..\\b", kBase), "/b");
  EXPECT_EQ(normal("/public/%2E%2e/private", kBase), "/private");
  EXPECT_EQ(normal("/public/%2e/private", kBase), "/public/private");
  EXPECT_EQ(normal("/a//b", kBase), "/a//b");
  EXPECT_EQ(normal("/a%2Fb", kBase), "/a%2Fb");
  EXPECT_EQ(normal("/a/...", kBase), "/a/...");
  EXPECT_EQ(normal("/.well-known/x", kBase), "/.well-known/x");
  EXPECT_EQ(normal("/a?b=/../c", kBase), "/a");
  EXPECT_EQ(normal("/a#/../c", kBase), "/a");
  EXPECT_EQ(normal("*", kBase), "*");
}

// istio/istio tests/integration/security/normalization_test.go: the escapes of unreserved characters are decoded.
TEST(Path, escapes_of_unreserved_characters_are_decoded_PO_047) {
  constexpr auto kBase = PathNormalization::Base;
  EXPECT_EQ(normal("/%41", kBase), "/A");
  EXPECT_EQ(normal("/xyz%30..//abc", kBase), "/xyz0..//abc");
  EXPECT_EQ(normal("/a%2db%2Ec%5Fd%7e", kBase), "/a-b.c_d~");
  EXPECT_EQ(normal("/a%20b%25c%3bd%c1%9c", kBase), "/a%20b%25c%3bd%c1%9c");
  EXPECT_EQ(normal("/%2541", kBase), "/%2541") << "once";
  EXPECT_EQ(normal("/a%4", kBase), "/a%4");
  EXPECT_EQ(normal("/a%zz%", kBase), "/a%zz%");
  EXPECT_EQ(normal("/%41", PathNormalization::None), "/%41");
}

TEST(Path, stronger_modes_merge_and_decode_PO_047) {
  EXPECT_EQ(normal("/a//b///c", PathNormalization::MergeSlashes), "/a/b/c");
  EXPECT_EQ(normal("/a%2f%2Fb", PathNormalization::MergeSlashes), "/a%2f%2Fb");
  EXPECT_EQ(normal("/a%2f%2Fb%5cc", PathNormalization::DecodeAndMergeSlashes), "/a/b/c");
  EXPECT_EQ(normal("/a/%2e%2e%2fb", PathNormalization::DecodeAndMergeSlashes), "/b");
  EXPECT_EQ(normal("/a/../b", PathNormalization::None), "/a/../b");
  EXPECT_EQ(normal("/a/../b?q", PathNormalization::None), "/a/../b");
}

TEST(Path, nul_is_refused_PO_047) {
  std::string storage;
  EXPECT_TRUE(normalize_path("/a%00b", PathNormalization::Base, storage).bad);
  EXPECT_FALSE(normalize_path("/a%00b", PathNormalization::None, storage).bad);
  EXPECT_FALSE(normalize_path("/a?b=%00", PathNormalization::Base, storage).bad);
}

}  // namespace meshsim::test
