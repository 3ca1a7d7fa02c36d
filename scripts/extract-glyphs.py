"""Writes the outlines of letters and digits of a sans and a serif face as TypeScript (packages/pyroved-data/src/glyphs/dejavu.ts).

usage: python scripts/extract-glyphs.py DejaVuSans.ttf DejaVuSerif.ttf > packages/pyroved-data/src/glyphs/dejavu.ts
Needs `pip install fonttools`. The outlines are in the repository; this runs again only to change which glyphs there are.
"""
import sys

from fontTools.pens.basePen import decomposeQuadraticSegment
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont

CHARACTERS = [chr(c) for low, high in ((65, 91), (97, 123), (48, 58)) for c in range(low, high)]
UNITS = 1000


def path(font, character):
    """The SVG path of a glyph: absolute moves, lines and quadratic curves, y downwards from the baseline."""
    pen = DecomposingRecordingPen(font.getGlyphSet())
    font.getGlyphSet()[font.getBestCmap()[ord(character)]].draw(pen)
    scale = UNITS / font["head"].unitsPerEm
    point = lambda p: f"{round(p[0] * scale)} {round(-p[1] * scale)}"
    parts = []
    for name, points in pen.value:
        if name == "moveTo":
            parts.append("M" + point(points[0]))
        elif name == "lineTo":
            parts.append("L" + point(points[0]))
        elif name == "qCurveTo":
            parts += [f"Q{point(control)} {point(to)}" for control, to in decomposeQuadraticSegment(points)]
    return "".join(parts)


print(
    """/**
 * Outlines of letters and digits of DejaVu Sans and DejaVu Serif 2.37 (https://dejavu-fonts.github.io) as SVG paths: 1000 units to the em, y downwards from
 * the baseline. Written by scripts/extract-glyphs.py.
 *
 * Copyright (c) 2003 by Bitstream, Inc. All Rights Reserved. DejaVu changes are in the public domain. The licence is in LICENSE-dejavu.txt beside this file.
 */
export const dejavu = {"""
)
for face, file in zip(("sans", "serif"), sys.argv[1:]):
    font = TTFont(file)
    print(f"  {face}: {{")
    for character in CHARACTERS:
        key = character if not character.isdigit() else int(character)
        print(f"    {key}: '{path(font, character)}',")
    print("  },")
print("} as const;")
