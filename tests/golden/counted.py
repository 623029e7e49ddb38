"""The host's counted random numbers in NumPy, bit for bit: see host/kernels/random.hpp for the packing of key and counter."""
import numpy as np

TRAINING = 2  # the purpose of draws in training steps: host/base/purposes.hpp
GROUP = 64    # elements that are made together
LANES = GROUP // 4

f32 = np.float32
LOW = np.uint64(0xFFFFFFFF)


def splitmix64(x):
    mask = 2**64 - 1
    x = (x + 0x9E3779B97F4A7C15) & mask
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & mask
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & mask
    return x ^ (x >> 31)


def philox4x32(counter, key):
    """Salmon et al. 2011, ten rounds. counter: four arrays of words, key: two words; gives four arrays of words."""
    x0, x1, x2, x3 = (np.asarray(word, np.uint64) for word in counter)
    k0, k1 = key
    for _ in range(10):
        product0 = x0 * np.uint64(0xD2511F53)
        product1 = x2 * np.uint64(0xCD9E8D57)
        x0, x1, x2, x3 = ((product1 >> np.uint64(32)) ^ x1 ^ np.uint64(k0), product1 & LOW,
                          (product0 >> np.uint64(32)) ^ x3 ^ np.uint64(k1), product0 & LOW)
        k0 = (k0 + 0x9E3779B9) & 0xFFFFFFFF
        k1 = (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return [word.astype(np.uint32) for word in (x0, x1, x2, x3)]


# ---- The host's float32 functions (polynomials of Cephes): each operation is rounded, so that the bits are the same.

def horner(x, coefficients):
    result = f32(coefficients[0])
    for coefficient in coefficients[1:]:
        result = result * x + f32(coefficient)
    return result


def log(x):
    """x = 2^e m with m in [sqrt(1/2), sqrt(2)); log x = e ln 2 + log(1 + f), f = m - 1."""
    offset = np.uint32(0x3F3504F3)  # sqrt(1/2)
    bits = (x.view(np.uint32) - offset).astype(np.uint32)
    e = (bits.view(np.int32) >> 23).astype(f32)
    f = ((bits & np.uint32(0x7FFFFF)) + offset).view(f32) - f32(1)
    z = f * f
    y = horner(f, [7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
                   -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1]) * f * z
    y = y + e * f32(-2.12194440e-4)
    y = y - f32(0.5) * z
    return (f + y) + e * f32(0.693359375)


def sine(r, quadrant):
    """sin(r + quadrant pi / 2) for |r| <= pi / 4."""
    z = r * r
    sin = horner(z, [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1]) * z * r + r
    cos = horner(z, [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2]) * (z * z) - f32(0.5) * z + f32(1)
    y = np.where(quadrant & 1, cos, sin)
    return np.where(quadrant & 2, -y, y)


def box_muller(radius_words, angle_words):
    """sqrt(-2 log u) (cos t, sin t)."""
    u = ((radius_words >> np.uint32(1)).astype(f32) + f32(0.5)) * f32(2.0**-31)
    radius = np.sqrt(f32(-2) * log(u))
    centred = (angle_words & np.uint32(0x3FFFFFFF)).astype(np.int32) - np.int32(0x20000000)
    angle = centred.astype(f32) * (f32(2.0**-30) * f32(1.57079632679489662))
    quadrant = (angle_words >> np.uint32(30)).astype(np.int32)
    cosine = radius * sine(angle, quadrant + 1)
    exact = np.sqrt(-2 * np.log(u.astype(np.float64))) * np.cos(centred * (2.0**-30 * np.pi / 2) + quadrant * np.pi / 2)
    assert np.abs(cosine - exact).max() < 2e-6, "the float32 functions are not what they should be"
    return cosine, radius * sine(angle, quadrant)


def upper_bits(words):
    """Uniform in (0, 1): (2 k + 1) 2^-24 of the upper 23 bits."""
    return [((word >> np.uint32(9)).astype(f32) + f32(0.5)) * f32(2.0**-23) for word in words]


def box_muller_pairs(words):
    return [*box_muller(words[0], words[1]), *box_muller(words[2], words[3])]


def draw(distribution, seed, step, ordinal, rows, columns, purpose):
    """Float32 (rows, columns): draw number `ordinal` of a step, for the places 0 to rows - 1 of the batch."""
    key = splitmix64(splitmix64(seed) ^ purpose)
    key = (key & 0xFFFFFFFF, key >> 32)
    out = np.empty((rows, columns), f32)
    for row in range(rows):
        for group in range(-(-columns // GROUP)):
            blocks = group * LANES + np.arange(LANES)
            words = philox4x32((blocks, row, step & 0xFFFFFFFF, (ordinal & 0xFFFF) | ((step >> 32) << 16)), key)
            numbers = np.concatenate(distribution(words))
            part = out[row, group * GROUP:(group + 1) * GROUP]
            part[:] = numbers[:len(part)]
    return out


def normal(seed, step, ordinal, rows, columns, purpose=TRAINING):
    return draw(box_muller_pairs, seed, step, ordinal, rows, columns, purpose)


def uniform(seed, step, ordinal, rows, columns, purpose=TRAINING):
    return draw(upper_bits, seed, step, ordinal, rows, columns, purpose)
