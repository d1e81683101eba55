#!/bin/sh
# A library of books on a Slurm cluster without Ray: each task of an array renders every n-th book.
#
#   sbatch --array=0-7 examples/cluster/slurm_array.sh BOOKS AUDIO [options of higgs render]
#
# A task that was killed or preempted is given again: what it had stored is not spoken twice.
#SBATCH --job-name=higgs
#SBATCH --gpus=1
#SBATCH --cpus-per-task=16
#SBATCH --time=12:00:00
#SBATCH --requeue
set -eu

if [ $# -lt 2 ]; then
    echo "usage: sbatch --array=0-N $0 BOOKS AUDIO [options of higgs render]" >&2
    exit 2
fi
books=$1
audio=$2
shift 2
task=${SLURM_ARRAY_TASK_ID:-0}
tasks=${SLURM_ARRAY_TASK_COUNT:-1}

mkdir -p "$audio"
number=0
failed=0
for book in "$books"/*; do
    case $book in
    *.txt | *.md | *.epub | *.docx | *.html | *.pdf) ;;
    *) continue ;;
    esac
    if [ $((number % tasks)) -eq "$task" ]; then
        name=$(basename "$book")
        higgs render "$book" "$@" -o "$audio/${name%.*}.wav" || failed=$?
    fi
    number=$((number + 1))
done
exit "$failed"
