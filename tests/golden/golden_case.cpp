#include "golden_case.hpp"

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "ops/operations.hpp"

namespace atelier::golden {
namespace {

using nlohmann::json;

catalog::Value value_of(const json& given, catalog::SettingType type) {
  switch (type) {
    case catalog::SettingType::boolean:
      return given.get<bool>();
    case catalog::SettingType::integer:
      return given.get<int64_t>();
    case catalog::SettingType::number:
      return given.get<double>();
    case catalog::SettingType::text:
      return given.get<std::string>();
    case catalog::SettingType::integers:
      return given.get<std::vector<int64_t>>();
    case catalog::SettingType::numbers:
      return given.get<std::vector<double>>();
    case catalog::SettingType::texts:
      break;
  }
  return given.get<std::vector<std::string>>();
}

// What the case gives, and the description's defaults for the rest.
catalog::ComponentChoice choice_of(const json& given, catalog::Kind kind, const plugin::Registry& registry) {
  catalog::ComponentChoice out{given.at("use"), {}};
  const json& settings = given.at("settings");
  for (const catalog::SettingDescription& setting : registry.get(kind, out.use).description.settings) {
    out.settings[setting.name] =
        settings.contains(setting.name) ? value_of(settings.at(setting.name), setting.type) : setting.default_value;
  }
  return out;
}

StepValues step_of(const json& given) {
  return {given.at("losses").get<std::map<std::string, double>>(), given.at("gradients").get<Named>()};
}

catalog::FieldSpec field_of(const std::string& name, const json& dims, int64_t classes, const json& range) {
  catalog::FieldSpec out{name, classes > 0 ? tensor::DType::i64 : tensor::DType::f32, {}, classes, range[0], range[1]};
  for (const int64_t length : dims) {
    out.dims.append(length);
  }
  return out;
}

// The images, labels where there are any, and the further fields of a case.
std::vector<catalog::FieldSpec> fields_of(const json& given) {
  std::vector<catalog::FieldSpec> out{field_of("image", given.at("image"), 0, given.at("range"))};
  if (given.contains("labels")) {
    out.push_back(field_of("label", json::array(), given.at("classes"), given.at("range")));
  }
  for (const json& field : given.value("fields", json::array())) {
    out.push_back(field_of(field.at("name"), field.at("dims"), field.at("classes"), given.at("range")));
  }
  return out;
}

std::vector<Named> batches_of(const json& given) {
  std::vector<Named> out(given.at("steps").size());
  for (size_t step = 0; step < out.size(); ++step) {
    out[step]["image"] = given.at("images")[step].get<Numbers>();
    if (given.contains("labels")) {
      out[step]["label"] = given.at("labels")[step].get<Numbers>();
    }
    for (const json& field : given.value("fields", json::array())) {
      out[step][field.at("name")] = field.at("values")[step].get<Numbers>();
    }
  }
  return out;
}

void choose_components(const json& given, const plugin::Registry& registry, plugin::ModelRecipe& recipe) {
  recipe.model = choice_of(given.at("model"), catalog::Kind::model, registry);
  for (const auto& [slot, loss] : given.at("losses").items()) {
    recipe.losses[slot] = choice_of(loss, catalog::Kind::loss, registry);
  }
}

// That model sees images of the case's own lengths, in a range of its own.
Foreign foreign_of(const json& given, const plugin::Registry& registry) {
  const json& foreign = given.at("foreign");
  Foreign out{foreign.at("name"), {}, {}};
  choose_components(foreign, registry, out.recipe);
  const json& range = foreign.at("range");
  out.recipe.data = {
      {field_of("image", given.at("image"), 0, range), field_of("label", json::array(), foreign.at("classes"), range)},
      given.at("batch"),
      given.at("batch"),
      {}};
  for (const auto& [name, parameter] : given.at("initial").items()) {
    if (name.starts_with(Foreign::prefix)) {
      out.shapes[name.substr(Foreign::prefix.size())] =
          tensor::Shape(parameter.at("shape").get<std::vector<int64_t>>());
    }
  }
  return out;
}

Case case_of(const json& given, const plugin::Registry& registry) {
  Case out;
  out.name = given.at("name");
  choose_components(given, registry, out.recipe);
  if (given.contains("foreign")) {
    out.foreign = foreign_of(given, registry);
  }
  out.batch = given.at("batch");
  out.latent = given.at("latent");
  out.recipe.data = {fields_of(given), out.batch, out.batch, {}};
  out.recipe.seed = given.at("seed");
  out.optimizer = choice_of(given.at("optimizer"), catalog::Kind::optimizer, registry);
  out.clip_norm = given.at("clip_norm");
  for (const auto& [name, parameter] : given.at("initial").items()) {
    out.initial[name] = parameter.at("values").get<Numbers>();
  }
  out.batches = batches_of(given);
  out.noise = given.at("noise").get<std::vector<Numbers>>();
  out.has_frozen = given.contains("frozen");
  if (out.has_frozen) {
    out.frozen = step_of(given.at("frozen"));
  }
  for (const json& step : given.at("steps")) {
    out.steps.push_back(step_of(step));
  }
  out.weights = given.at("weights").get<Named>();
  if (given.contains("sampled")) {
    out.sampled = given.at("sampled").get<Numbers>();
  }
  return out;
}

plugin::ModelRecipe in(plugin::ModelRecipe recipe, tensor::DType real) {
  ops::register_operations();
  recipe.real = real;
  return recipe;
}

// Nine digits name a float32 exactly, and that is what both precisions start from.
void assign(const Numbers& from, tensor::Tensor& to) {
  ATELIER_CHECK(from.size() == static_cast<size_t>(to.shape.elements()));
  for (size_t i = 0; i < from.size(); ++i) {
    const auto value = static_cast<float>(from[i]);
    if (to.dtype == tensor::DType::f32) {
      to.storage.as<float>()[i] = value;
    } else if (to.dtype == tensor::DType::i64) {
      to.storage.as<int64_t>()[i] = static_cast<int64_t>(from[i]);
    } else {
      to.storage.as<double>()[i] = static_cast<double>(value);
    }
  }
}

Numbers numbers_of(const tensor::Tensor& tensor) {
  const auto count = static_cast<size_t>(tensor.shape.elements());
  Numbers out(count);
  for (size_t i = 0; i < count; ++i) {
    out[i] = tensor.dtype == tensor::DType::f32 ? static_cast<double>(tensor.storage.as<float>()[i])
                                                : tensor.storage.as<double>()[i];
  }
  return out;
}

// What the model asks for while it is built.
plugin::ForeignModels foreign_models(const Case& golden) {
  return [&golden](const std::string& run) {
    ATELIER_CHECK(golden.foreign && golden.foreign->name == run);
    plugin::ForeignModel out{golden.foreign->recipe, {}};
    for (const auto& [name, shape] : golden.foreign->shapes) {
      tensor::Tensor& weights = out.weights.emplace(name, tensor::Tensor(shape, tensor::DType::f32)).first->second;
      assign(golden.initial.at(std::string(Foreign::prefix) + name), weights);
    }
    return out;
  };
}

class OneBatch final : public plugin::BatchSource {
 public:
  OneBatch(const Case& golden, const Named& batch, tensor::DType real) : size_(golden.batch) {
    for (const catalog::FieldSpec& field : golden.recipe.data.fields) {
      tensor::Shape shape{size_};
      for (const int64_t length : field.dims.dims()) {
        shape.append(length);
      }
      const tensor::DType dtype = field.dtype == tensor::DType::i64 ? field.dtype : real;
      values_.emplace_back(shape, dtype);
      assign(batch.at(field.name), values_.back());
      fields_.push_back({field.name, {shape, dtype}, values_.back().storage.data(), {}});
    }
  }
  [[nodiscard]] int64_t size() const override { return size_; }
  [[nodiscard]] const std::vector<plugin::BatchField>& fields() const override { return fields_; }
  void advance() override { throw Error(ErrorKind::data, "the golden cases have one batch a step"); }

 private:
  int64_t size_;
  std::vector<tensor::Tensor> values_;
  std::vector<plugin::BatchField> fields_;
};

}  // namespace

std::vector<Case> read_cases(const std::string& path, const plugin::Registry& registry) {
  std::ifstream file(path);
  if (!file) {
    throw Error(ErrorKind::file, "{}: cannot be read", path);
  }
  std::vector<Case> out;
  for (const json& given : json::parse(file)) {
    out.push_back(case_of(given, registry));
  }
  return out;
}

GoldenRun::GoldenRun(const Case& golden, const plugin::Registry& registry, tensor::DType real)
    : case_(golden),
      real_(real),
      model_(registry, in(golden.recipe, real), foreign_models(golden)),
      optimizers_(model_.bank()),
      session_(execute::Mode::train, real, model_.bank(), executor_, arena_) {
  // Double precision has no optimizer, but freezes nothing either: what a loss does after updates is compared too.
  for (size_t group = 0; real == tensor::DType::f32 && group < model_.bank().groups.size(); ++group) {
    if (registry.get(catalog::Kind::optimizer, golden.optimizer.use).recorded) {
      optimizers_.set(group, std::make_unique<training::RecordedOptimizer>(registry, golden.optimizer),
                      golden.clip_norm);
    } else {
      optimizers_.set(group, std::make_unique<training::Optimizer>(registry, golden.optimizer), golden.clip_norm);
    }
    const double rate = std::get<double>(golden.optimizer.settings.at("learning_rate"));
    optimizers_.set_learning_rate(group, [rate](int64_t) { return rate; });
  }
  for (const auto& parameter : model_.bank().parameters) {
    if (parameter->is_models_own()) {
      assign(golden.initial.at(parameter->name), parameter->value);
    }
  }
}

StepValues GoldenRun::step(int64_t step) {
  OneBatch batch(case_, case_.batches[static_cast<size_t>(step) - 1], real_);
  atl_phase_info phase{};
  phase.step = step;
  phase.total_steps = static_cast<int64_t>(case_.steps.size());
  session_.begin({case_.recipe.seed, purpose_training, step, 0}, {.gradients = true});
  model_.train_step(session_, batch, phase, optimizers_);
  session_.end();
  session_.start();
  StepValues out;
  for (const execute::StepResult& result : session_.wait().entries) {
    if (result.kind == record::OutputKind::logged) {
      out.losses[session_.names()[static_cast<size_t>(result.index)]] = result.value;
    } else if (result.kind == record::OutputKind::gradient) {
      out.gradients[model_.bank().parameters[static_cast<size_t>(result.index)]->name] = numbers_of(*result.tensor);
    }
  }
  return out;
}

Numbers GoldenRun::sample(int64_t n) {
  execute::Session session(execute::Mode::sample, real_, model_.bank(), executor_, arena_);
  session.begin({case_.recipe.seed, purpose_sampling, 0, 0});
  const uint32_t images = *model_.sample(session, n, {});
  session.end(std::span(&images, 1));
  session.start();
  for (const execute::StepResult& result : session.wait().entries) {
    if (result.kind == record::OutputKind::requested) {
      return numbers_of(*result.tensor);
    }
  }
  return {};
}

Named GoldenRun::weights() {
  Named out;
  for (const auto& parameter : model_.bank().parameters) {
    if (parameter->slot_of < 0) {
      out[parameter->name] = numbers_of(parameter->value);
    }
  }
  return out;
}

}  // namespace atelier::golden
