#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The style checks: sh tests/style/check.sh. What is checked, and why, stands in check.py.
cd "$(dirname "$0")/../.." || exit 1
exec /usr/bin/python3 tests/style/check.py "$@"
