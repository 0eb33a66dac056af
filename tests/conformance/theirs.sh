# For the scripts beside it: sources of others, from PyPI, and a Python that has what their tests need. Sourced, not run.
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/c/skip.sh
. "$here/../c/skip.sh"

# In SCRATCH: `python`, the folder `sources`, and `site`, where the folder PACKAGE can be imported. Where they cannot be had the
# suite is skipped.
have_theirs() { # NAME VERSION SCRATCH PACKAGE
    scratch=$(realpath --canonicalize-missing "$3")
    sources=$scratch/$1-$2
    python=$scratch/venv/bin/python
    site=$scratch/site
    mkdir -p "$site"
    ln -sfn "$(realpath "$4")" "$site/http_responder"
    if [ ! -x "$scratch/venv/bin/pytest" ]; then
        "${PYTHON:-python3}" -m venv "$scratch/venv"
        "$python" -m pip install --quiet --disable-pip-version-check -r "$here/$1.txt" >"$scratch/pip.log" 2>&1 ||
            { rm -rf "$scratch/venv"; skip "$1" "what its tests need cannot be installed ($scratch/pip.log)"; exit 0; }
    fi
    if [ ! -d "$sources" ]; then
        "$python" -m pip download --quiet --disable-pip-version-check --no-deps --no-binary "$1" --dest "$scratch" \
            "$1==$2" >"$scratch/pip.log" 2>&1 ||
            { skip "$1" "its sources cannot be had ($scratch/pip.log)"; exit 0; }
        tar -xzf "$sources.tar.gz" -C "$scratch"
    fi
}

# Their tests, as pytest takes them; says how many passed.
run_theirs() { # NAME VERSION PYTHONPATH ARGUMENT...
    local name="$1 $2" path=$3
    shift 3
    (cd "$sources" && PYTHONPATH=$path:$here:$site "$python" -m pytest -q --timeout 60 --show-capture=no -W ignore "$@") \
        >"$scratch/log" 2>&1 || { tail -n 40 "$scratch/log" >&2; exit 1; }
    echo "  $name: $(tail -n 1 "$scratch/log")"
}
