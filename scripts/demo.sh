#!/bin/sh
# The main job, start to end: demo.sh BIN FOLDER runs a quickstart sweep in FOLDER with the sweep in BIN.
set -eu
PATH="$1:$PATH"
mkdir -p "$2"
cd "$2"
if ! sweep pool status >/dev/null 2>&1; then
    trap 'sweep pool stop' EXIT
    sweep pool start
fi
set -x
sweep init
sweep launch --generations 2 --watch
sweep report
