#!/usr/bin/env bash
# Render the chapters of a folder as one book; start it again whenever it was stopped.
#
#   examples/render_book.sh chapters/ audio/ --voices profile.yaml --subtitles srt
#
# Every script of the folder becomes a .wav of the same name. A chapter that is finished costs nothing
# the second time. All chapters share one store, so that a narrator whom the model chooses is the same
# in all of them. Exit codes are those of `higgs batch`.
set -euo pipefail

if [ "$#" -lt 2 ]; then
  echo "usage: $0 CHAPTERS_FOLDER AUDIO_FOLDER [options of higgs batch]" >&2
  exit 2
fi
chapters=$1
audio=$2
shift 2
higgs=${HIGGS:-higgs}

exec $higgs batch "$chapters" --one-book -o "$audio" "$@"
