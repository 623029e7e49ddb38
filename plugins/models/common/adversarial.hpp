// What generative adversarial networks have in common; a model of this kind adds the two networks and its training
// step.
#pragma once

#include <atelier/metric.hpp>
#include <atelier/model.hpp>

#include "latent_space.hpp"

namespace atelier {

struct Judgement {
  Tensor logits;  // (B, 1)
  Tensor hidden;  // what the last layer makes them of, (B, ...)
};

// Derived classes call describe_game() in their own describe(), declare the parameters of their networks in the groups
// "generator" and "discriminator", and give the two functions below and train_step.
class AdversarialModel : public Model {
 public:
  void evaluate(Evaluation& evaluation) const override {
    const Round round = round_of(evaluation);
    const Discriminator discriminator{*this, round.condition};
    // The mean logits, which are a critic's values: of Wasserstein distances their difference is the estimate.
    evaluation.add_per_sample("real_score", discriminator(round.real).reshape({-1}));
    evaluation.add_per_sample("fake_score", discriminator(round.fake).reshape({-1}));
    const auto count = static_cast<double>(evaluation.batch_size());
    const Tensor loss = adversarial_.generator(discriminator, round.fake);
    evaluation.add("discriminator_loss", adversarial_.discriminator(discriminator, round.real, round.fake) * count,
                   count);
    evaluation.add("generator_loss", loss * count, count);
    if (feature_matching_ == 0) {
      evaluation.add("loss", loss * count, count);
    }
  }
  Owned<Metric> own_metric() override {
    return feature_matching_ > 0 ? Owned<Metric>(new FeatureMatching(*this)) : Owned<Metric>();
  }

  Tensor sample(Sampling& sampling, int64_t n) const override {
    const Tensor z = sampling.normal({n, latent_});  // draws have an order, arguments have none
    return generate(z, condition_.draw(sampling, n));
  }

  std::vector<std::string> output_names() const override { return latent_space().output_names(); }
  Tensor output(Evaluation& evaluation, std::string_view name, int64_t) const override {
    return latent_space().output(evaluation, name);
  }

  std::vector<View> views() const override { return latent_space().views(); }
  Tensor view(Sampling& sampling, std::string_view name, int64_t n) const override {
    return latent_space().view(sampling, name, n);
  }

 protected:
  static void describe_game(Description& d) {
    d.integer("latent", 100, "length of the noise vector z").range(1, 65536);
    d.integer("discriminator_steps", 1, "updates of the discriminator, each on a fresh batch, for one of the generator")
        .range(1, 1000);
    Condition::describe(d);
    d.number("feature_matching", 0.0,
             "weight, in the generator's loss, of the squared distance between the mean features of real and of "
             "generated images (Salimans et al. 2016, section 3.1)")
        .range(0);
    d.text("feature_matching_from", "",
           "another run whose model finds the features, by its experiment's name or by its log; none: the "
           "discriminator's last hidden layer");
    d.text("feature_matching_feature", "convolutions", "which of that model's features");
    d.integer("pac", 1,
              "how many images the discriminator judges together, as channels of one (packing, Lin et al. 2018): it "
              "sees when they are too alike")
        .range(1, 64);
    d.loss("adversarial", "adversarial", "non-saturating", "what discriminator and generator play for");
    // A player's loss says how strong its opponent is.
    d.measure("loss", Direction::neither, "loss.adversarial",
              "the generator's, with feature matching where it is asked for");
    d.measure("generator_loss", Direction::neither, "loss.adversarial", "by the adversarial loss alone");
    d.measure("discriminator_loss", Direction::neither, "loss.adversarial", "by the adversarial loss");
    d.measure("feature_distance", Direction::neither, "",
              "squared distance between the mean features of real and of generated images");
    d.measure("real_score", Direction::neither, "logits", "what the discriminator gives real images, on average");
    d.measure("fake_score", Direction::neither, "logits", "what it gives generated ones");
  }

  AdversarialModel(const Settings& settings, const DataSpec& data, const Builder& build)
      : latent_(settings.integer("latent")),
        discriminator_steps_(settings.integer("discriminator_steps")),
        condition_(settings, data, build),
        pac_(settings.integer("pac")),
        feature_matching_(settings.number("feature_matching")),
        adversarial_(build.loss("adversarial")) {
    if (pac_ > 1 && condition_.length() > 0) {
      build.fail("model.pac: " + std::to_string(pac_) + ", expected 1 where model.conditional is '" +
                 settings.text("conditional") + "': images of one pack would have to have one condition");
    }
    const std::string from = settings.text("feature_matching_from");
    if (!from.empty() && feature_matching_ == 0) {
      build.fail("model.feature_matching: 0, expected a weight, as model.feature_matching_from is '" + from + "'");
    } else if (!from.empty() && pac_ > 1) {
      build.fail("model.pac: " + std::to_string(pac_) +
                 ", expected 1 where model.feature_matching_from is another run, which sees images, no packs");
    } else if (!from.empty()) {
      matches_own_ = false;
      matched_feature_ = settings.text("feature_matching_feature");
      matched_model_ = build.features(from);
    }
  }

  // z is (B, latent), a condition (B, condition().length()) or empty; images are (B, C, H, W).
  [[nodiscard]] virtual Tensor generate(Tensor z, Tensor condition) const = 0;
  [[nodiscard]] virtual Judgement discriminate(Tensor images, Tensor condition) const = 0;

  [[nodiscard]] int64_t latent() const { return latent_; }
  [[nodiscard]] int64_t discriminator_steps() const { return discriminator_steps_; }
  [[nodiscard]] const Condition& condition() const { return condition_; }
  [[nodiscard]] const Adversarial& adversarial() const { return adversarial_; }

  // As losses call it: images to logits, under the batch's condition.
  struct Discriminator {
    const AdversarialModel& model;
    Tensor condition;
    Tensor operator()(Tensor images) const { return model.discriminate(images, condition).logits; }
    static std::string_view group() { return "discriminator"; }
  };

  // The data as the discriminator sees it.
  [[nodiscard]] DataSpec packed(DataSpec data) const {
    for (Field& field : data.fields) {
      if (field.name == "image" && field.dims.size() == 3) {
        field.dims[0] *= pac_;
      }
    }
    return data;
  }
  // (B, C, H, W) to (B / pac, pac C, H, W). What is left over is left out; a batch that fills no pack fills one with
  // some of its images twice.
  [[nodiscard]] Tensor packed(const Recording& recording, Tensor images) const {
    const int64_t count = images.dim(0);
    if (pac_ == 1) {
      return images;
    }
    if (count < pac_) {
      std::vector<int64_t> rows;
      for (int64_t i = 0; i < pac_; ++i) {
        rows.push_back(i % count);
      }
      images = gather(images, recording.constant({pac_}, rows));
    } else if (count % pac_ != 0) {
      images = images.slice(0, 0, count - count % pac_);
    }
    return images.reshape({-1, pac_ * images.dim(1), images.dim(2), images.dim(3)});
  }

  // What both players see of a batch: images, or packs of them.
  struct Round {
    Tensor real, condition, fake;
  };
  [[nodiscard]] Round round_of(const Batch& batch) const {
    Round out;
    const Tensor real = batch.images();
    out.condition = condition_.of(batch);
    out.real = packed(batch, real);
    out.fake = packed(batch, generate(batch.normal({real.dim(0), latent_}), out.condition));
    return out;
  }
  [[nodiscard]] Discriminator critic(const Round& round) const { return {*this, round.condition}; }

  // The generator's loss with the distance between features added, where that is asked for.
  [[nodiscard]] Tensor with_feature_matching(const Step& step, Tensor generator_loss, const Round& round,
                                             bool logged = true) const {
    if (feature_matching_ == 0) {
      return generator_loss;
    }
    const Tensor distance = feature_distance(round.real, round.fake, round.condition);
    if (logged) {
      step.log("feature_distance", distance);
    }
    return generator_loss + distance * feature_matching_;
  }

 private:
  [[nodiscard]] Tensor matched_features(Tensor images, Tensor condition) const {  // (B, features)
    const Tensor f = matches_own_ ? discriminate(images, condition).hidden : matched_model_(images, matched_feature_);
    return f.flatten();
  }
  // |E f(x) - E f(G(z))|^2, Salimans et al. 2016, section 3.1.
  [[nodiscard]] Tensor feature_distance(Tensor real, Tensor fake, Tensor condition) const {
    const Tensor wanted = mean(matched_features(real, condition), {0}).detach();
    return sum(square(mean(matched_features(fake, condition), {0}) - wanted));
  }
  // The same of an evaluation, where the means are over all images, and the loss that it is a part of.
  class FeatureMatching final : public Metric {
   public:
    explicit FeatureMatching(const AdversarialModel& model) : model_(model) {
      passes = {Pass::over(Pass::Data::evaluated, {Collected::sum("real", {-1}), Collected::sum("fake", {-1}),
                                                   Collected::sum("generator_loss"), Collected::sum("count")})};
      results = {{"feature_distance", {}}, {"loss", {}}};
    }
    std::vector<Tensor> batch(Measurement& measurement) const override {
      const Round round = model_.round_of(measurement);
      const Tensor loss = model_.adversarial_.generator(Discriminator{model_, round.condition}, round.fake);
      const Tensor count = measurement.scalar(static_cast<double>(round.real.dim(0)));
      return {sum(model_.matched_features(round.real, round.condition), {0}),
              sum(model_.matched_features(round.fake, round.condition), {0}), loss * count, count};
    }
    ValueLists finish(const CollectedValues& collected) const override {
      const ValueLists& values = collected[0];
      const double count = values[3][0];
      double distance = 0;
      for (size_t i = 0; i < values[0].size(); ++i) {
        const double difference = (values[1][i] - values[0][i]) / count;
        distance += difference * difference;
      }
      return {{distance}, {values[2][0] / count + distance * model_.feature_matching_}};
    }

   private:
    const AdversarialModel& model_;
  };

  [[nodiscard]] LatentSpace latent_space() const {
    return {.length = latent_,
            .decode = [this](Tensor z, Tensor condition) { return generate(z, condition); },
            .draw =
                [this](const Sampling& sampling, int64_t n) {
                  return sampling.normal({n, latent_});
                },
            .condition = &condition_};
  }

  int64_t latent_, discriminator_steps_;
  Condition condition_;
  int64_t pac_;
  double feature_matching_;
  bool matches_own_ = true;  // the discriminator's own features, not those of another run's model
  std::string matched_feature_;
  Features matched_model_;
  Adversarial adversarial_;
};

}  // namespace atelier
