#!/usr/bin/env bash
# Doxygen reads the C header and the C++ wrapper without a warning, and finds a comment on every
# function of the header.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=tests/c/skip.sh
. tests/c/skip.sh

if ! command -v doxygen >/dev/null; then
    skip "the header in Doxygen" "there is no doxygen"
    exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Comments in the C header are plain ones for the reader; Doxygen wants a third slash.
mkdir "$scratch/include"
sed -E 's,^( *)// ?,\1/// ,' include/http_responder.h >"$scratch/include/http_responder.h"
cp include/http_responder.hpp "$scratch/include"
(cat cmake/Doxyfile; echo "OUTPUT_DIRECTORY = $scratch/out") >"$scratch/Doxyfile"
(cd "$scratch" && doxygen Doxyfile) >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2; exit 1; }

python3 - "$scratch/out/xml" <<'PYTHON'
import pathlib, sys
import xml.etree.ElementTree as xml

known, bare = 0, []
for path in pathlib.Path(sys.argv[1]).glob("http__responder_8h.xml"):
    for member in xml.parse(path).iter("memberdef"):
        name = member.findtext("name")
        if member.get("kind") == "function" and name.startswith("hr_"):
            known += 1
            text = "".join(member.find("briefdescription").itertext())
            text += "".join(member.find("detaileddescription").itertext())
            if not text.strip():
                bare.append(name)
assert known > 60, f"only {known} functions were found"
assert not bare, f"without a comment: {bare}"
print(f"  doxygen: no warning, a comment on each of {known} functions")
PYTHON
