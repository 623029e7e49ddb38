// A small catalog, and shorthand, for the tests of host/experiment.
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "experiment/experiment.hpp"

namespace atelier::experiment::testing {

inline catalog::SettingDescription setting(const std::string& name, catalog::SettingType type,
                                           catalog::Value default_value) {
  catalog::SettingDescription description;
  description.name = name;
  description.help = "The " + name;
  description.type = type;
  description.default_value = std::move(default_value);
  return description;
}

inline catalog::Description component(catalog::Kind kind, const std::string& name, const std::string& role = "") {
  catalog::Description description;
  description.kind = kind;
  description.name = name;
  description.role = role;
  description.summary = "Component " + name;
  return description;
}

// Two models, four losses in two roles, two optimizers, two datasets.
inline std::vector<catalog::Description> catalog() {
  using catalog::Kind;
  using catalog::SettingType;

  auto vae = component(Kind::model, "vae");
  vae.settings = {setting("hidden", SettingType::integers, std::vector<int64_t>{512, 256}),
                  setting("latent", SettingType::integer, int64_t{20}),
                  setting("activation", SettingType::text, "relu"), setting("bias", SettingType::boolean, true)};
  vae.settings[0].minimum = 1;
  vae.settings[1].minimum = 1;
  vae.settings[1].maximum = 1024;
  vae.settings[2].choices = {"relu", "tanh"};
  vae.slots = {{"reconstruction", "reconstruction", "bce", "How far an image is from its copy"}};

  auto gan = component(Kind::model, "gan");
  gan.slots = {{"adversarial", "adversarial", "", "What the critic learns"}};

  auto bce = component(Kind::loss, "bce", "reconstruction");
  auto mse = component(Kind::loss, "mse", "reconstruction");
  mse.settings = {setting("weight", SettingType::number, 1.0)};
  mse.settings[0].minimum = 0;
  auto hinge = component(Kind::loss, "hinge", "adversarial");
  auto wasserstein = component(Kind::loss, "wasserstein", "adversarial");

  auto adam = component(Kind::optimizer, "adam");
  adam.settings = {setting("learning_rate", SettingType::number, 1e-3),
                   setting("betas", SettingType::numbers, std::vector<double>{0.9, 0.999})};
  adam.settings[0].minimum = 0;
  adam.settings[1].minimum = 0;
  adam.settings[1].maximum = 1;
  auto sgd = component(Kind::optimizer, "sgd");
  sgd.settings = {setting("learning_rate", SettingType::number, 0.0), setting("momentum", SettingType::number, 0.0)};
  sgd.settings[0].required = true;

  auto mnist = component(Kind::dataset, "mnist");
  mnist.settings = {setting("classes", SettingType::texts, std::vector<std::string>{})};
  auto moving = component(Kind::dataset, "moving-digits");
  moving.settings = {setting("frames", SettingType::integer, int64_t{20})};
  return {vae, gan, bce, mse, hinge, wasserstein, adam, sgd, mnist, moving};
}

// The least that is an experiment; `more` follows the top-level keys (so that it may add some, or start tables).
inline std::string minimal(const std::string& more = "") {
  return "name = \"tiny\"\n"
         "dataset.use = \"mnist\"\n"
         "model.use = \"vae\"\n"
         "optimizer.use = \"adam\"\n"
         "train.epochs = 1\n" +
         more;
}

inline Experiment parse_text(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return parse(text, "tiny.toml", "here", overrides, catalog());
}

// The report on a text that is not an experiment; "" where it is one.
inline std::string report(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    parse_text(text, overrides);
  } catch (const Error& error) {
    return error.kind() == ErrorKind::experiment ? error.what() : "an error of another kind";
  }
  return "";
}

}  // namespace atelier::experiment::testing
