#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "catalog/description_check.hpp"
#include "experiment/sections.hpp"
#include "experiment_catalog.hpp"

using namespace atelier::experiment;
using namespace atelier::experiment::testing;
using nlohmann::json;

TEST_CASE("the schema says what the sections are") {
  const auto schema = json::parse(json_schema(catalog()));
  CHECK(schema.at("$schema") == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema.at("required") == json({"name", "dataset", "model", "optimizer", "train"}));
  CHECK(schema.at("additionalProperties") == false);
  const auto& properties = schema.at("properties");
  CHECK(properties.at("seed").at("minimum") == 0);
  CHECK(properties.at("train").at("properties").at("batch_size").at("default") == 128);
  CHECK(properties.at("train").at("properties").at("early_stopping").at("required") == json({"patience"}));
  CHECK(properties.at("train").at("properties").at("average").at("exclusiveMaximum") == 1.0);
  CHECK(properties.at("evaluate").at("properties").at("every").at("exclusiveMinimum") == 0);
  CHECK(properties.at("schedule").at("properties").at("use").at("enum") == json({"constant", "step", "cosine"}));
}

TEST_CASE("the schema offers the catalog's components and their settings") {
  const auto schema = json::parse(json_schema(catalog()));
  const auto& model = schema.at("properties").at("model");
  CHECK(model.at("properties").at("use").at("enum") == json({"gan", "vae"}));
  const auto& vae = model.at("allOf").at(1).at("then");
  CHECK(vae.at("additionalProperties") == false);
  CHECK(vae.at("properties").at("latent").at("maximum") == 1024);
  CHECK(vae.at("properties").at("hidden").at("items").at("type") == "integer");
  CHECK(vae.at("properties").at("hidden").at("default") == json({512, 256}));
  const auto& sgd = schema.at("properties").at("optimizer").at("allOf").at(1).at("then");
  CHECK(sgd.at("required") == json({"learning_rate"}));
  CHECK(schema.at("$defs").at("loss-adversarial").at("properties").at("use").at("enum") ==
        json({"hinge", "wasserstein"}));
}

TEST_CASE("any dataset may be transformed, a source may not") {
  const auto schema = json::parse(json_schema(catalog()));
  for (const auto& choice : schema.at("properties").at("dataset").at("allOf")) {
    const auto& transform = choice.at("then").at("properties").at("transform");
    CHECK(transform.at("additionalProperties") == false);
    CHECK(transform.at("properties").at("flip").at("maximum") == 1.0);
    CHECK(transform.at("properties").at("binarize").at("enum") == json({"none", "threshold", "fixed", "fresh"}));
  }
  CHECK_FALSE(schema.at("$defs")
                  .at("source")
                  .at("oneOf")
                  .at(1)
                  .at("allOf")
                  .at(0)
                  .at("then")
                  .at("properties")
                  .contains("transform"));
}

TEST_CASE("the schema of an empty catalog is one too") {
  CHECK(json::parse(json_schema({})).is_object());
}

TEST_CASE("no setting of a component can have the name of a key that stands in the same table") {
  const auto reserved = [](atelier::catalog::Kind kind, const std::string& table) {
    const std::vector<std::string>& keys = reserved_keys(kind);
    return std::ranges::all_of(names_in(section(table)),
                               [&](const std::string& key) { return std::ranges::find(keys, key) != keys.end(); });
  };
  CHECK(reserved(atelier::catalog::Kind::dataset, "dataset"));
  CHECK(reserved(atelier::catalog::Kind::metric, "metric"));
}

TEST_CASE("the schema knows sweeps") {
  const auto schema = json::parse(json_schema(catalog()));
  const auto& sweep = schema.at("properties").at("sweep");
  CHECK(sweep.at("properties").at("random").at("required") == json({"count"}));
  CHECK(sweep.at("properties").at("halving").at("properties").at("epochs").at("type") == "array");
  CHECK(sweep.at("properties").at("zip").at("anyOf").size() == 2);
  CHECK(sweep.at("additionalProperties") == json({{"$ref", "#/$defs/swept"}}));
  CHECK(schema.at("$defs").at("swept").at("anyOf").at(0) == json({{"type", "array"}, {"minItems", 1}}));
  CHECK(schema.at("$defs").at("swept").at("anyOf").at(1).at("required") == json({"range"}));
}
