// A plugin that misuses the contract, in one way at a time, ends in a diagnosis that names it, and never in a crash:
// plugins/hostile.c does what its setting says. What ends the process (crashes, exit(), endless loops) is in
// tests/cli/crash_test.py and check_plugin_test.py.
#include <atelier/abi.h>

#include <array>
#include <cstring>

#include "plugin/component_description.hpp"
#include "plugin/core_table.hpp"
#include "support.hpp"

using namespace atelier;
using namespace atelier::abi_test;

namespace {

std::string hostile(const std::string& how) {
  return "[model]\nuse = \"hostile\"\nhow = \"" + how + "\"\n[train]\nsteps = 2\nbatch_size = 16\n";
}

// A step of training, an evaluation, two samples, the list of views and of outputs; all words that come of it.
std::string words_of(const std::string& how, std::vector<std::string>& informed) {
  plugin::set_inform([&](std::string_view line) { informed.emplace_back(line); });
  std::string words = message_of([&] {
    Bench bench(make(hostile(how)));
    bench.step();
    bench.step();
    const data::Subset& subset = bench->data.evaluated_subset();
    bench->evaluator.evaluate(subset, 8, inference::MetricsDue::all);
    bench->sampler.values(2, 1);
    for (const plugin::ViewDescription& view : bench->built.model().views()) {
      (void)view;
    }
  });
  plugin::set_inform([](std::string_view) {});
  return words;
}

std::string words_of(const std::string& how) {
  std::vector<std::string> informed;
  return words_of(how, informed);
}

// What a function of the core table returns in this phase.
int status_in(const std::string& phase, const std::string& function) {
  std::vector<std::string> informed;
  const std::string how = function + " in " + phase;
  words_of(how, informed);
  const auto found = std::ranges::find_if(informed, [&](const std::string& line) { return line.starts_with(how); });
  REQUIRE_MESSAGE(found != informed.end(), how);
  return std::stoi(found->substr(how.size() + 2));
}

const std::array everything{
    "phase",          "apply",        "describe",           "constant",     "gradient",   "minimize",  "materialize",
    "read",           "log",          "annotate",           "field",        "next_batch", "parameter", "use",
    "assign",         "group",        "describe_parameter", "after_update", "loss",       "call_loss", "features",
    "apply_features", "model_output", "generated",          "gradients_at"};

}  // namespace

TEST_CASE("hostile: the model that does nothing wrong trains, evaluates and samples") {
  CHECK(words_of("none") == "nothing was thrown");
}

TEST_CASE("hostile: every function of the core table, in every phase, is done or refused as the contract says") {
  struct Phase {
    const char* name;
    std::vector<std::string> refused;  // with ATL_ERROR_PHASE
  };
  const std::array phases{
      Phase{"create",
            {"apply", "constant", "minimize", "log", "field", "next_batch", "use", "assign", "call_loss",
             "apply_features", "model_output", "generated", "gradients_at"}},
      Phase{"train_step", {"parameter", "loss", "features", "generated", "gradients_at"}},
      Phase{"evaluate",
            {"minimize", "next_batch", "parameter", "assign", "loss", "features", "generated", "gradients_at"}},
      Phase{
          "sample",
          {"minimize", "field", "next_batch", "parameter", "assign", "loss", "features", "generated", "gradients_at"}}};
  for (const Phase& phase : phases) {
    for (const std::string function : everything) {
      const bool left_out = std::string(phase.name) == "create" &&
                            (function == "describe" || function == "gradient" || function == "materialize" ||
                             function == "read" || function == "annotate");
      if (left_out) {
        continue;  // there is no tensor that they could be given
      }
      const bool refused = std::ranges::find(phase.refused, function) != phase.refused.end();
      const int status = status_in(phase.name, function);
      const std::string what = function + " in " + phase.name + ": " + std::to_string(status);
      CHECK_MESSAGE((status == ATL_ERROR_PHASE) == refused, what);
      CHECK_MESSAGE((status >= ATL_OK && status <= ATL_ERROR_INTERNAL), what);
    }
  }
}

TEST_CASE("hostile: each mischief is named") {
  struct Mischief {
    const char* how;
    const char* words;
  };
  const std::array all{
      Mischief{"create fails without words", "model 'hostile': the plugin returned status 5"},
      Mischief{"create fails and leaves an instance", "model 'hostile': the plugin returned status 5"},
      Mischief{"parameter of negative length", "the parameter 'weight': an axis has a length of at least 0, got -4"},
      Mischief{"parameter of overflowing size", "the parameter 'weight': (4611686018427387904, 8) has more elements"},
      Mischief{"parameter of many axes", "the parameter 'weight': its shape has 100000 elements, expected at most 8"},
      Mischief{"parameter without lengths", "the parameter 'weight': its shape has 1 elements at a null pointer"},
      Mischief{"parameter without a name", "a text has 5 elements at a null pointer"},
      Mischief{"parameter of a null group", "a text has 5 elements at a null pointer"},
      Mischief{"parameter of an unknown initializer", "the parameter 'weight': "},
      Mischief{"parameter of an unknown type", "the parameter 'weight': has the dtype 4711"},
      Mischief{"parameter of values that are not there", "the parameter 'weight': "},
      Mischief{"loss without letters", "a text has 5 elements at a null pointer"},
      Mischief{"fails without words", "training step 1: the plugin returned status 4"},
      Mischief{"fails with null words", "its message cannot be read: a text has 5 elements at a null pointer"},
      Mischief{"fails twice", "training step 1: hostile.c:"},
      Mischief{"forged tensor", "exp/1: got a tensor of another step"},
      Mischief{"poison", "exp/1: got an empty tensor"},
      Mischief{"tensor of the last step", "training step 2: hostile.c:"},
      Mischief{"forged operation", "got no handle of an operation"},
      Mischief{"too many attributes", "exp/1: got 1000 attributes"},
      Mischief{"forged parameter", "a parameter that this model has not declared"},
      Mischief{"assigned to a forged parameter", "a parameter that this model has not declared"},
      Mischief{"forged loss", "a loss that was not looked up"},
      Mischief{"forged features", "features that were not looked up"},
      Mischief{"forged context", "use of a parameter: got a tensor of another step"},
      Mischief{"no context", "use of a parameter: got an empty tensor"},
      Mischief{"another thread", "use of a parameter: called on another thread than the function"},
      Mischief{"negative constant", "constant: an axis has a length of at least 0, got -1"},
      Mischief{"overflowing constant", "constant: (4611686018427387904, 8) has more elements"},
      Mischief{"constant of many axes", "constant: "},
      Mischief{"constant of an unknown type", "constant: "},
      Mischief{"constant without values", "constant: got 4 elements at a null pointer"},
      Mischief{"constant without lengths", "constant: got 2 lengths at a null pointer"},
      Mischief{"group without letters", "a text has 5 elements at a null pointer"},
      Mischief{"field without letters", "a text has 5 elements at a null pointer"},
      Mischief{"log without letters", "a text has 5 elements at a null pointer"},
      Mischief{"annotation without letters", "a text has 5 elements at a null pointer"},
      Mischief{"operation without letters", "got no handle of an operation"},
      Mischief{"group of a null name", "a text has 5 elements at a null pointer"},
      Mischief{"after an update of nothing", "a text has 5 elements at a null pointer"},
      Mischief{"an action that is null", "after_update: got no action"},
      Mischief{"its own step again", "nothing was thrown"},
      Mischief{"evaluate fails without words", "model 'hostile', evaluation: the plugin returned status 4"},
      Mischief{"sampled field without letters", "a text has 5 elements at a null pointer"},
      Mischief{"sampled field fails", "does not say which field its samples are like"},
      Mischief{"sample without a result", "sampling: got an empty tensor, expected samples like the field 'image'"},
      Mischief{"sample of a forged tensor", "sampling: got a tensor of another step"},
      Mischief{"an extension that is null", "nothing was thrown"},
      Mischief{"a view of size 8", "view 1 has a struct of size 8, expected "},
      Mischief{"a view list at a null pointer", "view 1 is a null pointer"},
      Mischief{"a call in the destructor", "nothing was thrown"},
  };
  for (const Mischief& mischief : all) {
    const std::string words = words_of(mischief.how);
    const std::string what = std::string(mischief.how) + ": " + words;
    CHECK_MESSAGE(contains(words, mischief.words), what);
    CHECK_MESSAGE(!contains(words, "defect of atelier"), what);
  }
  CHECK(contains(words_of("fails twice"), "the first words"));
}

// ---- Each pointer of a library's description and tables null in turn, each size wrong

namespace {

atl_string text(const char* letters) {
  return {letters, std::strlen(letters)};
}

// A plugin with one component, all of it in memory of ours.
template <typename Table>
struct Library {
  Table table{};
  int64_t numbers[2] = {1, 2};
  atl_string choices[2] = {text("soft"), text("hard")};
  atl_setting settings[2] = {};
  atl_loss_slot slot{};
  atl_measure measure{};
  atl_description description{};
  atl_component component{};
  const atl_component* components[1] = {&component};
  atl_plugin plugin{};

  Library(const char* interface_name, const char* name, const char* role) {
    table.size = sizeof table;
    settings[0] = {sizeof(atl_setting), text("edges"), text("help"), {}, 0, 0, 0, 0, 0, 0, choices, 2};
    settings[0].default_value.type = ATL_TEXT;
    settings[0].default_value.text = text("soft");
    settings[1] = {sizeof(atl_setting), text("widths"), text("help"), {}, 0, 0, 0, 0, 0, 0, nullptr, 0};
    settings[1].default_value.type = ATL_INTEGERS;
    settings[1].default_value.list = numbers;
    settings[1].default_value.count = 2;
    slot = {sizeof slot, text("loss"), text("reconstruction"), text("mse"), text("help")};
    measure = {sizeof measure, text("loss"), ATL_SMALLER_IS_BETTER, 0, text("nats"), text("help")};
    description = {sizeof description,
                   text(name),
                   text("summary"),
                   text("reference"),
                   text(role),
                   settings,
                   2,
                   nullptr,
                   0,
                   nullptr,
                   0};
    component = {sizeof component, text(interface_name), &description, &table};
    plugin = {sizeof plugin, text("library"), text("1.0"), components, 1};
  }
  [[nodiscard]] std::string problem() const {
    return message_of([&] { plugin::contents_of(plugin, "library.so"); });
  }
};

void never() {}

// All functions of a table, from its second word on.
template <typename Table>
void fill_in(Table& table, size_t first = sizeof(uint64_t), size_t end = sizeof(Table)) {
  void (*const function)() = never;
  for (size_t offset = first; offset < end; offset += sizeof function) {
    std::memcpy(reinterpret_cast<char*>(&table) + offset, &function, sizeof function);
  }
}

template <typename Table>
void check_functions(const char* interface_name, const char* name, const char* role) {
  Library<Table> right(interface_name, name, role);
  fill_in(right.table);
  REQUIRE(right.problem() == "nothing was thrown");
  for (size_t offset = sizeof(uint64_t); offset < sizeof(Table); offset += sizeof(void*)) {
    Library<Table> wrong(interface_name, name, role);
    fill_in(wrong.table);
    std::memset(reinterpret_cast<char*>(&wrong.table) + offset, 0, sizeof(void*));
    const std::string problem = wrong.problem();
    CHECK_MESSAGE(contains(problem, name), offset, ": ", problem);
    CHECK_MESSAGE(contains(problem, "' is a null pointer"), offset, ": ", problem);
  }
  for (const uint64_t size : {uint64_t{0}, uint64_t{8}, uint64_t{sizeof(Table) - 8}, uint64_t{sizeof(Table) + 4},
                              uint64_t{1} << 40U, UINT64_MAX}) {
    Library<Table> wrong(interface_name, name, role);
    fill_in(wrong.table);
    wrong.table.size = size;
    const std::string problem = wrong.problem();
    CHECK_MESSAGE(contains(problem, "its table has a struct of size " + std::to_string(size)), problem);
  }
  Library<Table> none(interface_name, name, role);
  none.component.table = nullptr;
  CHECK(contains(none.problem(), "its table is a null pointer"));
}

using Model = Library<atl_model_v1>;

// Each change alone makes the library one that is refused, with these words.
void check_change(const char* what, const std::function<void(Model&)>& change, const std::string& words) {
  Model wrong(ATL_MODEL_V1, "wrong", "");
  fill_in(wrong.table);
  wrong.description.slots = &wrong.slot;
  wrong.description.slot_count = 1;
  wrong.description.measures = &wrong.measure;
  wrong.description.measure_count = 1;
  REQUIRE(wrong.problem() == "nothing was thrown");
  change(wrong);
  const std::string problem = wrong.problem();
  CHECK_MESSAGE(contains(problem, words), what, ": ", problem);
}

}  // namespace

TEST_CASE("hostile: every function of every table that is a null pointer, and every wrong size of one, is named") {
  check_functions<atl_model_v1>(ATL_MODEL_V1, "model", "");
  check_functions<atl_loss_v1>(ATL_LOSS_INTERFACE_V1, "loss", "reconstruction");
  check_functions<atl_optimizer_v1>(ATL_OPTIMIZER_V1, "optimizer", "");
  check_functions<atl_recorded_optimizer_v1>(ATL_RECORDED_OPTIMIZER_V1, "recorded", "");
  check_functions<atl_dataset_v1>(ATL_DATASET_V1, "dataset", "");
  check_functions<atl_metric_v1>(ATL_METRIC_V1, "metric", "");
}

TEST_CASE("hostile: an operation's functions that are null pointers are named") {
  const std::array offsets{offsetof(atl_operation_v1, infer), offsetof(atl_operation_v1, forward),
                           offsetof(atl_operation_v1, gradient)};
  for (const size_t offset : offsets) {
    Library<atl_operation_v1> wrong(ATL_OPERATION_V1, "hostile_operation/1", "");
    wrong.description.settings = nullptr;
    wrong.description.setting_count = 0;
    fill_in(wrong.table, offsetof(atl_operation_v1, infer), offsetof(atl_operation_v1, has_gradient));
    REQUIRE(wrong.problem() == "nothing was thrown");
    std::memset(reinterpret_cast<char*>(&wrong.table) + offset, 0, sizeof(void*));
    CHECK(contains(wrong.problem(), "' is a null pointer"));
  }
}

TEST_CASE("hostile: every text and every list at a null pointer is refused") {
  const atl_string nowhere{nullptr, 5};
  const std::string no_text = "a text has 5 elements at a null pointer";
  const auto check_text = [&](const char* what, const std::function<atl_string&(Model&)>& find) {
    check_change(
        what, [&](Model& wrong) { find(wrong) = nowhere; }, no_text);
    check_change(
        what, [&](Model& wrong) { find(wrong).size = UINT64_MAX / 2; }, "expected at most");
  };
  check_text("plugin.name", [](Model& m) -> atl_string& { return m.plugin.name; });
  check_text("plugin.version", [](Model& m) -> atl_string& { return m.plugin.version; });
  check_text("interface_name", [](Model& m) -> atl_string& { return m.component.interface_name; });
  check_text("description.name", [](Model& m) -> atl_string& { return m.description.name; });
  check_text("description.summary", [](Model& m) -> atl_string& { return m.description.summary; });
  check_text("description.reference", [](Model& m) -> atl_string& { return m.description.reference; });
  check_text("description.role", [](Model& m) -> atl_string& { return m.description.role; });
  check_text("setting.name", [](Model& m) -> atl_string& { return m.settings[1].name; });
  check_text("setting.help", [](Model& m) -> atl_string& { return m.settings[1].help; });
  check_text("setting.default", [](Model& m) -> atl_string& { return m.settings[0].default_value.text; });
  check_text("choice", [](Model& m) -> atl_string& { return m.choices[1]; });
  check_text("slot.name", [](Model& m) -> atl_string& { return m.slot.name; });
  check_text("slot.role", [](Model& m) -> atl_string& { return m.slot.role; });
  check_text("slot.default_loss", [](Model& m) -> atl_string& { return m.slot.default_loss; });
  check_text("slot.help", [](Model& m) -> atl_string& { return m.slot.help; });
  check_text("measure.name", [](Model& m) -> atl_string& { return m.measure.name; });
  check_text("measure.unit", [](Model& m) -> atl_string& { return m.measure.unit; });
  check_text("measure.help", [](Model& m) -> atl_string& { return m.measure.help; });

  check_change(
      "components", [](Model& m) { m.plugin.components = nullptr; }, "at a null pointer");
  check_change(
      "component", [](Model& m) { m.components[0] = nullptr; }, "a component is a null pointer");
  check_change(
      "description", [](Model& m) { m.component.description = nullptr; }, "its description is a null pointer");
  check_change(
      "settings", [](Model& m) { m.description.settings = nullptr; }, "is a null pointer");
  check_change(
      "slots", [](Model& m) { m.description.slots = nullptr; }, "is a null pointer");
  check_change(
      "measures", [](Model& m) { m.description.measures = nullptr; }, "is a null pointer");
  check_change(
      "choices", [](Model& m) { m.settings[0].choices = nullptr; }, "at a null pointer");
  check_change(
      "list", [](Model& m) { m.settings[1].default_value.list = nullptr; }, "at a null pointer");
  check_change(
      "no components", [](Model& m) { m.plugin.component_count = 0; }, "it brings no components");
  check_change(
      "components", [](Model& m) { m.plugin.component_count = UINT64_MAX; }, "expected at most");
  check_change(
      "settings", [](Model& m) { m.description.setting_count = UINT64_MAX; }, "expected at most");
}

TEST_CASE("hostile: every struct of a description with a size of 0, below the first one and far above is refused") {
  struct Struct {
    const char* name;
    std::function<uint64_t&(Model&)> size;
  };
  const std::array structs{Struct{"component", [](Model& m) -> uint64_t& { return m.component.size; }},
                           Struct{"description", [](Model& m) -> uint64_t& { return m.description.size; }},
                           Struct{"first setting", [](Model& m) -> uint64_t& { return m.settings[0].size; }},
                           Struct{"second setting", [](Model& m) -> uint64_t& { return m.settings[1].size; }},
                           Struct{"slot", [](Model& m) -> uint64_t& { return m.slot.size; }},
                           Struct{"measure", [](Model& m) -> uint64_t& { return m.measure.size; }}};
  for (const Struct& changed : structs) {
    for (const uint64_t size : {uint64_t{0}, uint64_t{16}, uint64_t{1} << 40U, UINT64_MAX}) {
      check_change(
          changed.name, [&](Model& m) { changed.size(m) = size; }, "has a struct of size ");
    }
  }
}
