# SPDX-License-Identifier: Apache-2.0
# Writes OUTPUT, a C file that defines SYMBOL as the bytes of INPUT (see TlSql.cmake).
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUTPUT} "extern const char ${SYMBOL}[];\nconst char ${SYMBOL}[] = {${bytes}0};\n")
