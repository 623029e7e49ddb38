// How a component describes itself, and how it reads the settings that an experiment gives it.
#pragma once

#include <atelier/names.hpp>
#include <cstddef>
#include <initializer_list>
#include <new>

namespace atelier {

namespace detail {

// Copies that the host borrows, as long as this lives.
class Kept {
 public:
  Kept() = default;
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;
  ~Kept() {
    while (newest_ != nullptr) {
      Block* const block = newest_;
      newest_ = block->before;
      ::operator delete(block);
    }
  }
  template <typename T>  // that needs no destructor
  T* room_for(size_t count) {
    newest_ = new (::operator new(sizeof(Block) + count * sizeof(T))) Block{newest_};
    return reinterpret_cast<T*>(newest_ + 1);
  }
  ATELIER_ONCE atl_string text(std::string_view of) {
    char* const copy = room_for<char>(of.size());
    of.copy(copy, of.size());
    return {copy, of.size()};
  }
  template <typename Text>
  const atl_string* texts(const Text* first, size_t count) {
    auto* const copies = room_for<atl_string>(count);
    for (size_t i = 0; i < count; ++i) {
      copies[i] = text(first[i]);
    }
    return copies;
  }

 private:
  struct alignas(std::max_align_t) Block {  // what is kept stands behind it
    Block* before;
  };
  Block* newest_ = nullptr;
};

}  // namespace detail

// One setting while it is described: d.integer("latent", 100, "size of the noise").range(1, 4096)
class SettingBuilder {
 public:
  SettingBuilder(std::vector<atl_setting>& all, detail::Kept& kept) : all_(all), place_(all.size() - 1), kept_(kept) {}

  SettingBuilder& range(double minimum) {
    setting().has_minimum = ATL_CLOSED;
    setting().minimum = minimum;
    return *this;
  }
  SettingBuilder& range(double minimum, double maximum) {
    setting().has_maximum = __builtin_isinf(maximum) ? 0 : ATL_CLOSED;
    setting().maximum = maximum;
    return range(minimum);
  }
  SettingBuilder& above(double minimum) {
    setting().has_minimum = ATL_OPEN;
    setting().minimum = minimum;
    return *this;
  }
  SettingBuilder& below(double maximum) {
    setting().has_maximum = ATL_OPEN;
    setting().maximum = maximum;
    return *this;
  }
  SettingBuilder& choices(std::initializer_list<const char*> allowed) {
    setting().choices = kept_.texts(allowed.begin(), allowed.size());
    setting().choice_count = allowed.size();
    return *this;
  }
  template <size_t count>
  SettingBuilder& choices(const char* const (&allowed)[count]) {
    setting().choices = kept_.texts(allowed, count);
    setting().choice_count = count;
    return *this;
  }
  SettingBuilder& required() {
    setting().required = 1;
    return *this;
  }

 private:
  atl_setting& setting() { return all_[place_]; }

  std::vector<atl_setting>& all_;
  size_t place_;
  detail::Kept& kept_;
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

  SettingBuilder flag(const char* name, bool value, const char* help) {
    add(name, ATL_BOOLEAN, help).boolean = value ? 1 : 0;
    return last();
  }
  SettingBuilder integer(const char* name, int64_t value, const char* help) {
    add(name, ATL_INTEGER, help).integer = value;
    return last();
  }
  SettingBuilder number(const char* name, double value, const char* help) {
    add(name, ATL_NUMBER, help).number = value;
    return last();
  }
  SettingBuilder text(const char* name, const char* value, const char* help) {
    add(name, ATL_TEXT, help).text = kept_.text(value);
    return last();
  }
  SettingBuilder integers(const char* name, const std::vector<int64_t>& values, const char* help) {
    return list(add(name, ATL_INTEGERS, help), values);
  }
  SettingBuilder numbers(const char* name, const std::vector<double>& values, const char* help) {
    return list(add(name, ATL_NUMBERS, help), values);
  }
  SettingBuilder texts(const char* name, const std::vector<std::string>& values, const char* help) {
    atl_value& added = add(name, ATL_TEXTS, help);
    added.list = kept_.texts(values.data(), values.size());
    added.count = values.size();
    return last();
  }
  // Of a model: a place for a loss of a role, [loss.NAME] in the experiment.
  void loss(const char* name, const char* role, const char* default_loss, const char* help) {
    slots_.push_back({sizeof(atl_loss_slot), detail::string(name), detail::string(role), detail::string(default_loss),
                      detail::string(help)});
  }
  // Of a model, a metric, a loss: what a number means that evaluations report. `name` is what a model logs it by, or
  // that of a metric's result: "" for the one that is called after the metric, and for the value of a loss. `unit`:
  // "nats", "bits/dim", "fraction", ... The best weights and early stopping go by the direction.
  ATELIER_ONCE void measure(const char* name, Direction direction, const char* unit, const char* help) {
    measures_.push_back({sizeof(atl_measure), detail::string(name), static_cast<atl_direction>(direction), 0,
                         detail::string(unit), detail::string(help)});
  }
  // Common to all models of ours.
  SettingBuilder activation(const char* name, const char* value, const char* help) {
    return text(name, value, help).choices(detail::activation_names);
  }
  SettingBuilder initialization(const char* value) {
    return text("initialization", value, "distribution that the weights are drawn from; normal: N(0, 0.02)")
        .choices(detail::initializer_names);
  }
  SettingBuilder recurrent_initialization() {  // of recurrent layers; see RecurrentCell
    return text("initialization", "uniform",
                "distribution that the recurrent layers' weights are drawn from; uniform: in +-1/sqrt(units), normal: "
                "N(0, 0.02)")
        .choices(detail::recurrent_initializer_names);
  }

  // For the registration below; call once, when the description is complete.
  const atl_description* finish(const char* name, const char* role) {
    result_ = {sizeof(atl_description), detail::string(name), detail::string(summary), detail::string(reference),
               detail::string(role),    settings_.data(),     settings_.size(),        slots_.data(),
               slots_.size(),           measures_.data(),     measures_.size()};
    return &result_;
  }

 private:
  // Gives the place for its default.
  ATELIER_ONCE atl_value& add(const char* name, atl_value_type type, const char* help) {
    atl_setting added{};
    added.size = sizeof added;
    added.name = kept_.text(name);
    added.help = kept_.text(help);
    added.default_value.type = type;
    added.default_value.text = detail::string("");
    settings_.push_back(added);
    return settings_.back().default_value;
  }
  template <typename T>
  SettingBuilder list(atl_value& added, const std::vector<T>& values) {
    T* const copies = kept_.room_for<T>(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      copies[i] = values[i];
    }
    added.list = copies;
    added.count = values.size();
    return last();
  }
  ATELIER_ONCE SettingBuilder last() { return {settings_, kept_}; }

  detail::Kept kept_;
  std::vector<atl_setting> settings_;
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

  [[nodiscard]] ATELIER_ONCE const atl_value& find(std::string_view name, atl_value_type type) const {
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
