/* Plain values of the contract: versions, status codes, strings, handles, settings' values. Their layout is frozen. */
#ifndef ATELIER_ABI_BASE_H
#define ATELIER_ABI_BASE_H

#include <stddef.h>
#include <stdint.h>

#define ATL_ABI_MAJOR 1
#define ATL_ABI_MINOR 0

/* The newest minor that a source may use: what came later is not declared. A plugin in C asks for this minor when it
 * connects, and so loads into every host that has it; the default is the oldest. The C++ wrapper finds out by itself
 * which minor the calls in a source need, and limits nothing unless this is defined. */
#ifndef ATL_ABI_TARGET
#ifdef __cplusplus
#define ATL_ABI_TARGET ATL_ABI_MINOR
#else
#define ATL_ABI_TARGET 0
#endif
#endif

#define ATL_EXPORT __attribute__((visibility("default")))

/* Whether a struct of the other side has a member that came with a later minor than the one that was asked for: what
 * can do without a function looks here before it calls it. `struct_type` is that of `pointer`. */
#define ATL_HAS(struct_type, pointer, member) \
  ((pointer)->size >= offsetof(struct_type, member) + sizeof((pointer)->member))

/* Held by the compiler wherever these headers are used: no member moves, and every byte of a struct is a member's.
 * (That types and values stay too is held by sdk/abi-1.0.layout; sdk/ABI-HISTORY.md says what may change, and how.) */
#ifdef __cplusplus
#define ATL_LAYOUT(type, member, offset) static_assert(offsetof(type, member) == (offset), "the contract is frozen")
#define ATL_SIZE(type, bytes) static_assert(sizeof(type) == (bytes), "the contract is frozen")
#else
#define ATL_LAYOUT(type, member, offset) _Static_assert(offsetof(type, member) == (offset), "the contract is frozen")
#define ATL_SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), "the contract is frozen")
#endif
ATL_SIZE(void*, 8); /* The contract is one of 64-bit machines: host and plugins, all of them. */
ATL_SIZE(void (*)(void), 8);

typedef int32_t atl_status;
enum {
  ATL_OK = 0,
  ATL_ERROR_ARGUMENT = 1,    /* a name, handle or value that is not valid here */
  ATL_ERROR_SHAPE = 2,       /* tensors that do not fit an operation, or each other */
  ATL_ERROR_PHASE = 3,       /* a call that this phase (build, train, evaluate, sample) or this thread does not allow */
  ATL_ERROR_DATA = 4,        /* data that is missing, truncated or corrupt */
  ATL_ERROR_UNSUPPORTED = 5, /* not there: an operation, an interface, a gradient that an operation does not have */
  ATL_ERROR_VERSION = 6,     /* the two sides have no version in common */
  ATL_ERROR_MEMORY = 7,      /* there is not enough of it */
  ATL_ERROR_INTERNAL = 8     /* anything else, an exception caught at the line included */
};

typedef struct atl_string {
  const char* data;
  uint64_t size;
} atl_string;
ATL_LAYOUT(atl_string, data, 0);
ATL_LAYOUT(atl_string, size, 8);
ATL_SIZE(atl_string, 16);

typedef struct atl_location { /* a place in the author's source */
  const char* file;           /* NUL-terminated, of static storage */
  uint32_t line;              /* from 1; 0: no place */
  uint32_t reserved;          /* 0 */
} atl_location;
ATL_LAYOUT(atl_location, file, 0);
ATL_LAYOUT(atl_location, line, 8);
ATL_LAYOUT(atl_location, reserved, 12);
ATL_SIZE(atl_location, 16);

/* A tensor of one recording: (generation << 32) | index. It needs no release; a stale or foreign one is recognized. 0
 * is the poison handle, which every function accepts: after a failure all results are poison, and the host reports the
 * first failure. */
typedef uint64_t atl_tensor;
typedef uint32_t atl_parameter; /* a parameter or a state tensor of the model; valid as long as the model */
typedef uint32_t atl_operation; /* an operation, resolved once; valid as long as the process */
typedef uint32_t atl_loss;      /* a loss that the experiment put into one of the model's slots */
typedef uint32_t atl_features;  /* another run's model, whose features are used */

typedef int32_t atl_dtype;
enum {
  ATL_FLOAT32 = 0,
  ATL_FLOAT64 = 1,
  ATL_INT64 = 2,
  ATL_REAL = 3, /* the run's own: float32, in gradient checks float64 */
  ATL_UINT8 = 4 /* of data fields only: bytes 0 to 255 stand for low to high; a model sees reals */
};

/* What an array means: what shows, logs and compares it goes by this. Axes without that of the batch. */
typedef int32_t atl_kind;
enum {
  ATL_NUMBERS_OF_NO_KIND = 0, /* any shape */
  ATL_IMAGE = 1,          /* (C, H, W): channels, rows from the top, columns from the left; any number of channels */
  ATL_IMAGE_SEQUENCE = 2, /* (T, C, H, W) */
  ATL_TOKENS = 3,         /* (T), int64: text; a class is a token, and the classes' names are the tokens' texts;
                             256 classes without names are the bytes of UTF-8 */
  ATL_SIGNAL = 4,         /* (C, T): channels and times */
  ATL_TABLE_ROW = 5       /* (columns) */
};

/* Opaque. Given to callbacks; belongs to the host. */
typedef struct atl_context atl_context;

typedef int32_t atl_value_type;
enum {
  ATL_BOOLEAN = 0,
  ATL_INTEGER = 1,
  ATL_NUMBER = 2,
  ATL_TEXT = 3,
  ATL_INTEGERS = 4,
  ATL_NUMBERS = 5,
  ATL_TEXTS = 6
};

typedef struct atl_value { /* lists and texts are borrowed */
  atl_value_type type;
  int32_t boolean;
  int64_t integer;
  double number;
  atl_string text;
  const void* list; /* int64_t, double or atl_string by type */
  uint64_t count;
} atl_value;
ATL_LAYOUT(atl_value, type, 0);
ATL_LAYOUT(atl_value, boolean, 4);
ATL_LAYOUT(atl_value, integer, 8);
ATL_LAYOUT(atl_value, number, 16);
ATL_LAYOUT(atl_value, text, 24);
ATL_LAYOUT(atl_value, list, 40);
ATL_LAYOUT(atl_value, count, 48);
ATL_SIZE(atl_value, 56);

typedef struct atl_named_value {
  atl_string name;
  atl_value value;
} atl_named_value;
ATL_LAYOUT(atl_named_value, name, 0);
ATL_LAYOUT(atl_named_value, value, 16);
ATL_SIZE(atl_named_value, 72);

typedef struct atl_settings { /* every setting of the description, checked, defaults filled in */
  uint64_t size;
  const atl_named_value* values;
  uint64_t count;
} atl_settings;
ATL_LAYOUT(atl_settings, size, 0);
ATL_LAYOUT(atl_settings, values, 8);
ATL_LAYOUT(atl_settings, count, 16);
ATL_SIZE(atl_settings, 24);

/* An attribute of a recorded operation: in the operation's declared order, trailing ones may be left out. */
typedef struct atl_attribute {
  atl_value_type type; /* ATL_INTEGER, ATL_NUMBER or ATL_INTEGERS */
  uint32_t count;      /* of `integers` */
  union {
    int64_t integer;
    double number;
    const int64_t* integers;
  } value;
} atl_attribute;
ATL_LAYOUT(atl_attribute, type, 0);
ATL_LAYOUT(atl_attribute, count, 4);
ATL_LAYOUT(atl_attribute, value, 8);
ATL_SIZE(atl_attribute, 16);

enum { ATL_MAX_RANK = 8 };

typedef struct atl_tensor_info {
  uint64_t size;
  atl_dtype dtype; /* ATL_FLOAT32, ATL_FLOAT64 or ATL_INT64 */
  uint32_t rank;
  int64_t dims[ATL_MAX_RANK];
} atl_tensor_info;
ATL_LAYOUT(atl_tensor_info, size, 0);
ATL_LAYOUT(atl_tensor_info, dtype, 8);
ATL_LAYOUT(atl_tensor_info, rank, 12);
ATL_LAYOUT(atl_tensor_info, dims, 16);
ATL_SIZE(atl_tensor_info, 80);

#endif
