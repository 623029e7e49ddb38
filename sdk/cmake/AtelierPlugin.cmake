# atelier_add_plugin(NAME sources... [VERSION x.y.z] [LIBRARIES ...])
# A plugin: one shared library against the SDK's headers only. NAME is the library's and, if no component says otherwise,
# what `atelier plugins` calls it.
function(atelier_add_plugin name)
  cmake_parse_arguments(PLUGIN "" "VERSION" "LIBRARIES" ${ARGN})
  if(NOT PLUGIN_VERSION)
    set(PLUGIN_VERSION ${PROJECT_VERSION})
  endif()
  if(NOT PLUGIN_VERSION)
    set(PLUGIN_VERSION 0.0.0)
  endif()
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/atelier-plugin.map)
  add_library(${name} MODULE ${PLUGIN_UNPARSED_ARGUMENTS})
  target_link_libraries(${name} PRIVATE Atelier::sdk ${PLUGIN_LIBRARIES})
  target_compile_definitions(${name} PRIVATE ATELIER_PLUGIN_NAME="${name}" ATELIER_PLUGIN_VERSION="${PLUGIN_VERSION}")
  # Equal bits need contraction off, on this side too. Where no build type is chosen, a plugin is optimized all the same: an
  # optimizer's loop takes five times as long otherwise.
  target_compile_options(${name} PRIVATE -ffp-contract=off -fno-math-errno $<$<CONFIG:>:-O2>
                         # Errors name the author's file as the author does, and the library's bytes, whose hash a log
                         # keeps, do not depend on where it and the SDK are built.
                         -fmacro-prefix-map=${CMAKE_CURRENT_SOURCE_DIR}/=
                         -fmacro-prefix-map=$<JOIN:$<TARGET_PROPERTY:Atelier::sdk,INTERFACE_INCLUDE_DIRECTORIES>,>/=)
  set_target_properties(${name} PROPERTIES PREFIX "" C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
                                           VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS ${exports})
  target_link_options(${name} PRIVATE LINKER:--version-script=${exports})
  if(ATELIER_BUILD_PLUGIN_DIR)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${ATELIER_BUILD_PLUGIN_DIR})
  endif()
endfunction()

# atelier_add_test(NAME SCRIPT): a test of plugins of this folder, a program in Python. It finds the program `atelier` in the
# environment variable ATELIER, and that finds the plugins.
function(atelier_add_test name script)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} -B ${CMAKE_CURRENT_SOURCE_DIR}/${script})
  set_tests_properties(${name} PROPERTIES ENVIRONMENT
                       "ATELIER=${ATELIER_PROGRAM};ATELIER_PLUGIN_PATH=${CMAKE_CURRENT_BINARY_DIR}")
endfunction()
