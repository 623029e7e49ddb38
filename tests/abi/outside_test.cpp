// Loads what an outside project has built from the installed SDK, and trains it.
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

TEST_CASE("the template, built outside the tree, loads and trains") {
  const plugin::Registry loaded({HOUSE_PLUGINS, OUTSIDE_PLUGINS});
  const plugin::Component& component = loaded.get(catalog::Kind::model, "my-model");
  CHECK(component.description.plugin_name == "my-model");
  CHECK(component.description.plugin_version == "0.1.0");
  const std::string text =
      "name = \"outside\"\n[dataset]\nuse = \"shapes\"\nsize = 8\ncount = 64\ntest_count = 20\n[model]\nuse = "
      "\"my-model\"\n"
      "[optimizer]\nuse = \"adam\"\n[train]\nsteps = 30\nbatch_size = 16\n[log]\nevery = 1\n";
  TempFolder folder;
  Listener listener;
  const experiment::Experiment experiment = experiment::parse(text, "outside.toml", {}, {}, loaded.descriptions());
  const training::RunOutcome outcome = training::run(experiment, loaded, options(folder), listener);
  REQUIRE_MESSAGE(outcome.status == runlog::Status::finished, outcome.reason);
  const std::vector<double> loss = runlog::Reader(outcome.log).metric("train", "loss").values;
  CHECK(loss.back() < loss.front());
}
