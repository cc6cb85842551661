# SPDX-License-Identifier: Apache-2.0
# The development package: what a third party needs to write a checkpoint driver. Every place is
# written relative to the prefix, so that the installed tree can be moved.
include(CMakePackageConfigHelpers)

set(TL_SHARE_DIR ${CMAKE_INSTALL_DATADIR}/tidb-lightning)
set(TL_CONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/TidbLightningCheckpoint)
set(made ${CMAKE_BINARY_DIR}/devel)

file(RELATIVE_PATH TL_PREFIX_FROM_PC /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
string(REGEX REPLACE "/$" "" TL_PREFIX_FROM_PC ${TL_PREFIX_FROM_PC})
configure_file(packaging/devel/tidb-lightning-checkpoint.pc.in
    ${made}/tidb-lightning-checkpoint.pc @ONLY)
configure_package_config_file(packaging/devel/TidbLightningCheckpointConfig.cmake.in
    ${made}/TidbLightningCheckpointConfig.cmake INSTALL_DESTINATION ${TL_CONFIG_DIR}
    PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_BINDIR TL_SHARE_DIR)
write_basic_package_version_file(${made}/TidbLightningCheckpointConfigVersion.cmake
    COMPATIBILITY SameMajorVersion)

install(FILES ${made}/tidb-lightning-checkpoint.pc COMPONENT devel
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${made}/TidbLightningCheckpointConfig.cmake
    ${made}/TidbLightningCheckpointConfigVersion.cmake COMPONENT devel DESTINATION ${TL_CONFIG_DIR})
install(FILES plugins/ckpt-driver.map COMPONENT devel DESTINATION ${TL_SHARE_DIR})
install(DIRECTORY plugins/template COMPONENT devel DESTINATION ${TL_SHARE_DIR})
install(FILES plugins/README.md COMPONENT devel
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tidb-lightning-dev)
install(FILES LICENSE COMPONENT devel DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tidb-lightning-dev
    RENAME copyright)
install(FILES LICENSE COMPONENT runtime DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/tidb-lightning
    RENAME copyright)
