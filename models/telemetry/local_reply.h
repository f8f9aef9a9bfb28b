#pragma once
// LocalReply: what Envoy writes where it answers by itself: RESPONSE_CODE_DETAILS and the body of its response, by
// response flag (TM-143, TM-144). Imitates Envoy 1.35 to 1.39 (source/common/router, http). Where it stops: the reason
// of a transport failure, which Envoy appends to some bodies, is not known here.
#include <string>
#include <string_view>

#include "models/verdict/outcome.h"

namespace meshsim::models {

// Of the first flag in `flags` ("UF,URX") that says how the request ended; empty: none does.
std::string_view reply_details(std::string_view flags);
// What the client reads of an outcome that no upstream answered; empty: no body, or one that a route object gives.
std::string reply_body(const Outcome& outcome);
// %RESPONSE_FLAGS_LONG%: "NoHealthyUpstream" for UH.
std::string long_flags(std::string_view flags);

}  // namespace meshsim::models
