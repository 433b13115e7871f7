# SPDX-License-Identifier: GPL-3.0-or-later
# Read by cpack before it packs: the time that all files of the package have, that of the changelog.
if(NOT DEFINED ENV{SOURCE_DATE_EPOCH})
  set(ENV{SOURCE_DATE_EPOCH} 1795867200)
endif()
