// JSON goes through read_documents like YAML, and through an own reader that takes what libyaml does not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scenarios/read/document_reader.h"

namespace meshsim::scenarios {
namespace {

using models::NodeKind;
using models::Position;

struct Read {
  Documents documents;
  models::Diagnostics diagnostics;
};

Read read(std::string_view text, const char* file = "f.json") {
  Read out;
  out.documents = read_documents(text, file, {}, out.diagnostics);
  return out;
}

std::string first(std::string_view text) {
  const Read r = read(text);
  if (r.diagnostics.empty()) return "";
  const auto& d = r.diagnostics.front();
  return d.code + '@' + std::to_string(d.position.line) + ':' + std::to_string(d.position.column);
}

TEST(JsonReader, ValuesAndPlaces) {
  const Read r =
      read("{\n\t\"a\": 1,\"b\":[true, null, -1.5e3],\n  \"c\": \"\\u00e9\\/\\n\\ud83d\\ude00\", \"\xc3\xa9\": {}}\n");
  ASSERT_EQ(r.documents.trees.size(), 1u);
  const models::Node root = r.documents.trees[0]->root();
  EXPECT_EQ(root["a"].kind(), NodeKind::Int);
  EXPECT_EQ(root["a"].position(), (Position{2, 7}));
  EXPECT_EQ(root["b"].key_position(), (Position{2, 9}));
  EXPECT_EQ(root["b"].at(1).kind(), NodeKind::Null);
  EXPECT_EQ(root["b"].at(2).number(), -1500.0);
  EXPECT_EQ(root["c"].text(), "\xc3\xa9/\n\xf0\x9f\x98\x80");
  EXPECT_EQ(root["\xc3\xa9"].position(), (Position{3, 39}));
  EXPECT_TRUE(root["\xc3\xa9"].is_mapping());
}

TEST(JsonReader, LongKeysAreFine) {
  const std::string key(5000, 'k');
  const Read r = read("{\"" + key + "\": 1}");
  ASSERT_EQ(r.documents.trees.size(), 1u);
  EXPECT_EQ(r.documents.trees[0]->root()[key].text(), "1");
}

TEST(JsonReader, SeveralValuesInOneFile) {
  EXPECT_EQ(read("{\"a\":1}\n{\"b\":2}{\"c\":3}").documents.trees.size(), 3u);
  EXPECT_EQ(read("{\"a\":\"\\ud83d\\ude00\"}\n---\nb: 2\n---\n{\"c\":\"\\ud83d\\ude00\"}\n").documents.trees.size(),
            3u);
}

TEST(JsonReader, FlowYamlThatStartsLikeJsonIsYaml) {
  const Read r = read("{a: 1, b: [x, y]}\n---\n[1, 2,]\n", "f.yaml");
  EXPECT_EQ(r.documents.trees.size(), 2u);
  EXPECT_TRUE(r.diagnostics.empty());
}

TEST(JsonReader, FaultsHaveAPlace) {
  EXPECT_EQ(first("{\"a\": tru}"), "");  // YAML: the text "tru"
  EXPECT_EQ(first("{\"a\": 1,\n \"a\": 2}"), "MSH0007@2:2");
  EXPECT_EQ(first("{\"a\": \n \"open}"), "MSH0004@2:8");
  EXPECT_EQ(first("{\"a\": [1, 2}"), "MSH0004@1:12");
  EXPECT_EQ(first("{\"a\" 1}\n"), "MSH0004@1:6");
  EXPECT_EQ(first("{\"a\": \"\\ud83d\"}"), "MSH0004@1:14");
  EXPECT_EQ(first("{\"a\": \"\\x\"}"), "MSH0004@1:8");
  EXPECT_EQ(first("{\"a\": 1} trailing"), "MSH0004@1:10");
  EXPECT_EQ(first("{\"a\": {"), "MSH0004@1:8");
  EXPECT_EQ(first(std::string(10'000, '[')), "MSH0002@1:101");
  EXPECT_EQ(first("{\"a\": \"\xff\"}"), "MSH0003@1:8");
}

}  // namespace
}  // namespace meshsim::scenarios
