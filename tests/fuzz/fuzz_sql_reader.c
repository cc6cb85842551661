/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: an SQL data file. Two bytes choose the sizes of the pieces, the rest is the file.
 */
#include "tests/fuzz/fuzz_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_reader_settings settings = {.name = "fuzz.sql", .type = TL_FILE_SQL, .sql_mode = ""};
    struct fuzz_file file;

    if (size < 2)
        return 0;
    fuzz_file_init(&file, data + 2, size - 2);
    settings.path = file.path;
    fuzz_compare(settings, data);
    close(file.fd);
    return 0;
}
