#include "plugin/initializer.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "base/text.hpp"
#include "kernels/random.hpp"
#include "plugin/borrowed.hpp"
#include "tensor/memory.hpp"
#include "tensor/safetensors.hpp"

namespace atelier::plugin {
namespace {

// Modified Gram-Schmidt (Golub & Van Loan 2013, algorithm 5.2.6) in double precision, on the rows of a (rows, columns)
// matrix with rows <= columns.
void orthonormalize(std::vector<double>& matrix, int64_t rows, int64_t columns) {
  for (int64_t i = 0; i < rows; ++i) {
    double* row = matrix.data() + i * columns;
    for (int64_t j = 0; j < i; ++j) {
      const double* other = matrix.data() + j * columns;
      double product = 0;
      for (int64_t k = 0; k < columns; ++k) {
        product += row[k] * other[k];
      }
      for (int64_t k = 0; k < columns; ++k) {
        row[k] -= product * other[k];
      }
    }
    double square = 0;
    for (int64_t k = 0; k < columns; ++k) {
      square += row[k] * row[k];
    }
    const double scale = 1 / std::sqrt(square);
    for (int64_t k = 0; k < columns; ++k) {
      row[k] *= scale;
    }
  }
}

void orthogonal(std::vector<float>& values, int64_t rows, double gain) {
  const auto columns = static_cast<int64_t>(values.size()) / std::max<int64_t>(rows, 1);
  const bool wide = rows <= columns;
  const int64_t r = wide ? rows : columns;
  const int64_t c = wide ? columns : rows;
  std::vector<double> matrix(values.begin(), values.end());
  orthonormalize(matrix, r, c);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      values[static_cast<size_t>(i * columns + j)] =
          static_cast<float>(gain * matrix[static_cast<size_t>(wide ? i * c + j : j * c + i)]);
    }
  }
}

}  // namespace

namespace {

void check_whole_numbers(const atl_parameter_info& info) {
  if (info.initializer != ATL_INIT_CONSTANT && info.initializer != ATL_INIT_VALUES) {
    throw Error(ErrorKind::plugin, "whole numbers begin as a constant or as given values");
  }
}

void require_values(const atl_parameter_info& info, int64_t elements) {
  if (info.values == nullptr && elements > 0) {
    throw Error(ErrorKind::plugin, "its values are at a null pointer");
  }
}

}  // namespace

tensor::Tensor zeros(const std::string& name, const tensor::Shape& shape, tensor::DType dtype,
                     const record::Bank& bank) {
  uint64_t others = 0;
  for (const auto& other : bank.parameters) {
    others += other->value.bytes();
  }
  const auto owner = [&] {
    const std::string others_text = human_bytes(static_cast<double>(others));
    return fmt::format("the parameter '{}', {}, with those before it, {} in {},", name, tensor::described(shape, dtype),
                       bank.parameters.size(), others_text);
  };
  return tensor::take_memory(owner, "smaller layers", [&] {
    const uint64_t bytes = static_cast<uint64_t>(shape.elements()) * tensor::size_of(dtype);
    if (const std::string lack = tensor::lack_of_memory(bytes + others); !lack.empty()) {
      throw Error(ErrorKind::memory, "{}", lack);
    }
    return tensor::Tensor(shape, dtype);
  });
}

void initialize(tensor::Tensor& value, const atl_parameter_info& info, uint64_t seed, uint32_t index,
                const std::filesystem::path& directory) {
  const int64_t elements = value.shape.elements();
  if (info.initializer == ATL_INIT_VALUES) {
    require_values(info, elements);
  }
  if (value.dtype == tensor::DType::i64) {
    check_whole_numbers(info);
    auto* const out = value.storage.as<int64_t>();
    if (info.initializer == ATL_INIT_VALUES) {
      std::copy_n(static_cast<const int64_t*>(info.values), elements, out);
    } else {
      std::fill_n(out, elements, static_cast<int64_t>(info.a));
    }
    return;
  }
  std::vector<float> values(static_cast<size_t>(elements));
  const kernels::RandomKey key{seed, purpose_initialization};
  const kernels::RandomPosition position{0, 0, index};
  const auto uniform = [&](double low, double high) {
    kernels::uniform_host(values, key, position);
    for (float& x : values) {
      x = static_cast<float>(low + (high - low) * x);
    }
  };
  const auto normal = [&](double mean, double deviation) {
    kernels::normal_host(values, key, position);
    for (float& x : values) {
      x = static_cast<float>(mean + deviation * x);
    }
  };
  const auto fan_in = static_cast<double>(info.fan_in);
  const auto fan_sum = static_cast<double>(info.fan_in + info.fan_out);
  switch (info.initializer) {
    case ATL_INIT_CONSTANT:
      std::ranges::fill(values, static_cast<float>(info.a));
      break;
    case ATL_INIT_NORMAL:
      normal(info.a, info.b);
      break;
    case ATL_INIT_UNIFORM:
      uniform(info.a, info.b);
      break;
    case ATL_INIT_GLOROT_UNIFORM:
      uniform(-info.a * std::sqrt(6 / fan_sum), info.a * std::sqrt(6 / fan_sum));
      break;
    case ATL_INIT_GLOROT_NORMAL:
      normal(0, info.a * std::sqrt(2 / fan_sum));
      break;
    case ATL_INIT_HE_UNIFORM:
      uniform(-info.a * std::sqrt(3 / fan_in), info.a * std::sqrt(3 / fan_in));
      break;
    case ATL_INIT_HE_NORMAL:
      normal(0, info.a / std::sqrt(fan_in));
      break;
    case ATL_INIT_ORTHOGONAL:
      normal(0, 1);
      orthogonal(values, value.shape.rank() == 0 ? 1 : value.shape[0], info.a);
      break;
    case ATL_INIT_VALUES:
      std::copy_n(static_cast<const float*>(info.values), elements, values.begin());
      break;
    case ATL_INIT_FILE:
      values = tensor::read_safetensors(directory / own(info.file), own(info.file_tensor), value.shape);
      break;
    default:
      throw Error(ErrorKind::plugin, "unknown initializer {}", info.initializer);
  }
  if (value.dtype == tensor::DType::f64) {
    std::ranges::copy(values, value.storage.as<double>());
  } else {
    std::ranges::copy(values, value.storage.as<float>());
  }
}

}  // namespace atelier::plugin
