# SPDX-License-Identifier: Apache-2.0
# tl_embed_sql(target symbol file): compiles the text of sql/<file> into the target as
# `extern const char <symbol>[]`, NUL-terminated.
function(tl_embed_sql target symbol file)
    set(source ${PROJECT_SOURCE_DIR}/sql/${file})
    set(output ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
    add_custom_command(OUTPUT ${output}
        COMMAND ${CMAKE_COMMAND} -DINPUT=${source} -DOUTPUT=${output} -DSYMBOL=${symbol}
            -P ${PROJECT_SOURCE_DIR}/packaging/cmake/EmbedText.cmake
        DEPENDS ${source} ${PROJECT_SOURCE_DIR}/packaging/cmake/EmbedText.cmake VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
