# find_package(http_responder) gives the targets http_responder::http_responder, shared, and
# http_responder::static. It finds its neighbours from where it stands: LIBDIR/cmake/http_responder.
# `make install` puts the folder of the headers in place of the second line that follows.
get_filename_component(_http_responder_libdir "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
get_filename_component(_http_responder_includedir "${_http_responder_libdir}/../include" ABSOLUTE)

include(CMakeFindDependencyMacro)
find_dependency(Threads)

set(_http_responder_shared "${_http_responder_libdir}/libhttp_responder.so")
set(_http_responder_static "${_http_responder_libdir}/libhttp_responder.a")
foreach(_http_responder_file IN ITEMS "${_http_responder_shared}" "${_http_responder_static}"
                                      "${_http_responder_includedir}/http_responder.h")
  if(NOT EXISTS "${_http_responder_file}")
    set(http_responder_FOUND FALSE)
    set(http_responder_NOT_FOUND_MESSAGE "${_http_responder_file} is missing")
    return()
  endif()
endforeach()

if(NOT TARGET http_responder::http_responder)
  add_library(http_responder::http_responder SHARED IMPORTED)
  set_target_properties(http_responder::http_responder PROPERTIES
    IMPORTED_LOCATION "${_http_responder_shared}"
    INTERFACE_INCLUDE_DIRECTORIES "${_http_responder_includedir}")
  add_library(http_responder::static STATIC IMPORTED)
  set_target_properties(http_responder::static PROPERTIES
    IMPORTED_LOCATION "${_http_responder_static}"
    INTERFACE_INCLUDE_DIRECTORIES "${_http_responder_includedir}"
    INTERFACE_LINK_LIBRARIES "util;rt;Threads::Threads;m;${CMAKE_DL_LIBS}")
endif()
