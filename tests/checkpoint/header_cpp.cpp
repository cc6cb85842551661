/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The public header alone, as C++17: a driver written in C++ compiles and exports its entry with C
 * linkage.
 */
#include <tidb-lightning/checkpoint_driver.h>
#include <tidb-lightning/checkpoint_file.h>
#include <tidb-lightning/checkpoint_index.h>

static const struct ckpt_driver cpp_driver = {CKPT_DRIVER_HEADER,
                                              0,
                                              "cpp",
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              nullptr,
                                              nullptr};

CKPT_DRIVER_EXPORT(cpp_driver);

int cpp_failure(ckpt_error *err);

int cpp_failure(ckpt_error *err)
{
    (void)ckpt_error_set(err, CKPT_ERR, 0, "failed for %d", 1);
    return ckpt_error_hint(err, CKPT_ERR, "%s", "try again");
}
