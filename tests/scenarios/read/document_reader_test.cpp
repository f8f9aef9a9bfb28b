#include "scenarios/read/document_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace meshsim::scenarios {
namespace {

using models::Diagnostics;
using models::Node;
using models::NodeKind;
using models::Position;

struct Read {
  Documents documents;
  Diagnostics diagnostics;
  Node root(std::size_t i = 0) const { return i < documents.trees.size() ? documents.trees[i]->root() : Node(); }
};

Read read(std::string_view text, const ReadLimits& limits = {}) {
  Read out;
  out.documents = read_documents(text, "f.yaml", limits, out.diagnostics);
  return out;
}

std::string places(const Read& r) {
  std::string out;
  for (const auto& d : r.diagnostics)
    out += d.code + '@' + std::to_string(d.position.line) + ':' + std::to_string(d.position.column) + ' ';
  return out;
}

TEST(DocumentReader, KeepsThePlaceOfEveryKeyAndValue) {
  const Read r = read("a: 1\nb:\n  - x\n  - {c: true}\n");
  EXPECT_EQ(r.root()["a"].position(), (Position{1, 4}));
  EXPECT_EQ(r.root()["b"].key_position(), (Position{2, 1}));
  EXPECT_EQ(r.root()["b"].at(1)["c"].key_position(), (Position{4, 6}));
  EXPECT_EQ(r.root()["b"].at(1)["c"].kind(), NodeKind::Bool);
  EXPECT_EQ(r.documents.trees.size(), 1u);
  EXPECT_FALSE(r.documents.broken);
}

TEST(DocumentReader, QuotedScalarsAreText) {
  const Read r = read("a: \"true\"\nb: '15'\nc: |\n  12\nd: !!str 7\ne: !!int \"7\"\nf: !custom 7\n");
  for (const char* key : {"a", "b", "c", "d", "f"}) EXPECT_TRUE(r.root()[key].is_string()) << key;
  EXPECT_EQ(r.root()["e"].kind(), NodeKind::Int);
}

TEST(DocumentReader, ByteOrderMarkAndCarriageReturnsDoNotMatter) {
  const Read r = read(
      "\xef\xbb\xbf"
      "a: 1\r\nb:\r\n  c: text\r\n---\r\nd: 2\r\n");
  ASSERT_EQ(r.documents.trees.size(), 2u);
  EXPECT_EQ(r.root()["a"].position(), (Position{1, 4}));
  EXPECT_EQ(r.root()["b"]["c"].text(), "text");
  EXPECT_EQ(r.root(1)["d"].position(), (Position{5, 4}));
}

TEST(DocumentReader, EmptyDocumentsAreLeftOut) {
  EXPECT_EQ(read("---\n---\na: 1\n---\n# only a comment\n---\n~\n").documents.trees.size(), 1u);
  EXPECT_TRUE(read("").documents.trees.empty());
}

TEST(DocumentReader, AliasesCopyTheirAnchor) {
  const Read r = read("a: &x {k: [1, two]}\nb: *x\n&n name: v\nc: *n\n*n : again\n");
  EXPECT_TRUE(equal_values(r.root()["a"], r.root()["b"]));
  EXPECT_EQ(r.root()["c"].text(), "name");
  EXPECT_EQ(places(r), "MSH0007@5:1 ");  // *n as a key is "name", given before
}

TEST(DocumentReader, MergesKeepExplicitKeys) {
  const Read r = read(
      "base: &b {a: 1, b: 2, c: {d: 3}}\nother: &o {b: 20, e: 5}\none:\n  <<: *b\n  b: own\n"
      "two:\n  x: y\n  <<: [*o, *b]\nthree: {<<: {a: inline}, z: 1}\nfour: {\"<<\": text}\n");
  EXPECT_EQ(r.root()["one"]["a"].text(), "1");
  EXPECT_EQ(r.root()["one"]["b"].text(), "own");
  EXPECT_EQ(r.root()["one"]["c"]["d"].text(), "3");
  EXPECT_EQ(r.root()["one"].size(), 3u);
  EXPECT_EQ(r.root()["two"]["b"].text(), "20");
  EXPECT_EQ(r.root()["two"]["a"].text(), "1");
  EXPECT_EQ(r.root()["three"]["a"].text(), "inline");
  EXPECT_EQ(r.root()["three"].size(), 2u);
  EXPECT_EQ(r.root()["four"]["<<"].text(), "text");
  EXPECT_TRUE(r.diagnostics.empty()) << places(r);
}

TEST(DocumentReader, WrongMergesAndAliasesAreNamed) {
  EXPECT_EQ(places(read("a: 1\n<<: text\n")), "MSH0008@2:5 ");
  EXPECT_EQ(places(read("a: *nobody\n")), "MSH0008@1:4 ");
  EXPECT_EQ(places(read("a: &x\n  b: *x\n")), "MSH0008@2:6 ");
}

TEST(DocumentReader, DuplicateKeysAreErrorsAndNameBothPlaces) {
  const Read r = read("a: 1\nb: 2\na: {deep: [1]}\nc: 3\n");
  EXPECT_EQ(places(r), "MSH0007@3:1 ");
  EXPECT_THAT(r.diagnostics[0].message, testing::HasSubstr("line 1"));
  EXPECT_EQ(r.root()["a"].text(), "1");
  EXPECT_EQ(r.root().size(), 3u);
  EXPECT_TRUE(r.documents.broken);
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "k" + std::to_string(i) + ": v\n";
  EXPECT_EQ(places(read(many)), "");
  EXPECT_EQ(places(read(many + "k77: v\n")), "MSH0007@1001:1 ");
}

TEST(DocumentReader, AliasBombsStopAtTheLimit) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) bomb += last + (j < 8 ? ", " : "]\n");
  }
  const Read r = read(bomb + "---\nb: 1\n");
  ASSERT_EQ(r.diagnostics.size(), 1u);
  EXPECT_EQ(r.diagnostics[0].code, "MSH0002");
  EXPECT_THAT(r.diagnostics[0].message, testing::HasSubstr("1000000"));
  EXPECT_EQ(r.documents.trees.size(), 1u);
}

TEST(DocumentReader, DepthHasALimitThatCanBeRaised) {
  for (const int depth : {150, 10'000}) {
    const std::string flow =
        std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
    const Read r = read("a: " + flow + "\n---\nb: 1\n");
    EXPECT_EQ(places(r), "MSH0002@1:103 ");
    EXPECT_THAT(r.diagnostics[0].message, testing::HasSubstr("100 levels"));
    EXPECT_EQ(r.documents.trees.size(), 1u);
    EXPECT_EQ(places(read(flow)), "MSH0002@1:101 ");
  }
  ReadLimits raised;
  raised.depth = 200;
  EXPECT_EQ(places(read("a: " + std::string(150, '[') + std::string(150, ']'), raised)), "");
}

TEST(DocumentReader, ABrokenDocumentDoesNotLoseTheOthers) {
  const Read r = read("a: 1\n---\nb: [1, 2\n---\nc: 3\n---\n\td: 4\n---\ne: \"open\n---\nf: 6\n");
  EXPECT_EQ(r.documents.trees.size(), 3u);
  EXPECT_EQ(places(r), "MSH0004@4:1 MSH0004@7:1 MSH0004@10:1 ");
  EXPECT_THAT(r.diagnostics[0].message, testing::HasSubstr("starts at 3:4"));
  EXPECT_THAT(r.diagnostics[1].message, testing::HasSubstr("tab"));
  EXPECT_EQ(r.root(2)["f"].position(), (Position{11, 4}));
}

TEST(DocumentReader, EncodingFaultsHaveALineAndLoseOneDocument) {
  const Read r = read("a: 1\n---\nb: ok\nc: caf\xe9\n---\nd: 4\n---\ne: \x01\n");
  EXPECT_EQ(places(r), "MSH0003@4:7 MSH0003@8:4 ");
  EXPECT_EQ(r.documents.trees.size(), 2u);
  EXPECT_EQ(places(read(std::string_view("a: 1\nb: \0x", 10))), "MSH0003@2:4 ");
  EXPECT_EQ(places(read("\xff\xfe"
                        "a")),
            "MSH0003@1:1 ");
  EXPECT_THAT(read("\xff\xfe"
                   "a")
                  .diagnostics[0]
                  .message,
              testing::HasSubstr("UTF-16"));
}

TEST(DocumentReader, AColonAtTheEndOfAFlowScalarIsReadAsGoDoes) {
  const Read r = read("x: 0\n---\naddresses: [1.2.3.4, 001:db8::]\nk: [a::, b::, c]\nlast: 1\n---\ny: 1\n");
  ASSERT_EQ(r.documents.trees.size(), 3u);
  EXPECT_EQ(r.root(1)["addresses"].at(1).text(), "001:db8::");
  EXPECT_EQ(r.root(1)["addresses"].at(1).position(), (Position{3, 22}));
  EXPECT_EQ(r.root(1)["k"].at(1).text(), "b::");
  EXPECT_EQ(r.root(1)["k"].at(1).position(), (Position{4, 10}));
  EXPECT_EQ(r.root(1)["k"].at(2).position(), (Position{4, 15}));
  EXPECT_EQ(r.root(1)["last"].position(), (Position{5, 7}));
  EXPECT_EQ(places(r), "MSH0009@3:22 MSH0009@4:5 MSH0009@4:10 ");
  EXPECT_FALSE(r.documents.broken);
}

TEST(DocumentReader, TemplatesAreNamedAsTemplates) {
  for (const char* text :
       {"{{- if .Values.x }}\na: 1\n{{- end }}\n", "a: 1\n{{ range }}\nb: 2\n", "name: {{ .Name }}\n"}) {
    const Read r = read(text);
    ASSERT_EQ(r.diagnostics.size(), 1u) << text;
    EXPECT_EQ(r.diagnostics[0].code, "MSH0006") << text;
    EXPECT_THAT(r.diagnostics[0].message, testing::HasSubstr("{{"));
  }
  EXPECT_EQ(places(read("panel: 'legend {{ pod }}'\nb: [\n")), "MSH0004@3:1 ");
}

TEST(DocumentReader, KeysAreSentAsText) {
  const Read r = read("on: 1\n8080: x\n? complex\n: y\n");
  EXPECT_EQ(r.root()["true"].text(), "1");
  EXPECT_EQ(r.root()["8080"].text(), "x");
  EXPECT_EQ(r.root()["complex"].text(), "y");
  EXPECT_EQ(places(read("[a]: b\n")), "MSH0004@1:1 ");
  EXPECT_EQ(places(read(": b\n")), "MSH0004@1:1 ");
}

TEST(DocumentReader, FindingsOfOneFileAreLimited) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "---\n[\n";
  const Read r = read(text);
  EXPECT_EQ(r.diagnostics.size(), 101u);
  EXPECT_THAT(r.diagnostics.back().message, testing::HasSubstr("left out"));
}

}  // namespace
}  // namespace meshsim::scenarios
