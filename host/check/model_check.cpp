#include "check/model_check.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "base/text.hpp"
#include "check/model_tables.hpp"
#include "check/recording_check.hpp"
#include "check/trial.hpp"
#include "data/chosen_samples.hpp"
#include "data/evaluation_batches.hpp"
#include "execute/finite_run.hpp"
#include "plugin/activity.hpp"
#include "plugin/borrowed.hpp"
#include "plugin/handles.hpp"

namespace atelier::check {
namespace {

// The types of the values that were asked for, in words.
std::vector<std::string> types_of(const execute::StepResults& results) {
  std::vector<std::string> out;
  for (const execute::StepResult& result : results.entries) {
    if (result.kind == record::OutputKind::requested) {
      out.push_back(record::to_string({result.tensor->shape, result.tensor->dtype}));
    }
  }
  return out;
}

// Whether the first samples of many are these. Up to rounding, as matrices of other sizes are multiplied in other
// blocks: that is some 1e-7 for each layer, TOLERANCE of the models of ours, and a sample that
// sees the others is another one in its first digits.
bool nearly_begins_with(const tensor::Tensor& many, const tensor::Tensor& few) {
  if (few.dtype != tensor::DType::f32) {
    return std::memcmp(few.storage.data(), many.storage.data(), few.bytes()) == 0;
  }
  const auto* const a = few.storage.as<const float>();
  const auto* const b = many.storage.as<const float>();
  return std::equal(a, a + few.shape.elements(), b, [](float one, float other) {
    return std::abs(one - other) <= 1e-4F * std::max(1.0F, std::abs(one));
  });
}

// Why the model's samples, which are like a field that the data has not, cannot be looked at.
[[noreturn]] void throw_no_field(const catalog::DataSpec& data, const std::string& wanted) {
  std::vector<std::string> known;
  std::ranges::transform(data.fields, std::back_inserter(known), &catalog::FieldSpec::name);
  const std::string text =
      fmt::format("its samples are to be like the field '{}', and the data has {}", wanted, list_of(known));
  if (const std::string meant = did_you_mean(wanted, known); !meant.empty()) {
    throw Error(ErrorKind::plugin, "{}", text + meant);
  }
  throw NotRun(text);
}

std::string sampled(const Workplace& workplace, const experiment::Experiment& experiment) {
  Trial trial(experiment, workplace, 2);
  inference::Sampler& sampler = trial.setup().sampler;
  if (!sampler.makes_samples()) {
    const std::string& field = trial.setup().built.model().sampled_field();
    if (!field.empty()) {
      throw_no_field(trial.setup().data.spec(), field);
    }
    return "it makes none";
  }
  const auto seed = static_cast<uint64_t>(experiment.sample.seed);
  const auto samples = [&](int64_t count) { return sampler.sample(count, seed).values; };
  const tensor::Tensor made = samples(3), again = samples(3), more = samples(70);
  if (std::memcmp(made.storage.data(), again.storage.data(), made.bytes()) != 0) {
    throw Error(ErrorKind::plugin,
                "the same samples, made twice, are not the same; hint: draw with sampling.normal and its kin, and keep "
                "nothing in members");
  }
  const std::string type = record::to_string({made.shape, made.dtype});
  if (!nearly_begins_with(more, made)) {
    if (made.dtype != tensor::DType::f32) {  // a last bit decides where a draw falls between two tokens
      throw NotRun(
          fmt::format("{}, but the first of many are not those of few: rounding may have turned a draw, or a "
                      "sample depends on more than its own draws",
                      type));
    }
    throw Error(ErrorKind::plugin,
                "the first samples of many are not those of few; hint: sample i may depend on its own draws alone");
  }
  return type;
}

std::string drawn(Trial& trial, const plugin::ViewDescription& view) {
  constexpr int64_t count = 2;
  training::Setup& setup = trial.setup();
  std::optional<data::ChosenSamples> samples;
  if (view.uses_data) {
    samples.emplace(setup.data, setup.data.subsets().test, count, 0);
  }
  const auto session = setup.built.session(execute::Mode::sample);
  const auto record = [&](const record::Observation& observation) {
    session->begin({1, purpose_sampling, 0, 0}, observation);
    const uint32_t strips = setup.built.model().draw_view(*session, view.name, count, samples ? &*samples : nullptr);
    session->end(std::span(&strips, 1));
  };
  return types_of(execute::run_finite(*session, record, fmt::format("the view '{}'", view.name))).front();
}

template <typename Table>
std::vector<std::string> names_in(const Workplace& workplace, plugin::Model& model, const char* interface_name) {
  void* const self = model.own_metric().self;
  const plugin::Activity activity(model.component(), "the names of what it offers");
  const auto* table =
      plugin::extension<Table>(workplace.registry.model(model.recipe().model.use), self, interface_name);
  const atl_string* first = nullptr;
  uint64_t count = 0;
  std::vector<std::string> out;
  if (table != nullptr && table->names(self, &first, &count) == ATL_OK) {
    constexpr uint64_t most = 1000;
    std::ranges::transform(plugin::span_of<atl_string>(first, count, most, "the list of names"),
                           std::back_inserter(out), plugin::own);
  }
  return out;
}

// Evaluates one batch; `record` has its context, and gives the places of what is to be looked at.
std::vector<std::string> looked_at(
    Trial& trial, const std::string& what,
    const std::function<std::vector<uint32_t>(atl_context& context, data::EvaluationBatches& batch)>& record) {
  training::Setup& setup = trial.setup();
  const auto session = setup.built.session(execute::Mode::evaluate);
  data::EvaluationBatches batches(setup.data, setup.data.evaluated_subset(), 4);
  batches.next();
  const auto record_batch = [&](const record::Observation& observation) {
    atl_context context;
    context.model = &setup.built.model();
    context.session = session.get();
    context.batch = &batches;
    context.phase.size = sizeof context.phase;
    context.phase.phase = ATL_PHASE_EVALUATE;
    context.phase.batch_size = batches.size();
    context.stage = fmt::format("model '{}'", setup.built.model().recipe().model.use);
    session->begin({1, purpose_evaluation, 0, 0}, observation);
    const std::vector<uint32_t> places = record(context, batches);
    context.check(ATL_OK);
    std::ranges::for_each(places, [&](uint32_t place) { session->expect_finite(place); });
    session->end(places);
  };
  return types_of(execute::run_finite(*session, record_batch, what));
}

uint32_t place_of(const atl_context& context, atl_tensor handle) {
  const plugin::DecodedHandle decoded = plugin::from_handle(*context.session, handle);
  if (!decoded && !context.failed()) {
    throw Error(ErrorKind::shape, "{}: gave no tensor", context.stage);
  }
  return decoded.value;
}

std::string output(Trial& trial, const std::string& name) {
  constexpr int64_t draws = 2;
  const auto record = [&](atl_context& context, data::EvaluationBatches&) {
    atl_tensor made = 0;
    trial.setup().built.model().apply_output(context, name, draws, {"", 0, 0}, &made);
    context.check(ATL_OK);
    return std::vector<uint32_t>{place_of(context, made)};
  };
  return looked_at(trial, fmt::format("the output '{}'", name), record).front();
}

// This model as another one would ask for it: its weights as they are.
inference::ForeignRun as_another_run(Trial& trial) {
  plugin::ForeignModel model{trial.setup().built.model().recipe(), {}};
  for (const auto& parameter : trial.setup().built.bank().parameters) {
    tensor::Tensor& copy = model.weights[parameter->name];
    copy = tensor::Tensor(parameter->value.shape, parameter->value.dtype);
    copy.storage = tensor::copy_of(parameter->value.storage);
  }
  return {"itself", "", "", std::move(model)};
}

std::string features(const Workplace& workplace, const experiment::Experiment& experiment,
                     const std::vector<std::string>& names) {
  Trial* made = nullptr;
  Trial trial(experiment, workplace, 2, [&](const std::string& run) {
    if (made == nullptr) {
      throw Error(ErrorKind::plugin, "a check has no other runs, such as '{}'", run);
    }
    return as_another_run(*made);
  });
  made = &trial;
  if (trial.setup().data.spec().find("image") == nullptr) {
    throw NotRun("they are features of images, and the data that it is built for has no field 'image'");
  }
  plugin::Model& model = trial.setup().built.model();
  atl_features found = 0;
  model.while_building([&] { found = model.find_features("itself"); });
  const auto record = [&](atl_context& context, data::EvaluationBatches& batch) {
    const auto image = std::ranges::find(batch.fields(), "image", &plugin::BatchField::name);
    const uint32_t images = context.session->input(image->type, image->data, {});
    std::vector<atl_string> wanted;
    std::ranges::transform(names, std::back_inserter(wanted), plugin::borrow);
    std::vector<atl_tensor> outputs(names.size());
    model.features().apply(context, found, images, wanted, {"", 0, 0}, outputs.data());
    context.check(ATL_OK);
    std::vector<uint32_t> places;
    std::ranges::transform(outputs, std::back_inserter(places),
                           [&](atl_tensor handle) { return place_of(context, handle); });
    return places;
  };
  return fmt::format("{}", fmt::join(looked_at(trial, "the features", record), ", "));
}

}  // namespace

void check_model(Report& report, const Workplace& workplace, const catalog::Description& model) {
  Tables tables;
  const bool built = report.run("is built", [&] {
    tables.model = lines_of(workplace, model);
    tables.more = losses_of(workplace, model);
    return find_data(workplace, tables);
  });
  if (!built) {
    return;
  }
  check_recording(report, workplace, tables);
  const experiment::Experiment experiment = experiment_of(workplace, tables);
  report.run("samples", [&] { return sampled(workplace, experiment); });
  std::unique_ptr<Trial> trial;
  std::vector<plugin::ViewDescription> views;
  std::vector<std::string> outputs, feature_names;
  report.run("what it offers", [&] {
    trial = std::make_unique<Trial>(experiment, workplace, 2);
    plugin::Model& made = trial->setup().built.model();
    views = made.views();
    outputs = names_in<atl_outputs_v1>(workplace, made, ATL_OUTPUTS_V1);
    feature_names = names_in<atl_features_v1>(workplace, made, ATL_FEATURES_V1);
    return fmt::format("{} views, {} outputs, {} features", views.size(), outputs.size(), feature_names.size());
  });
  for (const plugin::ViewDescription& view : views) {
    report.run(fmt::format("the view '{}'", view.name), [&] { return drawn(*trial, view); });
  }
  for (const std::string& name : outputs) {
    report.run(fmt::format("the output '{}'", name), [&] { return output(*trial, name); });
  }
  if (!feature_names.empty()) {
    report.run("features", [&] { return features(workplace, experiment, feature_names); });
  }
  report.run("is destroyed", [&] {
    trial.reset();
    return std::string("and leaves the check going");
  });
}

}  // namespace atelier::check
