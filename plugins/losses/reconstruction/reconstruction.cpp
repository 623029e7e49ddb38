#include "pixels.hpp"

using reconstruction::Bce;
using reconstruction::Mse;

ATELIER_LOSS("bce", Bce)
ATELIER_LOSS("mse", Mse)
