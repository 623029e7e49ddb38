#include "runlog/transfer.hpp"

#include <fmt/core.h>

#include <span>

#include "tensor/memory.hpp"

namespace atelier::runlog {

void put(Channel& channel, const std::string& text) {
  put(channel, text.size());
  channel.put(text.data(), text.size());
}

void take(Channel& channel, std::string& text) {
  std::vector<char> characters;
  take(channel, characters);
  text.assign(characters.begin(), characters.end());
}

void put(Channel& channel, const tensor::Shape& shape) {
  std::vector<int64_t> dims(shape.dims().begin(), shape.dims().end());
  put(channel, dims);
}

void take(Channel& channel, tensor::Shape& shape) {
  std::vector<int64_t> dims;
  take(channel, dims);
  shape = tensor::Shape(dims);
}

void put(Channel& channel, const tensor::Tensor& values) {
  put(channel, values.shape);
  put(channel, values.dtype);
  channel.put(values.storage.data(), values.bytes());
}

void take(Channel& channel, tensor::Tensor& values) {
  tensor::Shape shape;
  tensor::DType dtype{};
  take(channel, shape);
  take(channel, dtype);
  values = tensor::take_memory([&] { return fmt::format("a tensor of the log, {},", tensor::described(shape, dtype)); },
                               "a machine with more", [&] { return tensor::Tensor(shape, dtype); });
  channel.take(values.storage.data(), values.bytes());
}

}  // namespace atelier::runlog
