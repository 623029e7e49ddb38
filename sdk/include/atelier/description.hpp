// How a component describes itself, and how it reads the settings that an experiment gives it.
#pragma once

#include <atelier/names.hpp>
#include <initializer_list>
#include <limits>
#include <memory>

namespace atelier {

class Description;

// One setting while it is described: d.integer("latent", 100, "size of the noise").range(1, 4096)
class SettingBuilder {
 public:
  SettingBuilder& range(double minimum, double maximum = std::numeric_limits<double>::infinity()) {
    has_minimum = ATL_CLOSED;
    has_maximum = maximum == std::numeric_limits<double>::infinity() ? 0 : ATL_CLOSED;
    low = minimum;
    high = maximum;
    return *this;
  }
  SettingBuilder& above(double minimum) {
    has_minimum = ATL_OPEN;
    low = minimum;
    return *this;
  }
  SettingBuilder& below(double maximum) {
    has_maximum = ATL_OPEN;
    high = maximum;
    return *this;
  }
  SettingBuilder& choices(std::initializer_list<const char*> allowed) {
    for (const char* choice : allowed) {
      choice_texts.emplace_back(choice);
    }
    return *this;
  }
  template <size_t count>
  SettingBuilder& choices(const char* const (&allowed)[count]) {
    choice_texts.assign(allowed, allowed + count);
    return *this;
  }
  SettingBuilder& required() {
    must_be_given = true;
    return *this;
  }

 private:
  friend class Description;
  std::string name, help, text;
  atl_value_type type = ATL_BOOLEAN;
  bool flag = false, must_be_given = false;
  int32_t has_minimum = 0, has_maximum = 0;
  int64_t integer = 0;
  double number = 0, low = 0, high = 0;
  std::vector<int64_t> integers;
  std::vector<double> numbers;
  std::vector<std::string> texts, choice_texts;
  std::vector<atl_string> text_views, choice_views;
};

// Which values of a number are the better ones. Neither: of a number that does not say how good a model is, as the loss
// of an adversary, which is small where its opponent is weak.
enum class Direction : atl_direction {
  neither = ATL_NEITHER_IS_BETTER,
  larger = ATL_LARGER_IS_BETTER,
  smaller = ATL_SMALLER_IS_BETTER
};

class Description {
 public:
  std::string summary;    // one sentence
  std::string reference;  // the paper or formula it follows

  SettingBuilder& flag(const char* name, bool value, const char* help) {
    SettingBuilder& out = add(name, ATL_BOOLEAN, help);
    out.flag = value;
    return out;
  }
  SettingBuilder& integer(const char* name, int64_t value, const char* help) {
    SettingBuilder& out = add(name, ATL_INTEGER, help);
    out.integer = value;
    return out;
  }
  SettingBuilder& number(const char* name, double value, const char* help) {
    SettingBuilder& out = add(name, ATL_NUMBER, help);
    out.number = value;
    return out;
  }
  SettingBuilder& text(const char* name, const char* value, const char* help) {
    SettingBuilder& out = add(name, ATL_TEXT, help);
    out.text = value;
    return out;
  }
  SettingBuilder& integers(const char* name, std::vector<int64_t> values, const char* help) {
    SettingBuilder& out = add(name, ATL_INTEGERS, help);
    out.integers = std::move(values);
    return out;
  }
  SettingBuilder& numbers(const char* name, std::vector<double> values, const char* help) {
    SettingBuilder& out = add(name, ATL_NUMBERS, help);
    out.numbers = std::move(values);
    return out;
  }
  SettingBuilder& texts(const char* name, std::vector<std::string> values, const char* help) {
    SettingBuilder& out = add(name, ATL_TEXTS, help);
    out.texts = std::move(values);
    return out;
  }
  // Of a model: a place for a loss of a role, [loss.NAME] in the experiment.
  void loss(const char* name, const char* role, const char* default_loss, const char* help) {
    slots_.push_back({sizeof(atl_loss_slot), detail::string(name), detail::string(role), detail::string(default_loss),
                      detail::string(help)});
  }
  // Of a model, a metric, a loss: what a number means that evaluations report. `name` is what a model logs it by, or
  // that of a metric's result: "" for the one that is called after the metric, and for the value of a loss. `unit`:
  // "nats", "bits/dim", "fraction", ... The best weights and early stopping go by the direction.
  void measure(const char* name, Direction direction, const char* unit, const char* help) {
    measures_.push_back({sizeof(atl_measure), detail::string(name), static_cast<atl_direction>(direction), 0,
                         detail::string(unit), detail::string(help)});
  }
  // Common to all models of ours.
  SettingBuilder& activation(const char* name, const char* value, const char* help) {
    return text(name, value, help).choices(detail::activation_names);
  }
  SettingBuilder& initialization(const char* value) {
    return text("initialization", value, "distribution that the weights are drawn from; normal: N(0, 0.02)")
        .choices(detail::initializer_names);
  }
  SettingBuilder& recurrent_initialization() {  // of recurrent layers; see RecurrentCell
    return text("initialization", "uniform",
                "distribution that the recurrent layers' weights are drawn from; uniform: in +-1/sqrt(units), normal: "
                "N(0, 0.02)")
        .choices(detail::recurrent_initializer_names);
  }

  // For the registration below; call once, when the description is complete.
  const atl_description* finish(const char* name, const char* role) {
    for (const auto& setting : settings_) {
      finished_.push_back(to_abi(*setting));
    }
    result_ = {sizeof(atl_description), detail::string(name), detail::string(summary), detail::string(reference),
               detail::string(role),    finished_.data(),     finished_.size(),        slots_.data(),
               slots_.size(),           measures_.data(),     measures_.size()};
    return &result_;
  }

 private:
  SettingBuilder& add(const char* name, atl_value_type type, const char* help) {
    settings_.push_back(std::make_unique<SettingBuilder>());
    SettingBuilder& setting = *settings_.back();
    setting.name = name;
    setting.type = type;
    setting.help = help;
    return setting;
  }

  static atl_setting to_abi(SettingBuilder& s) {
    atl_setting out{};
    out.size = sizeof out;
    out.name = detail::string(s.name);
    out.help = detail::string(s.help);
    out.required = s.must_be_given ? 1 : 0;
    out.has_minimum = s.has_minimum;
    out.has_maximum = s.has_maximum;
    out.minimum = s.low;
    out.maximum = s.high;
    for (const std::string& choice : s.choice_texts) {
      s.choice_views.push_back(detail::string(choice));
    }
    out.choices = s.choice_views.data();
    out.choice_count = s.choice_views.size();
    atl_value& value = out.default_value;
    value.type = s.type;
    value.boolean = s.flag ? 1 : 0;
    value.integer = s.integer;
    value.number = s.number;
    value.text = detail::string(s.text);
    if (s.type == ATL_INTEGERS) {
      value.list = s.integers.data();
      value.count = s.integers.size();
    } else if (s.type == ATL_NUMBERS) {
      value.list = s.numbers.data();
      value.count = s.numbers.size();
    } else if (s.type == ATL_TEXTS) {
      for (const std::string& text : s.texts) {
        s.text_views.push_back(detail::string(text));
      }
      value.list = s.text_views.data();
      value.count = s.text_views.size();
    }
    return out;
  }

  std::vector<std::unique_ptr<SettingBuilder>> settings_;
  std::vector<atl_setting> finished_;
  std::vector<atl_loss_slot> slots_;
  std::vector<atl_measure> measures_;
  atl_description result_{};
};

// The settings of one component, checked by the host against its description. Valid in the constructor only. Asking for
// one that the description does not have fails the construction.
class Settings {
 public:
  Settings(atl_context* context, const atl_settings* settings) : context_(context), settings_(settings) {}

  [[nodiscard]] bool flag(std::string_view name) const { return find(name, ATL_BOOLEAN).boolean != 0; }
  [[nodiscard]] int64_t integer(std::string_view name) const { return find(name, ATL_INTEGER).integer; }
  [[nodiscard]] double number(std::string_view name) const { return find(name, ATL_NUMBER).number; }
  [[nodiscard]] std::string text(std::string_view name) const {
    return std::string(detail::view(find(name, ATL_TEXT).text));
  }
  [[nodiscard]] std::vector<int64_t> integers(std::string_view name) const {
    return list<int64_t>(find(name, ATL_INTEGERS));
  }
  [[nodiscard]] std::vector<double> numbers(std::string_view name) const {
    return list<double>(find(name, ATL_NUMBERS));
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const {
    std::vector<std::string> out;
    for (const atl_string& text : list<atl_string>(find(name, ATL_TEXTS))) {
      out.emplace_back(detail::view(text));
    }
    return out;
  }
  // Reports a combination of settings that cannot be. Ends the constructor, as Builder::fail does.
  void fail(std::string_view message) const {
    detail::fail(context_, ATL_ERROR_ARGUMENT, message, detail::nowhere);
    detail::stop();
  }

 private:
  template <typename T>
  static std::vector<T> list(const atl_value& value) {
    const T* data = static_cast<const T*>(value.list);
    return value.count == 0 ? std::vector<T>{} : std::vector<T>(data, data + value.count);
  }

  [[nodiscard]] const atl_value& find(std::string_view name, atl_value_type type) const {
    for (uint64_t i = 0; i < settings_->count; ++i) {
      if (detail::view(settings_->values[i].name) == name && settings_->values[i].value.type == type) {
        return settings_->values[i].value;
      }
    }
    const std::string message =
        "the description has no setting '" + std::string(name) + "' of the type that is asked for";
    fail(message);
    static const atl_value none{};
    return none;
  }

  atl_context* context_;
  const atl_settings* settings_;
};

}  // namespace atelier
