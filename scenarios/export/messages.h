#pragma once
// Messages: the HTTP/1.1 text of one request and its response as the client's connection carries them, and their sizes
// (TM-019: headers, body and framing, without TLS). `requestBytes` and `responseBytes` of a flow are whole messages;
// bodies are filled up to them. TCP flows move `bytesToServer` and `bytesToClient`, or the same two.
#include <cstdint>
#include <string>

#include "models/verdict/outcome.h"
#include "scenarios/read/scenario.h"

namespace meshsim::scenarios {

struct MessageSizes {
  std::uint64_t request = 0, response = 0;
};
MessageSizes message_sizes(const models::Flow& flow, const models::Outcome& outcome, const Traffic& traffic);

// HTTP in the clear only. `size`: the whole message; headers alone may already be longer.
std::string request_text(const models::Flow& flow, std::uint64_t size);
// Empty where the client gets no response.
std::string response_text(const models::Flow& flow, const models::Outcome& outcome, std::uint64_t size);
std::string authority_of(const models::Flow& flow);

// Whether application bytes arrived at (or were answered by) something behind the client's proxy.
bool bytes_flowed(const models::Flow& flow, const models::Outcome& outcome);

}  // namespace meshsim::scenarios
