"""
Small files in instrument formats, as fixtures of pyroved-data's tests: `python formats_write.py FOLDER FIXTURES.json`.

Formats that Python libraries write are written by them; DigitalMicrograph, SER and Velox files, which none of them writes, are built here from
the published descriptions, and RosettaSciIO must read them as intended. Frame f of every file has the value 100 f + 10 y + x at row y, column x
(3 rows, 4 columns), channels add 1000 each.
"""
import base64
import gzip
import json
import struct
import sys
from pathlib import Path

import numpy as np

HEIGHT, WIDTH = 3, 4


def images(frames, dtype, channels=None):
    f, y, x = np.meshgrid(np.arange(frames), np.arange(HEIGHT), np.arange(WIDTH), indexing="ij")
    values = 100 * f + 10 * y + x
    if channels is not None:
        values = values[:, None] + 1000 * np.arange(channels)[None, :, None, None]
    return values.astype(dtype)


# DigitalMicrograph: http://www.er-c.org/cbb/info/dmformat/


def dm_tag(version, name, value):
    """A group (dict or list) or a value: (type, number), text, or a NumPy array (as (type, array))."""
    size = ">I" if version == 3 else ">Q"
    label = name.encode("latin1")
    head = struct.pack(">BH", 20 if isinstance(value, (dict, list)) else 21, len(label)) + label
    if isinstance(value, (dict, list)):
        body = dm_group(version, value)
    else:
        kind, content = value
        formats = {2: "<h", 3: "<i", 4: "<H", 5: "<I", 6: "<f", 7: "<d", 8: "<B", 9: "<b", 10: "<B"}
        if isinstance(content, np.ndarray):
            info, data = [20, kind, content.size], content.tobytes()
        elif isinstance(content, str):
            info, data = [20, 4, len(content)], content.encode("utf-16-le")
        else:
            info, data = [kind], struct.pack(formats[kind], content)
        body = b"%%%%" + b"".join(struct.pack(size, n) for n in [len(info), *info]) + data
    if version == 4:
        head += struct.pack(">Q", len(body))
    return head + body


def dm_group(version, tags):
    items = tags.items() if isinstance(tags, dict) else [("", tag) for tag in tags]
    count = struct.pack(">I" if version == 3 else ">Q", len(items))
    return b"\1\0" + count + b"".join(dm_tag(version, name, value) for name, value in items)


def dm(version, data, data_type, element_type, scale, units):
    dimension = {"Origin": (6, 0.0), "Scale": (6, scale), "Units": (4, units)}
    image = {
        "ImageData": {
            "Calibrations": {
                "Brightness": {"Origin": (6, 0.0), "Scale": (6, 1.0), "Units": (4, "")},
                "Dimension": [dimension for _ in data.shape],
            },
            "Data": (element_type, data),
            "DataType": (5, data_type),
            "Dimensions": [(5, n) for n in reversed(data.shape)],
            "PixelDepth": (5, data.itemsize),
        },
        "ImageTags": {},
        "Name": (4, "gold"),
    }
    small = np.zeros((2, 2), np.int32)
    thumbnail = {
        "ImageData": {
            "Calibrations": {"Dimension": []},
            "Data": (3, small),
            "DataType": (5, 23),
            "Dimensions": [(5, 2), (5, 2)],
            "PixelDepth": (5, 4),
        }
    }
    root = dm_group(version, {
        "ImageList": [thumbnail, image],
        "ImageSourceList": [{"ClassName": (4, "ImageSource:Simple"), "ImageRef": (5, 1)}],
        "Thumbnails": [{"ImageIndex": (5, 0)}],
    })
    end = struct.pack(">II" if version == 3 else ">II", 0, 0)
    size = len(root) + len(end)
    head = struct.pack(">III", 3, size, 1) if version == 3 else struct.pack(">IQI", 4, size, 1)
    return head + root + end


# TIA series: http://www.er-c.org/cbb/info/TIAformat/


def ser(version, data, delta):
    long = version >= 0x220
    offset = "<Q" if long else "<I"
    count = len(data)
    dimension = struct.pack("<IddI", count, 0.0, 1.0, 0) + struct.pack("<I", 6) + b"Number" + struct.pack("<I", 0)
    head = struct.pack("<HHHIIII", 0x4949, 0x0197, version, 0x4122, 0x4152, count, count)
    start = len(head) + struct.calcsize(offset) + 4
    table = start + len(dimension)
    first = table + 2 * count * struct.calcsize(offset)
    kinds = {"uint16": 2, "int16": 5, "int32": 6, "float32": 7}
    elements = []
    for frame in data:
        header = struct.pack("<ddiddi", 0.0, delta, 0, 0.0, delta, 0)
        header += struct.pack("<HII", kinds[str(data.dtype)], WIDTH, HEIGHT)
        # Rows are stored from the bottom to the top.
        elements.append(header + frame[::-1].tobytes())
    places, at = [], first
    for element in elements:
        places.append(at)
        at += len(element)
    tags = b"".join(struct.pack("<HxxI", 0x4152, 1_600_000_000) for _ in elements)
    tag_places = [at + 8 * i for i in range(count)]
    tables = b"".join(struct.pack(offset, p) for p in [*places, *tag_places])
    return head + struct.pack(offset, table) + struct.pack("<I", 1) + dimension + tables + b"".join(elements) + tags


def velox(path, data, size):
    """Data/Image/<id>/Data is [height, width, frames]; Metadata has a JSON text in each column."""
    import h5py

    text = json.dumps({"BinaryResult": {
        "Detector": "HAADF", "PixelSize": {"width": str(size), "height": str(size)}, "PixelUnitX": "m", "PixelUnitY": "m",
    }, "Scan": {"FrameTime": "1.0"}, "Core": {}, "Instrument": {}, "Acquisition": {}, "Optics": {}, "Stage": {}, "Detectors": {}, "EnergyFilter": {}, "CustomProperties": {}}).encode()
    metadata = np.zeros((1000, len(data)), np.uint8)
    metadata[: len(text)] = np.frombuffer(text, np.uint8)[:, None]
    with h5py.File(path, "w") as file:
        group = file.create_group("Data/Image/0123456789abcdef0123456789abcdef")
        group["Data"] = np.moveaxis(data, 0, -1)
        group["Metadata"] = metadata
        file["Version"] = np.array(['{"format": "Velox", "version": "1.0"}'], dtype="S40")


def hyperspy_signal(data, scale, units):
    import hyperspy.api as hs

    signal = hs.signals.Signal2D(data)
    for axis, name in zip(signal.axes_manager.signal_axes, "xy"):
        axis.name, axis.scale, axis.units = name, scale, units
    return signal


def write_all(folder):
    import mrcfile
    import tifffile

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "built.dm3").write_bytes(dm(3, images(2, np.int16), 1, 2, 0.5, "nm"))
    (folder / "built.dm4").write_bytes(dm(4, images(1, np.float32)[0], 2, 6, 0.25, "µm"))
    (folder / "built210.ser").write_bytes(ser(0x210, images(2, np.uint16), 5e-10))
    (folder / "built220.ser").write_bytes(ser(0x220, images(1, np.int32), 2e-9))
    velox(folder / "velox.emd", images(2, np.uint16), 5e-10)
    with mrcfile.new(folder / "mrcfile.mrc", overwrite=True) as file:
        file.set_data(images(2, np.int16))
        file.set_image_stack()
        file.voxel_size = 2.5
    with mrcfile.new(folder / "half.mrc", overwrite=True) as file:
        file.set_data(images(1, np.float16)[0])
    for name, dtype in [("hspy", np.uint8), ("nxs", np.uint16), ("emd", np.float32)]:
        hyperspy_signal(images(2, dtype), 0.5, "nm").save(str(folder / f"hyperspy.{name}"), overwrite=True)

    ome = {"axes": "TCYX", "PhysicalSizeX": 0.5, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.5, "PhysicalSizeYUnit": "nm",
           "Channel": {"Name": ["BF", "HAADF"]}}
    stack = images(2, np.uint16, 2)
    tifffile.imwrite(folder / "ome.ome.tif", stack, photometric="minisblack", metadata=ome)
    tifffile.imwrite(folder / "big.tif", images(2, np.float32), photometric="minisblack", bigtiff=True, byteorder=">", compression="zlib", predictor=True)
    large = (np.arange(40)[:, None] * 10 + np.arange(50)).astype(np.uint16)
    with tifffile.TiffWriter(folder / "tiled.ome.tif") as file:
        options = {"tile": (16, 16), "compression": "lzw", "predictor": True}
        file.write(large, subifds=1, metadata={"axes": "YX", "PhysicalSizeX": 2.0, "PhysicalSizeY": 2.0}, **options)
        file.write(large[::2, ::2], subfiletype=1, **options)
    tifffile.imwrite(folder / "imagej.tif", images(2, np.uint16), photometric="minisblack", imagej=True, resolution=(2.0, 2.0),
                     metadata={"unit": "nm", "axes": "TYX"})
    tifffile.imwrite(folder / "planar.tif", images(1, np.uint8, 3)[0], planarconfig="separate", photometric="rgb")
    tifffile.imwrite(folder / "packbits.tif", images(1, np.uint8)[0], photometric="minisblack", compression="packbits")

    import zarr

    # RosettaSciIO writes .zspy files with zarr 2 only; this is the layout that it writes.
    root = zarr.create_group(store=str(folder / "layout.zspy"), zarr_format=2, overwrite=True)
    experiment = root.create_group("Experiments").create_group("gold")
    experiment.create_array("data", data=images(2, np.uint16), chunks=(1, 2, 3))
    for i, (name, scale) in enumerate(zip("tyx", [1.0, 0.5, 0.5])):
        experiment.create_group(f"axis-{i}").attrs.update(
            {"name": name, "scale": scale, "units": "s" if name == "t" else "nm", "size": 2, "offset": 0.0, "navigate": name == "t"})
    for version in (2, 3):
        root = zarr.create_group(store=str(folder / f"ome{version}.zarr"), zarr_format=version, overwrite=True)
        root.create_array("0", data=stack[0], chunks=(1, 2, 3))
        root.create_array("1", data=stack[0][:, ::2, ::2])
        axes = [{"name": "c", "type": "channel"}, *[{"name": n, "type": "space", "unit": "nanometer"} for n in "yx"]]
        levels = [{"path": str(i), "coordinateTransformations": [{"type": "scale", "scale": [1, 0.5 * 2**i, 0.5 * 2**i]}]}
                  for i in range(2)]
        multiscales = [{"version": "0.4" if version == 2 else "0.5", "axes": axes, "datasets": levels}]
        omero = {"channels": [{"label": "BF"}, {"label": "HAADF"}]}
        root.attrs.update({"multiscales": multiscales, "omero": omero} if version == 2
                          else {"ome": {"version": "0.5", "multiscales": multiscales, "omero": omero}})


def check_built(folder):
    """RosettaSciIO reads the built files as they are meant."""
    from rsciio import digitalmicrograph, emd, tia

    for reader, name, expected, scale in [
        (digitalmicrograph, "built.dm3", images(2, np.int16), 0.5),
        (digitalmicrograph, "built.dm4", images(1, np.float32)[0], 0.25),
        (tia, "built210.ser", images(2, np.uint16), 0.5),
        (tia, "built220.ser", images(1, np.int32)[0], 2),
        (emd, "velox.emd", images(2, np.uint16), 0.5),
    ]:
        signal = reader.file_reader(str(folder / name))[0]
        assert np.array_equal(np.squeeze(signal["data"]), expected), name
        x = signal["axes"][-1]
        print(name, signal["data"].shape, x["scale"], x["units"])
        assert np.isclose(x["scale"], scale), name


def fixtures(folder):
    """Files, compressed with gzip and as base64, by their path below the folder."""
    return {str(p.relative_to(folder)): base64.b64encode(gzip.compress(p.read_bytes(), mtime=0)).decode()
            for p in sorted(folder.rglob("*")) if p.is_file()}


if __name__ == "__main__":
    target = Path(sys.argv[1])
    write_all(target)
    check_built(target)
    if len(sys.argv) > 2:
        Path(sys.argv[2]).write_text(json.dumps(fixtures(target), indent=1) + "\n")
