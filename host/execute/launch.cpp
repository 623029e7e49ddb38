#include "execute/launch.hpp"

namespace atelier::execute {
namespace {

template <typename T>
double at(const void* data, int64_t i) {
  return static_cast<double>(static_cast<const T*>(data)[i]);
}

}  // namespace

void* address_of(const PlannedBuffer& buffer, const Launch& launch) {
  switch (buffer.residence) {
    case Residence::arena:
      return launch.arena + buffer.offset;
    case Residence::own:
      return buffer.memory;
    case Residence::parameter:
      return launch.bank->parameters[static_cast<size_t>(buffer.index)]->value.storage.data();
    case Residence::binding:
      return const_cast<void*>(launch.bindings[buffer.index]);  // only ever an input
  }
  return nullptr;
}

double element(const void* data, DType dtype, int64_t i) {
  switch (dtype) {
    case DType::f32:
      return at<float>(data, i);
    case DType::f64:
      return at<double>(data, i);
    case DType::i64:
      return at<int64_t>(data, i);
    case DType::bf16:
      break;
  }
  return 0;
}

}  // namespace atelier::execute
