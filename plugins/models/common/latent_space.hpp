// Pictures of a latent space, drawn alike by all models that have one.
#pragma once

#include <algorithm>
#include <atelier/interpolation.hpp>
#include <atelier/model.hpp>
#include <functional>

#include "condition.hpp"

namespace atelier {

// What a model says of its latent vectors z, and the views that follow: with `draw` "interpolation", "traversal" and,
// where labels are a condition, "classes"; with `encode` "reconstruction", and traversals start from a sample. Samples
// are those of one of the data's fields. A condition is an empty tensor where there is none.
struct LatentSpace {
  int64_t length;                                                                     // of z
  std::function<Tensor(Tensor z, Tensor condition)> decode;                           // (n, length) to samples
  std::function<Tensor(const Sampling&, int64_t n)> draw{};                           // from the prior, (n, length)
  std::function<Tensor(const Sampling&, Tensor samples, Tensor condition)> encode{};  // to (n, length)
  std::function<Tensor(Tensor z, Tensor condition)> generate{};  // of draws, where that is not `decode`
  const Condition* condition = nullptr;
  std::string field = "image";
  int64_t steps = 10;  // samples of a strip that goes from one z to another
  bool normal = true;  // draws are from N(0, I), so that all points of a path between two are such as draws are

  [[nodiscard]] std::vector<View> views() const {
    std::vector<View> out;
    const auto add = [&](bool there, const char* name, const char* help, bool uses_data) {
      if (there) {
        out.push_back({.name = name, .help = help, .uses_data = uses_data, .field = field});
      }
    };
    const bool draws = draw != nullptr, encodes = encode != nullptr;
    add(draws, "interpolation", "from one draw of z to another", false);
    add(encodes && draws, "traversal", "a latent dimension in each strip, from -3 to 3, around a test sample", true);
    add(draws && !encodes, "traversal", "a latent dimension in each strip, from -3 to 3, around a draw of z", false);
    add(encodes, "reconstruction", "test samples, and what comes of their latent vectors", true);
    add(draws && classes() > 0, "classes", "a draw of z in each strip, with each label in turn", false);
    return out;
  }

  Tensor view(const Sampling& sampling, std::string_view name, int64_t n) const {
    if (name == "interpolation") return between_draws(sampling, n);
    if (name == "traversal") return along_dimensions(sampling, std::min(n, length));
    if (name == "reconstruction") return reconstructions(sampling);
    if (name == "classes") return with_each_label(sampling, n);
    sampling.fail("there is no view '" + std::string(name) + "'");
    return {};
  }

  // What metrics ask for, where the samples are images: "path_step", and "conditional_samples" where labels are a
  // condition.
  [[nodiscard]] std::vector<std::string> output_names() const {
    std::vector<std::string> out;
    if (draw != nullptr && normal && field == "image") out.emplace_back("path_step");
    if (draw != nullptr && classes() > 0) out.emplace_back("conditional_samples");
    return out;
  }
  Tensor output(const Evaluation& evaluation, std::string_view name) const {
    const Sampling sampling(evaluation.context());
    const int64_t n = evaluation.batch_size();
    const Tensor y = condition_of(sampling);
    const Tensor start = draw(sampling, n);
    if (name == "conditional_samples") return generated(start, y);
    const Tensor points = step_between(sampling, start, draw(sampling, n));  // (n, 2, length)
    return in_strips(generated(flat(points), repeat_condition(y, 2)), n);
  }

 private:
  [[nodiscard]] Tensor between_draws(const Sampling& sampling, int64_t n) const {
    const Tensor start = draw(sampling, n);
    const Tensor path = interpolation(sampling, start, draw(sampling, n), steps);  // (n, steps, length)
    const Tensor y = condition == nullptr ? Tensor() : condition->draw(sampling, n);
    return in_strips(generated(flat(path), repeat_condition(y, steps)), n);
  }

  [[nodiscard]] Tensor along_dimensions(const Sampling& sampling, int64_t n) const {
    const bool around_sample = encode != nullptr;
    Tensor y = around_sample ? condition_of(sampling) : Tensor();
    const Tensor z = around_sample ? encode(sampling, sampling.data(field), y).slice(0, 0, 1) : draw(sampling, 1);
    if (!around_sample && condition != nullptr) {
      y = condition->draw(sampling, 1);
    }
    const Tensor first = y.handle() == 0 ? y : y.slice(0, 0, 1);
    const Tensor paths = traversal(sampling, z, n, steps);  // (n, steps, length)
    const Tensor everywhere = repeat_condition(first, n * steps);
    return in_strips(around_sample ? decode(flat(paths), everywhere) : generated(flat(paths), everywhere), n);
  }

  [[nodiscard]] Tensor reconstructions(const Sampling& sampling) const {
    const Tensor x = sampling.data(field);
    const Tensor y = condition_of(sampling);
    return strips({x, decode(encode(sampling, x, y), y)});
  }

  [[nodiscard]] Tensor with_each_label(const Sampling& sampling, int64_t n) const {
    const Tensor z = repeat(draw(sampling, n), classes());
    return in_strips(generated(z, condition->of_each_class(sampling, n)), n);
  }

  [[nodiscard]] int64_t classes() const { return condition == nullptr ? 0 : condition->classes(); }
  [[nodiscard]] Tensor condition_of(const Sampling& sampling) const {
    return condition == nullptr ? Tensor() : condition->of(sampling);
  }
  [[nodiscard]] Tensor generated(Tensor z, Tensor y) const { return generate ? generate(z, y) : decode(z, y); }
  [[nodiscard]] Tensor flat(Tensor paths) const { return paths.reshape({-1, length}); }
};

}  // namespace atelier
