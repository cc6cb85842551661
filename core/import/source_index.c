/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See source_index.h.
 */
#include "core/import/source_index.h"

#include <stdlib.h>
#include <string.h>

static int compare_found(const void *a, const void *b)
{
    const struct tl_found_file *left = a;
    const struct tl_found_file *right = b;

    return strcmp(left->file->path, right->file->path);
}

int tl_source_index_init(struct tl_source_index *index, const struct tl_catalog *catalog,
                         struct tl_error *err)
{
    size_t count = 0;

    for (size_t t = 0; t < catalog->table_count; t++)
        count += catalog->tables[t].file_count;
    index->count = 0;
    index->files = calloc(count + 1, sizeof(*index->files));
    if (!index->files)
        return tl_error_nomem(err);
    for (size_t t = 0; t < catalog->table_count; t++)
        for (size_t f = 0; f < catalog->tables[t].file_count; f++)
            index->files[index->count++] =
                (struct tl_found_file){&catalog->tables[t].files[f], &catalog->tables[t]};
    qsort(index->files, index->count, sizeof(*index->files), compare_found);
    return TL_OK;
}

void tl_source_index_done(struct tl_source_index *index)
{
    free(index->files);
    index->files = NULL;
    index->count = 0;
}

const struct tl_found_file *tl_source_index_find(const struct tl_source_index *index,
                                                 const char *path)
{
    struct tl_source_file wanted_file = {.path = (char *)(uintptr_t)path};
    struct tl_found_file wanted = {&wanted_file, NULL};

    return bsearch(&wanted, index->files, index->count, sizeof(wanted), compare_found);
}
