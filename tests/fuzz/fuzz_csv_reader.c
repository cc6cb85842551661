/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz target: a CSV file. Two bytes choose the sizes of the pieces, the third one the dialect, the
 * rest is the file.
 */
#include "tests/fuzz/fuzz_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char nothing[] = "", comma[] = ",", bars[] = "||", quote[] = "\"", marks[] = "<>";
static char crlf[] = "\r\n", semicolon[] = ";\n", backslash[] = "\\", null_text[] = "\\N";
static char *nulls[] = {null_text};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tl_csv_options csv = {.null_values = {nulls, 1}};
    struct tl_reader_settings settings = {.name = "fuzz.csv", .type = TL_FILE_CSV, .csv = &csv};
    struct fuzz_file file;

    if (size < 3)
        return 0;
    csv.separator = data[2] & 1 ? bars : comma;
    csv.delimiter = data[2] & 2 ? marks : quote;
    csv.terminator = data[2] & 4 ? (data[2] & 8 ? semicolon : crlf) : nothing;
    csv.escaped_by = data[2] & 16 ? nothing : backslash;
    csv.header = csv.header_schema_match = data[2] & 32;
    csv.trim_last_separator = data[2] & 64;
    settings.data_character_set = data[2] & 128 ? "gbk" : "binary";
    fuzz_file_init(&file, data + 3, size - 3);
    settings.path = file.path;
    fuzz_compare(settings, data);
    close(file.fd);
    return 0;
}
