# atelier_room(NAME [SOURCES ...] [ROOMS ...] [LIBRARIES ...])
# One static library per room. A room's headers are reached as "NAME/header.hpp", and only by rooms that list it in ROOMS:
# each room has an include root of its own that holds nothing but a link to it.
function(atelier_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/host/${name} ${root}/${name} SYMBOLIC)

  add_library(atelier_${name} STATIC ${ROOM_SOURCES})
  target_include_directories(atelier_${name} PUBLIC ${root})
  target_link_libraries(atelier_${name} PRIVATE atelier_flags PUBLIC ${ROOM_LIBRARIES})
  foreach(room IN LISTS ROOM_ROOMS)
    target_link_libraries(atelier_${name} PUBLIC atelier_${room})
  endforeach()
endfunction()
