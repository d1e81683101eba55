#!/usr/bin/env bash
# Render the chapters of a folder, one after another; start it again whenever it was stopped.
#
#   examples/render_book.sh chapters/ audio/ --voices profile.yaml --subtitles srt
#
# Every chapter-*.txt (or .md) becomes a .wav of the same name. A chapter that is finished costs
# nothing the second time; one with failed lines is finished all the same, and listed at the end.
# All chapters share one store, so that a narrator whom the model chooses is the same in all of them.
set -uo pipefail

if [ "$#" -lt 2 ]; then
  echo "usage: $0 CHAPTERS_FOLDER AUDIO_FOLDER [options of higgs render]" >&2
  exit 2
fi
chapters=$1
audio=$2
shift 2
higgs=${HIGGS:-higgs}

if [ ! -d "$chapters" ]; then
  echo "$0: no folder $chapters" >&2
  exit 2
fi
mkdir -p "$audio" || exit 1
store=(--store "$audio/book.higgs")
case " $* " in *" --store"*) store=() ;; esac

doubtful=()
found=0
for script in "$chapters"/*.txt "$chapters"/*.md; do
  [ -e "$script" ] || continue
  found=1
  name=$(basename "${script%.*}")
  echo "== $name" >&2
  $higgs render "$script" -o "$audio/$name.wav" ${store[@]+"${store[@]}"} "$@"
  code=$?
  case $code in
    0) ;;
    1) # Rendered with failed lines, or not at all: the next chapters need not wait.
       if [ -e "$audio/$name.wav" ]; then
         doubtful+=("$name: some lines failed, see $audio/$name.json")
       else
         doubtful+=("$name: not rendered")
       fi ;;
    75) echo "another process renders $name; going on with the next chapter" >&2
        doubtful+=("$name: rendered by another process") ;;
    *) # A mistake in the command or the script (2), or a stop (130, 143): the rest would be the same.
       echo "stopped at $name with exit code $code; start this script again to go on" >&2
       exit "$code" ;;
  esac
done

if [ "$found" = 0 ]; then
  echo "$0: no .txt or .md in $chapters" >&2
  exit 2
fi
if [ "${#doubtful[@]}" -gt 0 ]; then
  printf 'to be looked at: %s\n' "${doubtful[@]}" >&2
  exit 1
fi
echo "all chapters are rendered" >&2
