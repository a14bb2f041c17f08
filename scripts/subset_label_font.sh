#!/bin/sh
# Rebuild server/printing/fonts/labels.ttf from Debian's WenQuanYi Micro Hei; needed only to add characters.
#
# Wants: apt install fonts-wqy-microhei, pip install fonttools. The characters are every Chinese ideograph
# of U+4E00–9FFF, Latin with accents, Greek, Cyrillic, punctuation, units, arrows and full-width forms.
# Layout tables and hints are dropped: labels are drawn at one size per run, and the golden pictures in
# tests/printing/golden/ have to be looked at and renewed when this file changes.
set -eu
source_font=${1:-/usr/share/fonts/truetype/wqy/wqy-microhei.ttc}
target="$(dirname "$0")/../server/printing/fonts/labels.ttf"

pyftsubset "$source_font" \
    --font-number=0 \
    --unicodes="U+0020-007E,U+00A0-024F,U+0370-03FF,U+0400-045F,U+2010-2027,U+2030-205E,U+20A0-20BF,U+2100-214F,U+2150-218F,U+2190-21FF,U+2200-22FF,U+2460-24FF,U+2500-257F,U+25A0-25FF,U+2600-266F,U+3000-303F,U+3041-30FF,U+3200-33FF,U+4E00-9FFF,U+FE30-FE4F,U+FF01-FFEF" \
    --layout-features='' --no-hinting --desubroutinize --name-IDs='0,1,2,3,4,5,6,13,14' --notdef-outline \
    --output-file="$target"
ls -l "$target"
