#pragma once
// The fields of the kinds that meshsim evaluates: a read-only graph of types, generated from the real schemas.
#include <cstdint>
#include <span>
#include <string_view>

namespace meshsim::scenarios {

enum class FieldType : std::uint8_t { Any, String, Integer, Number, Boolean, IntOrString, Object, List, Map };

struct TypeRecord {
  FieldType type;
  std::uint16_t first;  // Object: index of its first field; List, Map: type of the elements
  std::uint16_t count;  // Object: number of fields, sorted by name
};
struct FieldRecord {
  std::string_view name;
  std::uint16_t type;
};
struct KindRecord {
  std::string_view group, kind;
  std::uint16_t type;  // of the whole object
};

std::span<const FieldRecord> field_records();
std::span<const TypeRecord> type_records();
std::span<const KindRecord> kind_records();  // sorted by group and kind

}  // namespace meshsim::scenarios
