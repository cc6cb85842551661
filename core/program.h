/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both programs do before and after their work: protect secrets, open the log, answer --help
 * and its like, say an error.
 */
#ifndef TL_PROGRAM_H
#define TL_PROGRAM_H

#include "core/base/error.h"
#include "core/config/options.h"

/* The work of a program behind its options; returns the exit code and sets err unless that is 0. */
typedef int (*tl_program_fn)(const struct tl_options *options, struct tl_error *err);

/* All of main: protects secrets, reads the options, runs `work` or answers, says what went wrong.
 */
int tl_program_main(enum tl_program program, const char *name, int argc, char **argv,
                    tl_program_fn work);

/* No core records with secrets in them, no files that others can read. Call first. */
void tl_program_protect(void);

/* Opens the log as configured and writes the options' warnings to it. A log file that is named by
   default is announced on stdout. */
int tl_program_open_log(const struct tl_options *options, enum tl_program program,
                        struct tl_error *err) TL_WARN_UNUSED;

/* Answers --help, --version, --print-config, --list-drivers, --describe-driver. Exit code. */
int tl_program_answer(const struct tl_options *options, enum tl_program program,
                      struct tl_error *err);

/* "name: error: ..." and "HINT: ..." on stderr, and in the log. */
void tl_program_complain(const char *name, const struct tl_error *err);

#endif
