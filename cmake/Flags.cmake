# What everything of ours is compiled with. Equal bits (docs/architecture.md, "Equal bits") need contraction off everywhere.
# (GCC 12 sees overlapping copies in string literals joined to strings: its bug 105329.) Where the sources of a room are joined
# (CMakePresets.json), a local name may be that of something in another file: for shadows, the builds look that do not join.
add_library(atelier_flags INTERFACE)
target_compile_options(atelier_flags INTERFACE -Wall -Wextra -Wpedantic $<$<NOT:$<BOOL:${CMAKE_UNITY_BUILD}>>:-Wshadow> $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict> -Werror
                                               -ffp-contract=off -fno-math-errno -fvisibility=hidden
                                               $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>)
# A fault in what reads files from elsewhere ends the program and gives nothing away. (Sanitizers look for the same, and more; the
# checked functions of the C library need optimization.)
if(NOT ATELIER_SANITIZE)
  target_compile_options(atelier_flags INTERFACE -fstack-protector-strong $<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>)
endif()
if(ATELIER_SANITIZE STREQUAL "thread")
  if(NOT EXISTS "${TBB_DIR}/TBBConfig.cmake")
    message(FATAL_ERROR "The thread sanitizer needs a oneTBB that is built with it; hint: ./bootstrap sanitize thread")
  endif()
  # Between that sanitizer's calls GCC 12 takes empty maps and variants for uninitialized; other builds look for what is.
  add_compile_options(-Wno-maybe-uninitialized)
endif()
if(ATELIER_SANITIZE)
  add_compile_options(-fsanitize=${ATELIER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${ATELIER_SANITIZE})
endif()
# Fuzzers see which way all code of ours takes, not only their own.
if(ATELIER_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "ATELIER_FUZZ is on and the compiler is ${CMAKE_CXX_COMPILER_ID}, expected Clang, which has "
                        "libFuzzer; hint: cmake --preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
