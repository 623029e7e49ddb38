// All that a plugin author needs. A plugin includes this, or the header of the one kind that it brings.
#pragma once

#include <atelier/custom_operation.hpp>
#include <atelier/dataset.hpp>
#include <atelier/interpolation.hpp>
#include <atelier/loss.hpp>
#include <atelier/masked_convolution.hpp>
#include <atelier/metric.hpp>
#include <atelier/model.hpp>
#include <atelier/multi_head_attention.hpp>
#include <atelier/operations.hpp>
#include <atelier/optimizer.hpp>
#include <atelier/ranges.hpp>
#include <atelier/recorded_optimizer.hpp>
#include <atelier/recurrent.hpp>
