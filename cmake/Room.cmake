# In these rooms the host computes. Elsewhere no time goes, and the last step of optimization takes more than it saves.
set(ATELIER_FAST_ROOMS tensor kernels execute data statistics pictures)

# atelier_room(NAME "SUMMARY" [SOURCES ...] [ROOMS ...] [LIBRARIES ...])
# One static library for each room of host/. Its headers are "NAME/header.hpp", by an include root that holds nothing but a
# link to the room. The root is not handed on: a room sees the rooms that it lists in ROOMS and no other, those included whose
# headers it meets only inside another room's headers. So an arrow that is not drawn does not compile. Libraries in
# LIBRARIES come with the room's headers; what only its sources need is linked privately.
function(atelier_room name summary)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBRARIES" ${ARGN})
  set(root ${CMAKE_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${root})
  file(CREATE_LINK ${CMAKE_SOURCE_DIR}/host/${name} ${root}/${name} SYMBOLIC)

  add_library(atelier_${name} STATIC ${ROOM_SOURCES})
  target_link_libraries(atelier_${name} PRIVATE atelier_flags PUBLIC ${ROOM_LIBRARIES})
  set_property(TARGET atelier_${name} PROPERTY ATELIER_ROOMS ${ROOM_ROOMS})
  set_property(TARGET atelier_${name} PROPERTY ATELIER_SUMMARY "${summary}")
  set_property(GLOBAL APPEND PROPERTY ATELIER_ROOMS ${name})
  target_include_directories(atelier_${name} PRIVATE ${root})
  if(NOT name IN_LIST ATELIER_FAST_ROOMS)
    target_compile_options(atelier_${name} PRIVATE $<$<CONFIG:Release>:-O2>)
  endif()
  foreach(room IN LISTS ROOM_ROOMS)
    target_include_directories(atelier_${name} PRIVATE ${CMAKE_BINARY_DIR}/rooms/${room})
    target_link_libraries(atelier_${name} PUBLIC atelier_${room})
  endforeach()
endfunction()

# atelier_use_rooms(TARGET ROOM ...): a program or a test that includes headers of these rooms, and of those that they list.
function(atelier_use_rooms target)
  target_link_libraries(${target} PRIVATE atelier_flags)
  foreach(room IN LISTS ARGN)
    get_property(rooms TARGET atelier_${room} PROPERTY ATELIER_ROOMS)
    foreach(seen IN LISTS rooms ITEMS ${room})
      target_include_directories(${target} PRIVATE ${CMAKE_BINARY_DIR}/rooms/${seen})
    endforeach()
    target_link_libraries(${target} PRIVATE atelier_${room})
  endforeach()
endfunction()
