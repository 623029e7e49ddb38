#include "inference/neighbours.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>
#include <thread>

#include "base/error.hpp"
#include "base/purposes.hpp"
#include "data/evaluation_batches.hpp"
#include "kernels/random.hpp"

namespace atelier::inference {
namespace {

constexpr int64_t batch_size = 1024;

// In lanes, so that it is fast and always added up in one order.
double squared_distance(const float* a, const float* b, int64_t length) {
  constexpr int64_t lanes = 16;
  std::array<float, lanes> sums{};
  int64_t i = 0;
  for (; i + lanes <= length; i += lanes) {
    for (int64_t lane = 0; lane < lanes; ++lane) {
      const float difference = a[i + lane] - b[i + lane];
      sums[static_cast<size_t>(lane)] += difference * difference;
    }
  }
  double sum = 0;
  for (const float lane : sums) {
    sum += static_cast<double>(lane);
  }
  for (; i < length; ++i) {
    const auto difference = static_cast<double>(a[i] - b[i]);
    sum += difference * difference;
  }
  return sum;
}

// Something whose nearest samples are looked for.
struct Query {
  const float* values;
  int64_t itself = -1;  // its place in the training split, which is no neighbour; -1 for none
  size_t wanted = 1;
  std::vector<Neighbour> nearest{};  // by squared distance

  void look_at(int64_t sample, double distance) {
    if (sample == itself || (nearest.size() == wanted && distance >= nearest.back().distance)) {
      return;
    }
    const auto place = std::ranges::upper_bound(nearest, distance, {}, &Neighbour::distance);
    nearest.insert(place, {sample, distance});
    nearest.resize(std::min(nearest.size(), wanted));
  }
};

// The field of the training data that the samples are like.
class TrainingField {
 public:
  TrainingField(const data::ExperimentData& data, const Samples& like)
      : data_(data), subset_(data.subsets().train), name_(like.like.name), length_(like.dims().elements()) {
    const catalog::FieldSpec* const field = data.spec().find(name_);
    if (field == nullptr || field->dims.elements() != length_ || field->dtype != tensor::DType::f32) {
      throw Error(ErrorKind::usage,
                  "--neighbours: the training data have no field of numbers like '{}', expected samples "
                  "that are like training samples",
                  name_);
    }
  }

  [[nodiscard]] int64_t count() const { return subset_.count; }
  [[nodiscard]] int64_t length() const { return length_; }

  // All samples, in order, some at a time.
  template <typename Take>
  void read(const Take& take) const {
    data::EvaluationBatches batches(data_, subset_, batch_size);
    while (batches.next()) {
      take(batches.first_index(), values_of(batches.fields()), batches.size());
    }
  }
  // Those at these places, one after the other.
  [[nodiscard]] std::vector<float> at(const std::vector<uint32_t>& places) const {
    std::vector<float> out;
    data::Batch batch(data_, std::min<int64_t>(batch_size, std::max<int64_t>(std::ssize(places), 1)));
    for (int64_t first = 0; first < std::ssize(places); first += batch_size) {
      batch.plan(subset_, places, first, std::min(batch_size, std::ssize(places) - first), data::evaluation);
      for (int32_t piece = 0; piece < batch.pieces(); ++piece) {
        batch.assemble(piece);
      }
      const float* const values = values_of(batch.fields());
      out.insert(out.end(), values, values + batch.size() * length_);
    }
    return out;
  }

 private:
  [[nodiscard]] const float* values_of(const std::vector<plugin::BatchField>& fields) const {
    return static_cast<const float*>(std::ranges::find(fields, name_, &plugin::BatchField::name)->data);
  }

  const data::ExperimentData& data_;
  const data::Subset& subset_;
  std::string name_;
  int64_t length_;
};

// Each query's neighbours are the same however many threads share them out.
void look_at_all(const TrainingField& training, std::vector<Query>& queries, int threads) {
  training.read([&](int64_t first, const float* values, int64_t count) {
    const auto part = [&](size_t thread) {
      for (size_t q = thread; q < queries.size(); q += static_cast<size_t>(threads)) {
        for (int64_t i = 0; i < count; ++i) {
          queries[q].look_at(first + i,
                             squared_distance(queries[q].values, values + i * training.length(), training.length()));
        }
      }
    };
    std::vector<std::jthread> others;
    for (int thread = 1; thread < threads; ++thread) {
      others.emplace_back(part, static_cast<size_t>(thread));
    }
    part(0);
  });
  for (Query& query : queries) {
    for (Neighbour& neighbour : query.nearest) {
      neighbour.distance = std::sqrt(neighbour.distance);
    }
  }
}

Samples images_of(const TrainingField& training, const Samples& like, const std::vector<std::vector<Neighbour>>& of) {
  std::vector<uint32_t> places;
  for (const auto& neighbours : of) {
    for (const Neighbour& neighbour : neighbours) {
      places.push_back(static_cast<uint32_t>(neighbour.sample));
    }
  }
  const std::vector<float> values = training.at(places);
  std::vector<int64_t> dims{std::ssize(of), std::ssize(of.front())};
  const tensor::Shape of_one = like.dims();
  dims.insert(dims.end(), of_one.dims().begin(), of_one.dims().end());
  Samples out{like.like, tensor::Tensor(tensor::Shape(dims), tensor::DType::f32), true, false};
  std::memcpy(out.values.storage.data(), values.data(), values.size() * sizeof(float));
  return out;
}

}  // namespace

double Neighbours::median_of_real() const {
  const size_t middle = of_real.size() / 2;
  return of_real.size() % 2 == 1 ? of_real[middle] : (of_real[middle - 1] + of_real[middle]) / 2;
}

double Neighbours::share_of_real(double distance) const {
  return static_cast<double>(std::ranges::upper_bound(of_real, distance) - of_real.begin()) /
         static_cast<double>(of_real.size());
}

Neighbours nearest_training_samples(TrainedModel& trained, const Samples& samples, int64_t count, uint64_t seed,
                                    int threads) {
  const TrainingField training(trained.data(), samples);
  if (training.count() <= count) {
    throw Error(ErrorKind::usage, "--neighbours: got {}, expected fewer than the {} training samples", count,
                training.count());
  }
  constexpr int64_t most_real = 500;
  std::vector<uint32_t> chosen =
      kernels::permutation({seed, purpose_sampling}, 0, static_cast<uint32_t>(training.count()));
  chosen.resize(static_cast<size_t>(std::min(most_real, training.count())));
  const std::vector<float> real = training.at(chosen);

  std::vector<Query> queries;
  for (int64_t i = 0; i < samples.count(); ++i) {
    queries.push_back(
        {samples.values.storage.as<const float>() + i * training.length(), -1, static_cast<size_t>(count)});
  }
  for (size_t i = 0; i < chosen.size(); ++i) {
    queries.push_back({real.data() + i * static_cast<size_t>(training.length()), chosen[i]});
  }
  look_at_all(training, queries, std::max(threads, 1));

  Neighbours out;
  for (size_t i = 0; i < queries.size(); ++i) {
    if (static_cast<int64_t>(i) < samples.count()) {
      out.of_samples.push_back(std::move(queries[i].nearest));
    } else {
      out.of_real.push_back(queries[i].nearest.front().distance);
    }
  }
  std::ranges::sort(out.of_real);
  out.images = images_of(training, samples, out.of_samples);
  return out;
}

}  // namespace atelier::inference
