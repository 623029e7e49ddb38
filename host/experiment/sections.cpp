#include "experiment/sections.hpp"

#include <algorithm>
#include <string_view>

#include "base/error.hpp"

namespace atelier::experiment {
namespace {

using catalog::SettingType;
using catalog::Value;

Key make_key(const std::string& name, SettingType type, Value default_value, const std::string& help) {
  Key key;
  key.name = name;
  key.type = type;
  key.help = help;
  key.default_value = std::move(default_value);
  return key;
}

Key integer(const std::string& name, int64_t default_value, const std::string& help) {
  return make_key(name, SettingType::integer, default_value, help);
}

Key number(const std::string& name, double default_value, const std::string& help) {
  return make_key(name, SettingType::number, default_value, help);
}

Key text(const std::string& name, const std::string& default_value, const std::string& help) {
  return make_key(name, SettingType::text, default_value, help);
}

Key texts(const std::string& name, const std::string& help) {
  return make_key(name, SettingType::texts, std::vector<std::string>(), help);
}

Key numbers(const std::string& name, const std::string& help) {
  return make_key(name, SettingType::numbers, std::vector<double>(), help);
}

Key integers(const std::string& name, const std::string& help) {
  return make_key(name, SettingType::integers, std::vector<int64_t>(), help);
}

Key at_least(double minimum, Key key) {
  key.minimum = minimum;
  return key;
}

Key above(double minimum, Key key) {
  key.minimum = minimum;
  key.above_minimum = true;
  return key;
}

Key at_most(double maximum, Key key) {
  key.maximum = maximum;
  return key;
}

Key below(double maximum, Key key) {
  key.maximum = maximum;
  key.below_maximum = true;
  return key;
}

Key one_of_choices(std::vector<std::string> choices, Key key) {
  key.choices = std::move(choices);
  return key;
}

Key required(Key key) {
  key.required = true;
  return key;
}

Key optional(Key key) {
  key.optional = true;
  return key;
}

Key only_for(const std::string& use, Key key) {
  key.only_for = use;
  return key;
}

std::vector<Section> make_sections() {
  return {
      {"",
       "An experiment",
       {required(text("name", "", "Names the run's folder: letters, digits, '.', '_' and '-'")),
        at_least(0, integer("seed", 0, "All of the run's random numbers follow from it")),
        texts("tags", "Words to find the run by")}},
      {"dataset",
       "The images to learn from",
       {make_key("range", SettingType::numbers, std::vector<double>{0.0, 1.0},
                 "Image values are scaled to [low, high]"),
        at_most(0.9, at_least(0, number("validation", 0.0, "Fraction of the training data cut off for validation")))}},
      {"metric",
       "What is measured of the model beyond its own evaluation, by the name that it is logged under",
       {one_of_choices({"evaluation", "end"}, text("when", "evaluation", "At every evaluation, or once at the end"))}},
      {"dataset.transform",
       "What is done to the images before their values are scaled, in this order",
       {at_least(0, integer("crop", 0, "Side in pixels of a random crop, centred in evaluation; 0 is off")),
        at_most(1, at_least(0, number("flip", 0.0, "Probability of a horizontal mirror; training only"))),
        at_least(0, integer("shift", 0, "At most so many pixels in each direction; training only")),
        at_least(0, number("noise", 0.0, "Standard deviation in units of the dataset's range; training only")),
        at_most(256, at_least(0, integer("levels", 0, "Equal grey levels, at least 2; 0 is off"))),
        one_of_choices({"none", "threshold", "fixed", "fresh"},
                       text("binarize", "none",
                            "Black and white: by a threshold, or by chance with the value as the probability, once "
                            "(fixed) or in each epoch (fresh)"))}},
      {"schedule",
       "The learning rate over the run, as a factor",
       {one_of_choices({"constant", "step", "cosine"}, text("use", "constant", "The factor's curve")),
        at_least(0, integer("warmup", 0, "Steps over which the factor rises from 0")),
        only_for("step", required(at_least(1, integer("every", 1, "Steps from one drop to the next")))),
        only_for("step", at_most(1, above(0, number("factor", 0.1, "What each drop multiplies by")))),
        only_for("cosine", at_most(1, at_least(0, number("floor", 0.0, "The factor of the last step"))))}},
      {"train",
       "How long and how to train; exactly one of epochs and steps",
       {optional(at_least(1, integer("epochs", 1, "Passes over the training data"))),
        optional(at_least(1, integer("steps", 1, "Training steps"))),
        at_least(1, integer("batch_size", 128, "Images in a training step")),
        at_most(1024,
                at_least(1, integer("shards", 1,
                                    "Equal pieces that a batch is computed in; losses and batch normalization see "
                                    "one at a time"))),
        at_least(0, number("clip_norm", 0.0, "Largest global norm of a group's gradients; 0 is off")),
        below(1, at_least(0, number("average", 0.0,
                                    "Decay of a moving average of the weights, which evaluation and samples then use; "
                                    "0 is off"))),
        at_most(16, at_least(0, integer("delay", 0,
                                        "By how many of its updates a group's gradients are late, as those of "
                                        "asynchronous workers"))),
        one_of_choices({"float32", "bf16", "emulated-bf16"},
                       text("precision", "float32",
                            "What products and convolutions of training steps read; bf16 needs a processor with "
                            "instructions for it"))}},
      {"train.early_stopping",
       "Stop when the metric of [evaluate] no longer improves",
       {required(at_least(1, integer("patience", 1, "Evaluations without an improvement"))),
        at_least(0, number("min_delta", 0.0, "What a value must be better by than the last that was an improvement"))}},
      {"evaluate",
       "When to evaluate, and by which metric the best weights are chosen",
       {above(0, number("every", 1.0, "Epochs between evaluations")),
        text("metric", "loss", "The metric that chooses the best weights"),
        optional(one_of_choices({"min", "max"}, text("goal", "min",
                                                     "Whether a smaller or a larger value of the metric is better; by "
                                                     "default as whoever reports it says"))),
        at_least(1, integer("batch_size", 256, "Images in an evaluation step"))}},
      {"sample",
       "Images made by the model while it trains",
       {above(0, number("every", 1.0, "Epochs between samples")),
        at_most(4096, at_least(1, integer("count", 64, "Images in a sample"))),
        optional(at_least(0, integer("seed", 0, "Seed of the samples; the run's where not given")))}},
      {"checkpoint",
       "What to resume from, and to replay from",
       {above(0, number("every", 60.0, "Seconds between checkpoints")),
        at_least(0, integer("keep", 0, "Steps between checkpoints that stay in the log; 0 is off"))}},
      {"log",
       "What else to keep, and how often; 0 is off",
       {at_least(1, integer("every", 10, "Steps between rows of the train metrics")),
        at_least(0, integer("gradient_norms", 0, "Steps between the gradient norms of each layer")),
        at_least(0, integer("weights", 0, "Steps between copies of the weights")),
        at_least(0, integer("gradients", 0, "Steps between copies of the gradients")),
        texts("activations", "Layers whose activations to keep"),
        at_least(1, integer("activations_every", 100, "Steps between copies of the activations"))}},
      {"start",
       "Weights to begin with",
       {required(
            text("from", "",
                 "A log's path, a run's id, the name of an experiment: its newest finished run; or FILE.safetensors")),
        texts("groups", "Parameter groups to take, with their state; everything where empty"),
        texts("freeze", "Parameter groups that stay as they are: weights, running statistics, codebooks")}},
      {"sweep.random",
       "Points drawn at random, instead of all combinations",
       {required(at_least(1, integer("count", 1, "Points to draw; a larger count keeps those of a smaller one"))),
        at_least(0, integer("seed", 0, "What is drawn follows from it"))}},
      {"sweep.halving",
       "Points are compared on their way, and the best of them alone go on; exactly one of the four that say where",
       {text("metric", "", "An evaluated number, as validation/loss; that of [evaluate] where it is empty"),
        optional(one_of_choices({"min", "max"}, text("goal", "min", "Which values are better, where nobody says"))),
        optional(above(0, numbers("epochs", "Passes over the training data at which points are compared"))),
        optional(at_least(1, integers("steps", "Training steps at which points are compared"))),
        optional(above(0, number("smallest_epochs", 1.0, "The first comparison; `factor` times as long to each next"))),
        optional(at_least(1, integer("smallest_steps", 1, "The same in training steps"))),
        at_least(2, integer("factor", 3, "Of so many points that are compared one goes on"))}},
  };
}

// The tables that hold components, and so have no section of their own.
std::vector<std::string> component_tables(const std::string& section) {
  return section.empty() ? std::vector<std::string>{"model", "loss", "optimizer"} : std::vector<std::string>();
}

}  // namespace

const std::vector<Section>& sections() {
  static const std::vector<Section> all = make_sections();
  return all;
}

const Section& section(const std::string& name) {
  const auto found = std::ranges::find(sections(), name, &Section::name);
  ATELIER_CHECK(found != sections().end());
  return *found;
}

std::vector<std::string> names_in(const Section& parent) {
  std::vector<std::string> names;
  for (const auto& key : parent.keys) {
    names.push_back(key.name);
  }
  const std::string prefix = parent.name.empty() ? "" : parent.name + ".";
  for (const auto& child : sections()) {
    const bool inside = !child.name.empty() && child.name != parent.name && child.name.starts_with(prefix);
    if (inside && child.name.find('.', prefix.size()) == std::string::npos) {
      names.push_back(child.name.substr(prefix.size()));
    }
  }
  const auto components = component_tables(parent.name);
  names.insert(names.end(), components.begin(), components.end());
  return names;
}

}  // namespace atelier::experiment
