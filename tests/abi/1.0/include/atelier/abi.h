/* The contract between the Atelier host and its plugins: C11, no dependency. Plugin authors use <atelier/atelier.hpp>,
 * the C++20 wrapper over this.
 *
 * Rules that hold everywhere
 * - A plugin exports one function, atelier_plugin. All else goes through tables.
 * - Every struct that may grow begins with its size, set by its maker from sizeof; a reader touches min(yours, mine).
 *   New members are added at the end only, with a comment "since minor N". Arrays of such structs have the first
 *   element's size as their stride. Members called `reserved` are 0.
 * - No pointer is NULL unless a comment says so; a pointer to an empty list may be anything.
 * - Everything that can fail returns an atl_status. The host keeps the message (see atl_core.fail).
 * - Arguments are borrowed for the call unless a comment says "kept". Whoever allocates frees. Strings are UTF-8,
 *   pointer and length, not terminated unless said. `self` may be NULL where a component has no state.
 * - No C++ exception and no C++ type crosses this line; both sides catch everything at it.
 * - Layouts: tensors are row-major. Images are (B, C, H, W): batch, channels, rows from the top, columns from the left.
 */
#ifndef ATELIER_ABI_H
#define ATELIER_ABI_H

#include <atelier/abi/base.h>
#include <atelier/abi/core.h>
#include <atelier/abi/data.h>
#include <atelier/abi/description.h>
#include <atelier/abi/loss.h>
#include <atelier/abi/metric.h>
#include <atelier/abi/model.h>
#include <atelier/abi/operation.h>
#include <atelier/abi/optimizer.h>
#include <atelier/abi/plugin.h>

#endif
