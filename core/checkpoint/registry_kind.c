/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What kind of file a driver file is, by its ELF head: the loader's own words about a file that is
 * no shared object help nobody.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
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

/* Whether the file has all that the loader would map. What it lacks would not be an error of the
   loader: the first look at it ends this program with SIGBUS. A head that cannot be made sense of
   is left to the loader. */
static bool is_whole(int fd)
{
    ElfW(Ehdr) head;
    ElfW(Phdr) part;
    struct stat st;

    if (fstat(fd, &st) != 0 || pread(fd, &head, sizeof(head), 0) != (ssize_t)sizeof(head))
        return false;
    for (size_t i = 0; head.e_phentsize == sizeof(part) && i < head.e_phnum; i++) {
        if (head.e_phoff > (uint64_t)st.st_size ||
            pread(fd, &part, sizeof(part), (off_t)(head.e_phoff + i * sizeof(part))) !=
                (ssize_t)sizeof(part))
            return false;
        if (part.p_type == PT_LOAD && (part.p_offset > (uint64_t)st.st_size ||
                                       part.p_filesz > (uint64_t)st.st_size - part.p_offset))
            return false;
    }
    return true;
}

static int check_whole(const char *path, struct tl_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool whole = fd < 0 || is_whole(fd); /* the loader says why it cannot be opened */

    if (fd >= 0)
        close(fd);
    if (whole)
        return TL_OK;
    tl_error_set(err, TL_ERR_USAGE, "the driver file '%s' has been cut off", path);
    return tl_error_hint(err, "copy it again, or build it again");
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
        return check_whole(path, err);
    tl_error_set(err, TL_ERR_USAGE, "the driver file '%s' is built for another kind of machine",
                 path);
    return tl_error_hint(err, "install the package for this machine, or build the driver here");
}
