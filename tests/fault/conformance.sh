#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The conformance kit on the wrapper driver around the driver file:
#
#     conformance.sh CKPT-CONFORMANCE CKPT-FAULT.SO CKPT-FILE.SO
set -eu
unset CKPT_FAULT
dir=$(mktemp -d /tmp/tl-fault.XXXXXX)
trap 'rm -rf "$dir"' EXIT
"$1" --option "inner=$3" --break "truncate -s 20000 $dir/checkpoint.pb" "$2" "$dir/checkpoint.pb"
