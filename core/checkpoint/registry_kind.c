/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of file a driver file is, by its ELF head: the loader's own words about a file that is
 * no shared object help nobody.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "core/checkpoint/registry_private.h"

/* The beginning of an ELF file, which is the same for 32 and 64 bits up to e_machine. */
static bool read_head(Elf64_Ehdr *head, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t wanted = offsetof(Elf64_Ehdr, e_version);
    ssize_t len = fd >= 0 ? read(fd, head, wanted) : -1;

    if (fd >= 0)
        close(fd);
    return len == (ssize_t)wanted && memcmp(head->e_ident, ELFMAG, SELFMAG) == 0;
}

int tl_registry_check_kind(const char *path, struct tl_error *err)
{
    Elf64_Ehdr driver, program;

    if (access(path, R_OK) != 0) {
        tl_error_errno(err, errno, "cannot read the driver file '%s'", path);
        return err->code = TL_ERR_USAGE;
    }
    if (!read_head(&driver, path) || driver.e_type != ET_DYN) {
        tl_error_set(err, TL_ERR_USAGE, "the driver file '%s' is not a shared object", path);
        return tl_error_hint(err, "build it with cc -shared -fPIC, or copy it again: it may have "
                                  "been cut off");
    }
    if (!read_head(&program, "/proc/self/exe"))
        return TL_OK; /* no /proc: the loader will say it */
    if (driver.e_machine == program.e_machine &&
        driver.e_ident[EI_CLASS] == program.e_ident[EI_CLASS])
        return TL_OK;
    tl_error_set(err, TL_ERR_USAGE, "the driver file '%s' is built for another kind of machine",
                 path);
    return tl_error_hint(err, "install the package for this machine, or build the driver here");
}
