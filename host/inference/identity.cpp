#include "inference/identity.hpp"

#include <fmt/ranges.h>

#include <algorithm>

#include "base/error.hpp"
#include "inference/provenance.hpp"
#include "runlog/identity.hpp"

namespace atelier::inference {

void refuse_other_classes(const runlog::Reader& log, const Environment& environment, data::ExperimentData& data) {
  if (environment.allow_changes) {
    return;
  }
  for (const catalog::FieldSpec& then : log.description().data.fields) {
    const catalog::FieldSpec* const field = data.spec().find(then.name);
    if (field != nullptr && !field->class_names.empty() && !then.class_names.empty() &&
        field->class_names != then.class_names) {
      data.refuse(then.name, fmt::format("the classes of this data are {}, the model was trained with {}; hint: give "
                                         "them the names that they had, or --allow-changes takes them by their numbers",
                                         fmt::join(field->class_names, ", "), fmt::join(then.class_names, ", ")));
    }
  }
}

void check_fields(const runlog::Reader& log, const data::ExperimentData& data) {
  const auto text = [](const catalog::FieldSpec& field) {
    const std::string classes = field.classes > 0 ? fmt::format(", {} classes", field.classes) : "";
    return fmt::format("{} {}{}", catalog::name_of(field.kind), tensor::to_string(tensor::Shape(field.dims)), classes);
  };
  for (const catalog::FieldSpec& then : log.description().data.fields) {
    const catalog::FieldSpec* const now = data.spec().find(then.name);
    if (now != nullptr && text(*now) == text(then)) {
      continue;
    }
    if (const std::string refusal = data.refusal(then.name); !refusal.empty()) {
      throw Error(ErrorKind::data, "'{}': {}", then.name, refusal);
    }
    throw Error(ErrorKind::data, "{}: the data's field '{}' is {}, the model was trained with {}", log.path().string(),
                then.name, now == nullptr ? "not there" : text(*now), text(then));
  }
}

void inform_of_changes(const runlog::Reader& log, const experiment::Experiment& experiment,
                       const plugin::Registry& registry, const Environment& environment, const BuiltModel& model,
                       const std::vector<catalog::Kind>& kinds, const data::ExperimentData* data) {
  if (!environment.inform) {
    return;
  }
  runlog::RunDescription now;
  now.provenance.plugins = plugins_of(experiment, registry, model, kinds);
  if (data != nullptr) {
    now.provenance.dataset_sha256 = data->hash_of_dataset(environment.threads);
    now.data = data->spec();
  }
  std::vector<std::string> changes;
  for (const runlog::Change& change :
       runlog::differences(runlog::identity_of(log.description()), runlog::identity_of(now))) {
    if (!change.was.empty() && !change.now.empty()) {
      changes.push_back(to_text(change));
    }
  }
  if (!changes.empty()) {
    environment.inform(
        fmt::format("{}: not what the run was made from: {}", log.path().string(), fmt::join(changes, "; ")));
  }
}

}  // namespace atelier::inference
