include(CMakePackageConfigHelpers)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/meshsimConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/meshsimConfig.cmake.in
  ${PROJECT_BINARY_DIR}/meshsimConfig.cmake INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/meshsim)
install(EXPORT meshsimTargets NAMESPACE meshsim:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/meshsim)
install(FILES ${PROJECT_BINARY_DIR}/meshsimConfig.cmake ${PROJECT_BINARY_DIR}/meshsimConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/meshsim)
foreach(room sim models scenarios)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${room} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/meshsim
          FILES_MATCHING PATTERN "*.h")
endforeach()
