#include "models/wire/peer_metadata.h"

namespace meshsim::models::wire {

namespace {

void put_varint(Bytes& out, std::size_t value) {
  for (; value >= 0x80; value >>= 7) put_u8(out, value | 0x80);
  put_u8(out, value);
}
// Protobuf field of wire type 2.
void put_field(Bytes& out, unsigned number, std::string_view bytes) {
  put_u8(out, number << 3 | 2);
  put_varint(out, bytes.size());
  out += bytes;
}

// google.protobuf.Struct: field 1, a map entry of key (1) and Value (2).
void put_entry(Bytes& out, std::string_view key, std::string_view value) {
  Bytes entry;
  put_field(entry, 1, key);
  put_field(entry, 2, value);
  put_field(out, 1, entry);
}
Bytes text_value(std::string_view text) {
  Bytes out;
  put_field(out, 3, text);
  return out;
}

}  // namespace

Bytes metadata_struct(const PeerMetadata& peer) {
  Bytes labels, value, out;
  for (const auto& [name, text] : peer.labels) put_entry(labels, name, text_value(text));
  put_field(value, 5, labels);  // Value.struct_value
  put_entry(out, "CLUSTER_ID", text_value(peer.cluster));
  put_entry(out, "LABELS", value);
  put_entry(out, "NAME", text_value(peer.name));
  put_entry(out, "NAMESPACE", text_value(peer.ns));
  put_entry(out, "OWNER", text_value(peer.owner));
  put_entry(out, "WORKLOAD_NAME", text_value(peer.workload));
  return out;
}

std::string metadata_header(const PeerMetadata& peer) { return base64(metadata_struct(peer)); }

Bytes metadata_preamble(const PeerMetadata& peer) {
  Bytes any, out;
  put_field(any, 1, "type.googleapis.com/google.protobuf.Struct");
  put_field(any, 2, metadata_struct(peer));
  put_u32(out, 0x3D230467);
  put_u32(out, any.size());
  return out + any;
}

}  // namespace meshsim::models::wire
