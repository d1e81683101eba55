#!/usr/bin/env bash
# Render a folder of books, or a books.yaml, until the morning.
#
#   examples/render_night.sh books/ audio/ 07:00 --subtitles srt
#
# Shows first what the night will take. Whatever failed is tried once more: a book that is whole costs
# nothing then. The log and the summary lie beside the audio. In the next night the same command goes
# on where the morning has stopped it.
set -uo pipefail

if [ "$#" -lt 3 ]; then
  echo "usage: $0 BOOKS AUDIO_FOLDER HH:MM [options of higgs batch]" >&2
  exit 2
fi
books=$1
audio=$2
until=$3
shift 3
higgs=${HIGGS:-higgs}

$higgs batch "$books" -o "$audio" --plan "$@"
mkdir -p "$audio" || exit 1
log=$audio/night.log

for try in 1 2; do
  $higgs batch "$books" -o "$audio" --until "$until" "$@" >"$audio/night.tsv" 2> >(tee -a "$log" >&2)
  code=$?
  [ "$code" = 1 ] || break # 0: all done; 2: a mistake; 124: it is morning; 130, 143: stopped
  echo "try $try: something failed, see $audio/night.tsv" >&2
done

cat "$audio/night.tsv"
exit "$code"
