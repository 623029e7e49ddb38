#include "inference/weights_file.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "inference/foreign_model.hpp"
#include "ops/operations.hpp"
#include "tensor/pytorch_layers.hpp"
#include "tensor/safetensors.hpp"

namespace atelier::inference {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view ending = ".safetensors", extractor = "extractor:", data_comment = "# data: ";

// Those that come with the program and are installed beside it, by their names.
std::map<std::string, fs::path> known_extractors() {
  std::map<std::string, fs::path> out;
  std::error_code ignored;
  const fs::path prefix = fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
  for (const auto& entry : fs::directory_iterator(prefix / "share/atelier/extractors", ignored)) {
    if (entry.path().extension() == ending && entry.is_regular_file(ignored)) {
      out.emplace(entry.path().stem().string(), entry.path());
    }
  }
  return out;
}

fs::path path_of(const std::string& name, const experiment::Experiment& experiment) {
  if (!name.starts_with(extractor)) {
    fs::path file = (experiment.directory / name).lexically_normal();
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) {
      throw Error(ErrorKind::file,
                  "{}: {}, expected weights of a run, as atelier export LOG --weights -o FILE writes them",
                  file.string(), fs::exists(file, ignored) ? "is no file" : "no such file");
    }
    return file;
  }
  const std::map<std::string, fs::path> known = known_extractors();
  const std::string wanted = name.substr(extractor.size());
  if (const auto found = known.find(wanted); found != known.end()) {
    return found->second;
  }
  std::vector<std::string> names;
  for (const auto& [one, file] : known) {
    names.push_back(one);
  }
  throw Error(ErrorKind::experiment, "'{}': no extractor of this name comes with the program, expected {}{}", name,
              one_of(names, "none: it was installed without them"), did_you_mean(wanted, names));
}

catalog::FieldSpec field_from(const Json& json) {
  catalog::FieldSpec field;
  field.name = json.at("name").get<std::string>();
  const auto kind = catalog::field_kind_from(json.at("kind").get<std::string>());
  const std::string type = json.at("type").get<std::string>();
  if (!kind || (type != "float32" && type != "int64")) {
    throw Error(ErrorKind::file, "a field of the kind '{}' and the type '{}'", json.at("kind").get<std::string>(),
                type);
  }
  field.kind = *kind;
  field.dtype = type == "int64" ? tensor::DType::i64 : tensor::DType::f32;
  field.dims = tensor::Shape(json.at("shape").get<std::vector<int64_t>>());
  field.classes = json.at("classes").get<int64_t>();
  field.low = json.at("low").get<double>();
  field.high = json.at("high").get<double>();
  field.rate = json.at("rate").get<double>();
  field.length_field = json.at("length_field").get<std::string>();
  field.class_names = json.at("class_names").get<std::vector<std::string>>();
  field.channel_names = json.at("channel_names").get<std::vector<std::string>>();
  return field;
}

catalog::DataSpec data_from(const std::string& json, const std::string& where) {
  catalog::DataSpec data;
  try {
    const Json parsed = Json::parse(json);
    for (const Json& field : parsed.at("fields")) {
      data.fields.push_back(field_from(field));
    }
    data.train_count = data.test_count = 1;  // nothing goes by them
    if (const std::vector<std::string> problems = catalog::problems_of(data); !problems.empty()) {
      throw Error(ErrorKind::file, "{}", problems.front());
    }
  } catch (const std::exception& error) {
    throw Error(ErrorKind::file, "{}: its '{}' says of the data what cannot be: {}", where, data_key, error.what());
  }
  return data;
}

std::string said_in(const tensor::SafetensorsFile& file, const char* key) {
  const auto found = file.metadata().find(key);
  return found == file.metadata().end() ? "" : found->second;
}

// What a model is called by its weights, as it would be built.
struct Blank {
  std::vector<tensor::NamedShape> shapes;
  std::vector<tensor::Tensor> values;
};

Blank blank_of(const plugin::ModelRecipe& recipe, const plugin::Registry& registry, const fs::path& file) {
  ops::register_operations();
  plugin::Model model(registry, recipe, [&](const std::string& other) -> plugin::ForeignModel {
    throw Error(ErrorKind::file, "{}: its model sees by another run's, '{}', whose weights are not in the file",
                file.string(), other);
  });
  Blank out;
  for (const auto& parameter : model.bank().parameters) {
    if (parameter->is_models_own()) {
      out.shapes.push_back({parameter->name, parameter->value.shape, parameter->value.dtype});
      out.values.emplace_back(parameter->value.shape, parameter->value.dtype);
    }
  }
  return out;
}

tensor::Tensor read(const tensor::SafetensorsFile& file, const tensor::NamedShape& wanted) {
  const tensor::SafetensorsEntry* const entry = file.find(wanted.name);
  if (entry == nullptr || !std::ranges::equal(entry->dims, wanted.shape.dims())) {
    throw Error(ErrorKind::file, "{}: has {} for '{}', expected {}, as its experiment's model has",
                file.path().string(), entry == nullptr ? "nothing" : fmt::format("({})", fmt::join(entry->dims, ", ")),
                wanted.name, to_string(wanted.shape));
  }
  return file.read(*entry, wanted.dtype);
}

// All of them, and nothing but them: then the file is what its experiment says.
std::vector<runlog::NamedTensor> weights_in(const tensor::SafetensorsFile& file, Blank blank) {
  std::set<std::string> known;
  for (const tensor::PyTorchTensor& theirs : tensor::pytorch_tensors_of(blank.shapes)) {
    known.insert(theirs.theirs.name);
    const bool first_of_two = theirs.kind == tensor::PyTorchTensor::Kind::second_bias;
    if (!theirs.is_needed() && !(first_of_two && file.find(theirs.theirs.name) != nullptr)) {
      continue;
    }
    std::vector<tensor::Tensor*> into;
    for (const size_t place : theirs.ours) {
      into.push_back(&blank.values[place]);
    }
    from_pytorch(theirs, read(file, theirs.theirs), into);
  }
  for (const tensor::SafetensorsEntry& entry : file.tensors()) {
    if (!known.contains(entry.name)) {
      throw Error(ErrorKind::file, "{}: has '{}', which its experiment's model has not", file.path().string(),
                  entry.name);
    }
  }
  std::vector<runlog::NamedTensor> out;
  for (size_t i = 0; i < blank.shapes.size(); ++i) {
    out.push_back({blank.shapes[i].name, std::move(blank.values[i])});
  }
  return out;
}

}  // namespace

std::string to_json(const catalog::DataSpec& data) {
  Json fields = Json::array();
  for (const catalog::FieldSpec& field : data.fields) {
    fields.push_back({{"name", field.name},
                      {"kind", catalog::name_of(field.kind)},
                      {"type", std::string(tensor::name_of(field.dtype))},
                      {"shape", std::vector<int64_t>(field.dims.dims().begin(), field.dims.dims().end())},
                      {"classes", field.classes},
                      {"low", field.low},
                      {"high", field.high},
                      {"rate", field.rate},
                      {"length_field", field.length_field},
                      {"class_names", field.class_names},
                      {"channel_names", field.channel_names}});
  }
  return Json{{"fields", fields}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_weights_file(const std::string& name) {
  return name.starts_with(extractor) || name.ends_with(ending);
}

std::string data_json_in(const std::string& resolved) {
  const size_t comment = resolved.rfind("\n" + std::string(data_comment));
  if (comment == std::string::npos) {
    return "";
  }
  const size_t begin = comment + 1 + data_comment.size();
  return resolved.substr(begin, resolved.find('\n', begin) - begin);
}

std::optional<catalog::DataSpec> data_in(const std::string& resolved, const std::string& where) {
  const std::string json = data_json_in(resolved);
  return json.empty() ? std::nullopt : std::optional(data_from(json, where));
}

ForeignRun run_in_file(const std::string& name, const experiment::Experiment& experiment,
                       const plugin::Registry& registry, const Environment& environment) {
  const tensor::SafetensorsFile file(path_of(name, experiment));
  const std::string where = file.path().string();
  std::string resolved = said_in(file, experiment_key);
  if (resolved.empty()) {
    throw Error(ErrorKind::file,
                "{}: has no '{}' in its metadata, from which the model could be built; hint: atelier export LOG "
                "--weights writes it",
                where, experiment_key);
  }
  const std::string json = said_in(file, data_key);  // none of a file that an earlier version has written
  const std::optional<catalog::DataSpec> data =
      json.empty() ? data_in(resolved, where) : std::optional(data_from(json, where));
  plugin::ForeignModel model{foreign_recipe(resolved, where, {}, data, experiment, registry, environment), {}};
  for (runlog::NamedTensor& entry : weights_in(file, blank_of(model.recipe, registry, file.path()))) {
    model.weights.emplace(std::move(entry.name), std::move(entry.value));
  }
  if (data) {
    resolved += fmt::format("\n{}{}\n", data_comment, to_json(*data));
  }
  return {name, Sha256::of_file(file.path()), resolved, std::move(model)};
}

}  // namespace atelier::inference
