# SPDX-License-Identifier: Apache-2.0
# Two Debian packages: `cpack -G DEB` in the build folder makes tidb-lightning (programs, drivers)
# and tidb-lightning-dev (all for writing a driver).
set(CPACK_PACKAGE_NAME tidb-lightning)
set(CPACK_PACKAGE_VENDOR "the tidb-lightning authors")
set(CPACK_PACKAGE_CONTACT "${CPACK_PACKAGE_VENDOR} <tidb-lightning@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL runtime devel)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME tidb-lightning)
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "${PROJECT_DESCRIPTION}
 Exactly once, with checkpoints. The programs and the checkpoint drivers.")
set(CPACK_DEBIAN_DEVEL_PACKAGE_NAME tidb-lightning-dev)
set(CPACK_DEBIAN_DEVEL_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVEL_PACKAGE_DEPENDS "tidb-lightning (= ${PROJECT_VERSION})")
set(CPACK_DEBIAN_DEVEL_DESCRIPTION "For writing a checkpoint driver of tidb-lightning
 Headers, a template driver, the conformance kit.")
include(CPack)
