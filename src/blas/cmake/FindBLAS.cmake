# Found before CMake's own module of this name: tells the build of ggml that a BLAS library is there, namely the crate in the folder above.
# On macOS ggml keeps Apple's library, which CMake's own module finds.
if(APPLE)
  include(${CMAKE_ROOT}/Modules/FindBLAS.cmake)
  return()
endif()
set(BLAS_FOUND TRUE)
# Nothing to link here: cargo does it.
set(BLAS_LIBRARIES "")
set(BLAS_INCLUDE_DIRS ${CMAKE_CURRENT_LIST_DIR})
# Of all libraries that ggml knows, it is OpenBLAS that it tells the number of threads by one plain function.
set(GGML_BLAS_VENDOR OpenBLAS)
# What ggml calls as llamafile_sgemm is in that crate, too: its own source file of it is left out.
if(TARGET ggml-cpu)
  get_target_property(sources ggml-cpu SOURCES)
  list(FILTER sources EXCLUDE REGEX "llamafile/sgemm.cpp$")
  set_target_properties(ggml-cpu PROPERTIES SOURCES "${sources}")
endif()
