// Data of every kind, and a model that makes samples like the field that it is told.
#include <algorithm>
#include <atelier/dataset.hpp>
#include <atelier/model.hpp>
#include <cmath>
#include <string>

namespace {

using namespace atelier;

constexpr int64_t longest = 6;

class Kinds final : public Dataset {
 public:
  static void describe(Description& d) {
    d.summary = "A field of each kind; texts are of unequal length.";
    d.flag("bytes", false, "text as bytes, without a vocabulary");
  }
  Kinds(const Settings& settings, const Environment&) {
    const std::vector<std::string> vocabulary = {"a", "b", "\n", "ß"};
    Field text = settings.flag("bytes") ? Field::text("text", longest) : Field::text("text", longest, vocabulary);
    text.length_field = "length";
    Field sound = Field::signal("sound", {2, 8}, -0.5, 0.5, 1000);
    sound.channel_names = {"left", "right"};
    fields = {text,
              Field::label("length", longest + 1),
              sound,
              Field::row("person", {"height", "shoe size"}, 0, 200),
              Field::image("bands", {5, 3, 4}),
              Field::images("film", {3, 1, 4, 4}),
              {"shapeless", ATL_FLOAT32, {2, 2}, 0, 0, 0}};
    train_count = 32;
    test_count = 8;
  }
  void read(Split, int64_t index, const Sample& sample) const override {
    const int64_t length = length_of(index);
    for (int64_t t = 0; t < longest; ++t) {
      sample.integers(0)[t] = t < length ? (index + t) % 4 : 0;
    }
    *sample.integers(1) = length;
    for (size_t f = 2; f < fields.size(); ++f) {
      std::fill_n(sample.reals(f), fields[f].elements(), static_cast<float>(index) / 64.0F);
    }
  }

 private:
  static int64_t length_of(int64_t index) { return 1 + index % longest; }
};

class KindMaker final : public Model {
 public:
  static void describe(Description& d) {
    d.summary = "Makes samples like a field, from noise and one trained number.";
    d.text("like", "text", "the field").choices({"text", "length", "sound", "person", "bands", "film", "shapeless"});
    d.integer("times", 0, "length of an axis of time; 0: as the data's").range(0, 100);
    d.text("mistake", "none", "what it does wrong").choices({"none", "token", "growing"});
  }
  KindMaker(const Settings& settings, const DataSpec& data, Builder& build)
      : field_(*data.find(settings.text("like"))),
        text_(*data.find("text")),
        sound_(*data.find("sound")),
        times_(settings.integer("times")),
        mistake_(settings.text("mistake")),
        scale_(build.group("numbers").parameter("scale", {}, Initializer::constant(0.5))),
        steps_(build.state("steps", {}, 0)) {}

  void train_step(Step& step) const override {
    const Tensor mask = step.mask(text_);
    const Tensor loss = square(scale_.use(step.context()) - mean(step.data("sound")));
    step.minimize("numbers", loss);
    steps_.assign(steps_.use(step.context()) + 1);
    step.log("loss", loss);
    step.log("elements", sum(mask));
    step.log("lengths", sum(to_real(step.data("length"))));
    step.log("first", sum(mask.slice(1, 0, 1)));
    step.log("all", sum(step.mask(sound_)));
  }
  void evaluate(Evaluation& e) const override {
    e.add("loss", square(scale_.use(e.context())) * static_cast<double>(e.batch_size()),
          static_cast<double>(e.batch_size()));
    e.add("elements", sum(e.mask(text_)), static_cast<double>(e.batch_size()));
  }

  [[nodiscard]] std::string sampled_field() const override { return field_.name; }
  Tensor sample(Sampling& s, int64_t n) const override {
    std::vector<int64_t> dims = field_.dims;
    if (times_ > 0 && field_.kind != Kind::image && field_.kind != Kind::table_row) {
      dims[field_.kind == Kind::signal ? 1 : 0] = times_;
    }
    if (mistake_ == "growing") {
      Tensor steps = steps_.use(s.context());
      dims.back() += static_cast<int64_t>(s.read(steps).front());
    }
    dims.insert(dims.begin(), n);
    if (field_.dtype == ATL_INT64) {
      std::vector<int64_t> logits = dims;
      logits.push_back(field_.classes);
      const Tensor drawn = categorical(s.full(logits, 0) + scale_.use(s.context()));
      return mistake_ == "token"
                 ? s.constant(dims, std::vector<int64_t>(static_cast<size_t>(n * dims[1]), field_.classes))
                 : drawn;
    }
    return s.uniform(dims) * scale_.use(s.context());
  }

  [[nodiscard]] std::vector<View> views() const override {
    return {{.name = "pairs", .help = "test samples, twice", .uses_data = true, .field = field_.name}};
  }
  Tensor view(Sampling& s, std::string_view, int64_t) const override {
    const Tensor x = s.data(field_.name);
    std::vector<int64_t> dims = x.shape();
    dims.insert(dims.begin() + 1, 1);
    return concatenate({x.reshape(dims), x.reshape(dims)}, 1);
  }

 private:
  Field field_, text_, sound_;
  int64_t times_;
  std::string mistake_;
  Parameter scale_, steps_;
};

}  // namespace

ATELIER_DATASET("kinds", Kinds)
ATELIER_MODEL("kind-maker", KindMaker)
