// Tensors as the contract numbers them: 1 + the place on the tape, below the generation of the recording, so that a
// tensor of another step is recognized. 0 is no tensor.
#pragma once

#include <atelier/abi.h>

#include <cstdint>

#include "execute/session.hpp"

namespace atelier::plugin {

enum class HandleState : uint8_t {
  valid,
  empty,
  foreign,  // of another recording, or from before a cut
};

struct DecodedHandle {
  HandleState state = HandleState::empty;
  uint32_t value = 0;  // the place on the tape, where valid

  explicit operator bool() const { return state == HandleState::valid; }
};

inline atl_tensor to_handle(uint32_t generation, uint32_t value) {
  return (static_cast<uint64_t>(generation) << 32U) | (value + 1);
}

inline atl_tensor to_handle(const execute::Session& session, uint32_t value) {
  return to_handle(session.generation(), value);
}

inline DecodedHandle from_handle(const execute::Session& session, atl_tensor handle) {
  const auto number = static_cast<uint32_t>(handle);
  if (number == 0) {
    return {HandleState::empty};
  }
  if (static_cast<uint32_t>(handle >> 32U) != session.generation() || number > session.value_count()) {
    return {HandleState::foreign};
  }
  return {HandleState::valid, number - 1};
}

}  // namespace atelier::plugin
