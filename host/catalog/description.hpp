// What a component says of itself, on the host's side: from it come checking, messages, `atelier plugins NAME` and the
// docs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace atelier::catalog {

// `unknown`: of an interface that came after this host; its name is all that is known of it.
enum class Kind { model, loss, optimizer, dataset, metric, operation, unknown };
std::string name_of(Kind kind);  // "model", "loss", ..., "unknown kind"

using Value = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>, std::vector<double>,
                           std::vector<std::string>>;

// In the order of Value's alternatives.
enum class SettingType { boolean, integer, number, text, integers, numbers, texts };
std::string name_of(SettingType type);  // "a boolean", "an integer", "a number", "a string", "a list of integers", ...
std::string to_string(const Value& value);  // as TOML writes it

using Settings = std::map<std::string, Value>;

struct SettingDescription {
  std::string name;
  std::string help;
  SettingType type = SettingType::boolean;
  Value default_value;  // of the setting's type; meaningless where required
  bool required = false;
  std::optional<double> minimum, maximum;  // of every element of a list; numbers are finite in any case
  bool above_minimum = false;              // the minimum itself is not allowed
  bool below_maximum = false;              // the maximum itself is not allowed
  std::vector<std::string> choices;        // of a text, or of each text in a list
};

// Which component, and its settings.
struct ComponentChoice {
  std::string use;
  Settings settings;
};

struct LossSlot {
  std::string name;          // [loss.NAME]
  std::string role;          // "adversarial", "reconstruction", ...
  std::string default_loss;  // "" where the experiment must choose
  std::string help;
};

// Which values of a number are the better ones; unknown where nobody has said it.
enum class Direction { unknown, neither, larger, smaller };
std::string to_string(Direction direction);       // "larger", "smaller", "neither"; "" for unknown
Direction direction_from(std::string_view text);  // the way back; unknown for any other text
inline bool has_better(Direction direction) {
  return direction == Direction::larger || direction == Direction::smaller;
}

// What a number means that evaluations report.
struct Measure {
  std::string name;  // of a metric's result that is called after its metric, and of a loss: ""
  Direction direction = Direction::unknown;
  std::string unit;
  std::string help;
};

struct Description {
  Kind kind = Kind::model;
  std::string name;  // "vae", "vae@2"
  // What an experiment calls it, "vae", where it is the newest version of these; "" where it is not, or where versions
  // are as a log has them, in which "vae" is the first one.
  std::string newest_of;
  std::string summary;
  std::string reference;
  std::string role;            // of a loss
  std::string interface_name;  // of an unknown kind: "atelier.oven/1"
  std::vector<SettingDescription> settings;
  std::vector<LossSlot> slots;    // of a model
  std::vector<Measure> measures;  // of a model, a metric, a loss
  std::string plugin_name;        // the plugin it came in
  std::string plugin_version;
  std::string plugin_path;

  [[nodiscard]] const Measure* measure(std::string_view measured) const;  // null where it is not declared
};

// "vae@2" is version 2 of "vae"; "vae" is its first.
struct VersionedName {
  std::string name;
  int64_t version = 1;
};
VersionedName versioned(std::string_view name);

// The component of this kind that a name means: the newest version where it says none. Null where there is none.
const Description* find_component(const std::vector<Description>& catalog, Kind kind, std::string_view name);

}  // namespace atelier::catalog
