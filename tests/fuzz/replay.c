/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target over the files that the command line names: the corpus as a plain test, with
 * any compiler. Without files the target gets an empty input.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT = 4 * 1024 * 1024 };

static int replay(const char *path)
{
    unsigned char *data = malloc(MAX_INPUT);
    FILE *file = fopen(path, "rb");
    size_t size;

    if (!data || !file) {
        fprintf(stderr, "cannot read %s\n", path);
        return EXIT_FAILURE;
    }
    size = fread(data, 1, MAX_INPUT, file);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    static const uint8_t nothing[1];
    int rc = EXIT_SUCCESS;

    LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc && rc == EXIT_SUCCESS; i++)
        rc = replay(argv[i]);
    printf("%d inputs\n", argc);
    return rc;
}
