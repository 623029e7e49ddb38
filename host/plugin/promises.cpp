#include "plugin/promises.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/text.hpp"
#include "plugin/handles.hpp"

namespace atelier::plugin {
namespace {

using Dims = std::vector<int64_t>;

// What is wrong with a result whatever it is of; `type` is its type where nothing is.
std::string problem_of(const execute::Session& session, atl_tensor given, record::TensorType& type) {
  const DecodedHandle decoded = from_handle(session, given);
  if (decoded.state == HandleState::empty) {
    return "gave an empty tensor";
  }
  if (decoded.state == HandleState::foreign) {
    return "gave a tensor of another step";
  }
  type = session.type(decoded.value);
  const tensor::DType real = session.recorder().real();
  return type.dtype == real ? "" : fmt::format("gave {}, expected {}", record::to_string(type), tensor::name_of(real));
}

std::string dims_text(const Dims& dims) {
  std::vector<std::string> lengths;
  for (const int64_t length : dims) {
    lengths.push_back(length == -1 ? "any" : fmt::format("{}", length));
  }
  return fmt::format("({})", fmt::join(lengths, ", "));
}

// Lengths of the axes that an output may have, by the list in <atelier/model.hpp>; none of a name that is not there.
std::vector<Dims> promised(std::string_view name, int64_t batch, int64_t draws, const catalog::DataSpec& data) {
  if (name == "log_likelihood" || name == "reconstruction" || name == "divergence") {
    return {{batch}};
  }
  if (name == "posterior_mean" || name == "posterior_log_variance") {
    return {{batch, -1}};
  }
  if (name == "log_importance_weights") {
    return {{batch, draws}};
  }
  std::vector<Dims> out;
  for (const char* field : {"label", "mask"}) {
    if (const catalog::FieldSpec* found = data.find(field); found != nullptr && name == "logits") {
      out.push_back({batch, found->classes > 0 ? found->classes : -1});
      out.back().insert(out.back().end(), found->dims.dims().begin(), found->dims.dims().end());
    }
  }
  return out;
}

}  // namespace

const char* function_name(std::string_view role, int32_t function) {
  if (role == "adversarial") {
    return function == ATL_ADVERSARIAL_DISCRIMINATOR ? "discriminator" : "generator";
  }
  return function == ATL_LOSS_MEAN ? "the mean of per_sample" : function == ATL_LOSS_IMAGE ? "image" : "per_sample";
}

std::string problem_of_loss(const execute::Session& session, std::string_view role, const LossCall& call,
                            atl_tensor output) {
  record::TensorType type;
  if (std::string problem = problem_of(session, output, type); !problem.empty()) {
    return problem;
  }
  const bool by_sample = role != "adversarial" && call.function != ATL_LOSS_MEAN;
  if (!by_sample) {
    return type.shape.elements() == 1 ? "" : fmt::format("gave {}, expected a scalar", record::to_string(type));
  }
  const DecodedHandle first = from_handle(session, call.inputs.empty() ? 0 : call.inputs.front());
  if (!first || session.type(first.value).shape.rank() == 0) {
    return "";
  }
  const int64_t batch = session.type(first.value).shape[0];
  if (call.function == ATL_LOSS_IMAGE) {
    return type.shape.rank() > 0 && type.shape[0] == batch
               ? ""
               : fmt::format("gave {}, expected images of {} samples", record::to_string(type), batch);
  }
  return type.shape.rank() == 1 && type.shape[0] == batch  // nothing is allocated in a step
             ? ""
             : fmt::format("gave {}, expected ({}), one number for each sample", record::to_string(type), batch);
}

std::string problem_of_output(const execute::Session& session, std::string_view name, int64_t batch, int64_t draws,
                              const catalog::DataSpec& data, atl_tensor output) {
  record::TensorType type;
  if (std::string problem = problem_of(session, output, type); !problem.empty()) {
    return problem;
  }
  const std::vector<Dims> expected = promised(name, batch, draws, data);
  if (expected.empty() || std::ranges::any_of(expected, [&](const Dims& dims) { return fits(type.shape, dims); })) {
    return "";
  }
  std::vector<std::string> texts;
  std::ranges::transform(expected, std::back_inserter(texts), dims_text);
  return fmt::format("gave {}, expected {}", record::to_string(type), one_of(texts));
}

namespace {

// The lengths that one sample of the field may have: those of a sequence may be of any number of times.
Dims dims_of_samples(const catalog::FieldSpec& field) {
  Dims out(field.dims.dims().begin(), field.dims.dims().end());
  if (field.kind == catalog::FieldKind::image_sequence || field.kind == catalog::FieldKind::tokens) {
    out.front() = -1;
  } else if (field.kind == catalog::FieldKind::signal) {
    out.back() = -1;
  }
  return out;
}

}  // namespace

std::string problem_of_samples(const execute::Session& session, const catalog::FieldSpec& field, int64_t n,
                               tensor::DType real, atl_tensor samples) {
  Dims expected = dims_of_samples(field);
  expected.insert(expected.begin(), n);
  const tensor::DType dtype = field.dtype == tensor::DType::i64 ? field.dtype : real;
  const DecodedHandle decoded = from_handle(session, samples);
  const record::TensorType type = decoded ? session.type(decoded.value) : record::TensorType{};
  if (decoded && fits(type.shape, expected) && type.dtype == dtype) {
    return "";
  }
  const std::string got = decoded                               ? record::to_string(type)
                          : decoded.state == HandleState::empty ? "an empty tensor"
                                                                : "a tensor of another step";
  return fmt::format("got {}, expected samples like the field '{}', {} {}", got, field.name, tensor::name_of(dtype),
                     dims_text(expected));
}

std::string problem_of_strips(const record::TensorType& type, const catalog::FieldSpec* field, int64_t n,
                              tensor::DType real) {
  if (field == nullptr) {
    return "a view of a field that the data has";
  }
  Dims expected = dims_of_samples(*field);
  if (field->kind == catalog::FieldKind::image) {
    std::ranges::fill(expected, -1);
  }
  expected.insert(expected.begin(), {-1, -1});
  const tensor::DType dtype = field->dtype == tensor::DType::i64 ? field->dtype : real;
  const bool right = fits(type.shape, expected) && type.shape.elements() > 0 && type.dtype == dtype;
  return right ? ""
               : fmt::format("{} strips of elements like the field '{}', {} {}", n, field->name, tensor::name_of(dtype),
                             dims_text(expected));
}

std::string problem_of_feature(const execute::Session& session, std::string_view name, atl_tensor output) {
  record::TensorType type;
  const std::string problem = problem_of(session, output, type);
  return problem.empty() ? "" : fmt::format("'{}': {}", name, problem);
}

bool fits(const tensor::Shape& shape, const Dims& declared) {
  bool fit = shape.rank() == declared.size();
  for (size_t axis = 0; fit && axis < shape.rank(); ++axis) {
    fit = declared[axis] == -1 || shape[axis] == declared[axis];
  }
  return fit;
}

}  // namespace atelier::plugin
