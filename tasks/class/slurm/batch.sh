#!/usr/bin/env bash
# What Slurm starts on a server: tells the job script of the kit, in the kit's own words, where it runs. Slurm copies this file
# elsewhere, so that the kit's folder is the first word.
#
# Usage: batch.sh KIT WORDS_OF_JOB_SH...
set -euo pipefail
export LAB_JOB=$SLURM_JOB_ID LAB_RESTARTS=${SLURM_RESTART_COUNT:-0} LAB_SERVER=$SLURMD_NODENAME
# The same process: Slurm's signals are for it.
exec bash "$1/tasks/class/job/job.sh" "$@"
