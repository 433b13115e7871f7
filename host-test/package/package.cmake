# SPDX-License-Identifier: GPL-3.0-or-later
# What desktops and Debian want beside the programs. Everything in the package has the time of the release, so that two builds are
# the same file; SOURCE_DATE_EPOCH overrules it.
set(FIQ_MAINTAINER "FieldIQ developers <maintainers@fieldiq.invalid>" CACHE STRING "Who answers for the package")
set(FIQ_RELEASE_DATE "2026-11-28")
set(FIQ_CHANGELOG_DATE "Sat, 28 Nov 2026 12:00:00 +0000")
set(FIQ_PACKAGE ${CMAKE_CURRENT_LIST_DIR})
set(FIQ_PACKAGE_DOC ${CMAKE_INSTALL_DATADIR}/doc/fieldiq)

configure_file(${FIQ_PACKAGE}/metainfo.xml.in ${CMAKE_BINARY_DIR}/package/org.fieldiq.FieldIQ.metainfo.xml @ONLY)
configure_file(${FIQ_PACKAGE}/changelog.in ${CMAKE_BINARY_DIR}/package/changelog.Debian @ONLY)

if(FIQ_JACK)
  install(FILES ${FIQ_PACKAGE}/fieldiq-swarm.desktop ${FIQ_PACKAGE}/fieldiq-realms.desktop
          DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
  install(FILES ${FIQ_PACKAGE}/fieldiq.svg DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
  install(FILES ${CMAKE_BINARY_DIR}/package/org.fieldiq.FieldIQ.metainfo.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
endif()

if(FIQ_PACKAGING)
  add_custom_command(
    OUTPUT ${CMAKE_BINARY_DIR}/package/changelog.Debian.gz ${CMAKE_BINARY_DIR}/package/changelog.gz
    COMMAND gzip -9nc ${CMAKE_BINARY_DIR}/package/changelog.Debian > ${CMAKE_BINARY_DIR}/package/changelog.Debian.gz
    COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/NEWS > ${CMAKE_BINARY_DIR}/package/changelog.gz
    DEPENDS ${CMAKE_BINARY_DIR}/package/changelog.Debian ${PROJECT_SOURCE_DIR}/NEWS
    VERBATIM)
  add_custom_target(fiq_changelogs ALL DEPENDS ${CMAKE_BINARY_DIR}/package/changelog.gz)
  install(FILES ${CMAKE_BINARY_DIR}/package/changelog.Debian.gz ${CMAKE_BINARY_DIR}/package/changelog.gz
                ${FIQ_PACKAGE}/copyright ${PROJECT_SOURCE_DIR}/README.md DESTINATION ${FIQ_PACKAGE_DOC})
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fieldiq)
set(CPACK_PACKAGE_CONTACT "${FIQ_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "phase processor and swarm synthesizer (LV2 plugins)")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"FieldIQ Realms is an effect that works on the phase of a sound: it lowers
peaks without a compressor, aligns tracks, widens, focuses and folds. FieldIQ
Swarm is an instrument whose oscillators start as a cloud of noise and
crystallise onto the notes that are held, exactly in tune.
.
Besides the plugins this package has a host that plays LV2 plugins live
through JACK, one that renders sound and MIDI files offline, and a program
that draws what the plugins tell of themselves.")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION sound)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "fonts-inter, fonts-dejavu-core")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "jackd2 | pipewire-jack, lv2-host")
set(CPACK_DEBIAN_PACKAGE_PROVIDES "lv2-plugin")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PROJECT_CONFIG_FILE ${FIQ_PACKAGE}/release_time.cmake)
include(CPack)
