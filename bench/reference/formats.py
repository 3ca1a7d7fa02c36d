"""
Compares pyroved-data's readers of instrument formats with RosettaSciIO, mrcfile, ncempy, tifffile and zarr:

    python -m venv venv && venv/bin/pip install rosettasciio[hdf5,tiff,zspy] mrcfile ncempy tifffile zarr h5py
    venv/bin/python bench/reference/formats.py FOLDER

reads every file below FOLDER with both, e.g. the folder rsciio/tests/data of RosettaSciIO's repository, and compares shapes, pixel sizes, and
sums of values weighted by their places. `formats.py --write FOLDER` first writes files with those libraries.
"""
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

READERS = {
    ".dm3": "digitalmicrograph", ".dm4": "digitalmicrograph", ".ser": "tia", ".mrc": "mrc", ".emd": "emd",
    ".hspy": "hspy", ".nxs": "nexus", ".zspy": "zspy", ".tif": "tiff", ".tiff": "tiff",
}
NM = {"nm": 1.0, "um": 1e3, "µm": 1e3, "μm": 1e3, "angstrom": 0.1, "A": 0.1, "Å": 0.1, "m": 1e9, "mm": 1e6, "pm": 1e-3,
      "1/nm": 1.0, "1 / nm": 1.0}


def sums(frame):
    values = np.asarray(frame, np.float32).astype(np.float64).ravel()
    return [values.sum(), (values * (np.arange(values.size) % 97)).sum()]


def reference(path):
    """Images of a file by RosettaSciIO: (frames [n, h, w], pixel size in nm or None), of every signal with two signal axes."""
    import importlib

    reader = importlib.import_module(f"rsciio.{READERS[path.suffix]}").file_reader
    found = []
    for signal in reader(str(path)):
        data = np.asarray(signal["data"])
        if data.dtype.names:
            data = np.stack([data[name] for name in "RGB"], axis=data.ndim - 2)
        if data.ndim < 2:
            continue
        axes = [a for a in signal["axes"]][-2:]
        y, x = axes[0], axes[1]
        size = None
        if str(x.get("units")) in NM and str(x.get("units")) == str(y.get("units")):
            size = abs(x.get("scale", 1)) * NM[str(x["units"])]
        found.append((data.reshape(-1, *data.shape[-2:]), size))
    return found


def agrees(ours, theirs):
    data, size = theirs
    if [ours["frames"] * ours["channels"], ours["height"], ours["width"]] != list(data.shape):
        return f"shape {data.shape}"
    last = ours["frames"] - 1
    frames = [f * ours["channels"] + c for f in sorted({0, last}) for c in range(ours["channels"])]
    for frame, mine in zip(frames, ours["sums"]):
        if not np.allclose(mine, sums(data[frame]), rtol=1e-5, atol=1e-5):
            return f"values of frame {frame}: {mine} and {sums(data[frame])}"
    mine = ours.get("pixelSize")
    if size is not None and (mine is None or not np.isclose(mine["x"] * NM[mine["unit"]], size, rtol=1e-5)):
        return f"pixel size {mine} and {size} nm"
    return None


def ours_of(paths):
    script = str(Path(__file__).with_suffix(".mjs"))
    out = subprocess.run(["node", script], input="\n".join(map(str, paths)), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in out.stdout.splitlines()]


def compare(folder):
    paths = sorted(p for p in Path(folder).rglob("*") if p.suffix in READERS and not any(q.suffix == ".zspy" for q in p.parents))
    counts = {"agree": 0, "differ": 0, "rejected by us": 0, "rejected by both": 0, "not read by them": 0}
    for path, ours in zip(paths, ours_of(paths)):
        try:
            theirs = reference(path)
        except Exception as error:  # what they reject, they reject with many kinds of errors
            theirs = None
            reason = f"{type(error).__name__}: {error}"[:90]
        short = path.relative_to(folder)
        if "error" in ours:
            kind = "rejected by us" if theirs else "rejected by both"
            if theirs:
                print(f"{short}: rejected ({ours['error'].split('cannot be read: ')[-1][:140]})")
        elif theirs is None:
            kind = "not read by them"
            print(f"{short}: {reason}")
        else:
            why = [agrees(ours, one) for one in theirs] or ["no image"]
            kind = "agree" if None in why else "differ"
            if kind == "differ":
                print(f"{short}: {ours['format']} {ours['frames']} x {ours['channels']} x {ours['height']} x {ours['width']}: {why[:2]}")
        counts[kind] += 1
    print(counts)
    return counts["differ"]


if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--write"]:
        from formats_write import write_all

        write_all(Path(arguments[1]))
        arguments = arguments[1:]
    sys.exit(1 if compare(Path(arguments[0])) else 0)
