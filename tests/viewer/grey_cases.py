"""Images whose grey values are known: made here for what the test data lacks, and the reference that says them.

Two references that share no code with Placa: pydicom with the formulas of PS3.3 C.11 written out below, and dcmtk.
"""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi, convert_color_space
from pydicom.pixels.utils import pixel_array
from pydicom.sequence import Sequence
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

SIDE = 64
Window = tuple[float, float, str]


def phantom(name: str, values: np.ndarray, **elements: Any) -> Dataset:
    """An axial image of `values` (stored values, of any 8 or 16-bit type) with these further elements."""
    file = Dataset()
    file.file_meta = FileMetaDataset()
    file.file_meta.MediaStorageSOPClassUID = file.SOPClassUID = CTImageStorage
    uid = generate_uid(entropy_srcs=["grey", name])
    file.file_meta.MediaStorageSOPInstanceUID = file.SOPInstanceUID = uid
    file.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    file.StudyInstanceUID, file.SeriesInstanceUID = UID("2.25.7"), generate_uid(entropy_srcs=["series", name])
    file.PatientName, file.PatientID, file.Modality = "Phantom", "P", "CT"
    file.SeriesNumber, file.InstanceNumber, file.SeriesDescription = 1, 1, name
    file.ImageOrientationPatient, file.ImagePositionPatient = [1, 0, 0, 0, 1, 0], [0, 0, 0]
    file.PixelSpacing = [1, 1]
    file.Rows, file.Columns, file.SamplesPerPixel = *values.shape[:2], 1
    file.PhotometricInterpretation = "MONOCHROME2"
    file.BitsAllocated = values.dtype.itemsize * 8
    file.BitsStored, file.HighBit = file.BitsAllocated, file.BitsAllocated - 1
    file.PixelRepresentation = int(values.dtype.kind == "i")
    for keyword, value in elements.items():
        setattr(file, keyword, value)
    file.PixelData = values.astype(values.dtype.newbyteorder("<")).tobytes()
    return file


def ramp(low: int, high: int, dtype: str) -> np.ndarray:
    """Values that rise to the right and a little downwards, so that no two axes can be taken for each other."""
    line = np.linspace(low, high, SIDE * SIDE)
    return line.reshape(SIDE, SIDE).T[:, ::1].astype(dtype)


def table(first: int, entries: np.ndarray, bits: int) -> Dataset:
    """An item of a Modality or VOI LUT sequence."""
    item = Dataset()
    item.LUTDescriptor = [len(entries) % 65536, first, bits]
    item.LUTExplanation = "curve"
    item.ModalityLUTType = "US"
    item.LUTData = entries.astype("<u2").tobytes()
    item["LUTData"].VR = "OW"
    for element in item:
        if element.tag == 0x00283002:
            element.VR = "SS" if first < 0 else "US"
    return item


def made() -> dict[str, Dataset]:
    """The phantoms, by name."""
    curve = (np.linspace(0, 1, 1024) ** 2 * 4095).astype(int)
    deep = (np.sqrt(np.linspace(0, 1, 4096)) * 65535).astype(int)
    padded = ramp(0, 1000, "int16")
    padded[:8, :8] = -2000
    bright = ramp(0, 1000, "uint16")
    bright[:8, :8] = 4095
    twelve = ramp(-1000, 1500, "int16")
    window = {"WindowCenter": 100, "WindowWidth": 600}
    return {
        "signed 16": phantom("signed 16", ramp(-20000, 20000, "int16"), WindowCenter=500, WindowWidth=30000),
        "signed 12 in 16": phantom("signed 12", twelve & 0x0FFF, PixelRepresentation=1, BitsStored=12, HighBit=11, **window),
        "MONOCHROME1": phantom("mono1", ramp(0, 4095, "uint16"), PhotometricInterpretation="MONOCHROME1",
                               BitsStored=12, HighBit=11, WindowCenter=2000, WindowWidth=3000),
        "8 bits": phantom("8 bits", ramp(0, 255, "uint8"), WindowCenter=128, WindowWidth=256),
        "no window": phantom("no window", ramp(-300, 2500, "int16")),
        "no window, MONOCHROME1": phantom("no window 1", ramp(3, 900, "uint16"), PhotometricInterpretation="MONOCHROME1"),
        "padding": phantom("padding", padded, PixelPaddingValue=-2000, **window),
        "padding, MONOCHROME1": phantom("padding 1", bright, PixelPaddingValue=4095, PhotometricInterpretation="MONOCHROME1",
                                        WindowCenter=500, WindowWidth=900),
        "padding, no window": phantom("padding none", padded, PixelPaddingValue=-2000),
        "VOI LUT": phantom("voi lut", ramp(-24, 1200, "int16"), VOILUTSequence=Sequence([table(0, curve, 12)])),
        "VOI LUT over HU": phantom("voi lut hu", ramp(0, 4095, "uint16"), RescaleSlope=1, RescaleIntercept=-1024,
                                   RescaleType="HU", VOILUTSequence=Sequence([table(-1024, deep, 16)])),
        "Modality LUT": phantom("modality lut", ramp(0, 4095, "uint16"), ModalityLUTSequence=Sequence([table(0, deep, 16)]),
                                WindowCenter=30000, WindowWidth=40000),
        "SIGMOID": phantom("sigmoid", ramp(-1000, 1000, "int16"), VOILUTFunction="SIGMOID", WindowCenter=40,
                           WindowWidth=400),
        "SIGMOID, MONOCHROME1": phantom("sigmoid 1", ramp(-1000, 1000, "int16"), VOILUTFunction="SIGMOID",
                                        PhotometricInterpretation="MONOCHROME1", WindowCenter=40, WindowWidth=400),
        "LINEAR_EXACT": phantom("exact", ramp(0, 40, "int16"), VOILUTFunction="LINEAR_EXACT", WindowCenter=20,
                                WindowWidth=20),
        "LINEAR": phantom("linear", ramp(0, 40, "int16"), VOILUTFunction="LINEAR", WindowCenter=20, WindowWidth=20),
        "HU": phantom("hu", ramp(0, 4095, "uint16"), RescaleSlope=1, RescaleIntercept=-1024, RescaleType="HU", **window),
        "rescale OD": phantom("od", ramp(0, 4095, "uint16"), RescaleSlope=0.001, RescaleIntercept=0, RescaleType="OD",
                              Modality="CR", WindowCenter=2, WindowWidth=3),
        "rescale slope 2.5": phantom("slope", ramp(-500, 900, "int16"), RescaleSlope=2.5, RescaleIntercept=7,
                                     RescaleType="US", Modality="MR", WindowCenter=400, WindowWidth=2500),
        "two windows": phantom("two", ramp(-1000, 1000, "int16"), WindowCenter=[40, 300], WindowWidth=[400, 1500]),
        "PresentationLUTShape INVERSE": phantom("inverse", ramp(0, 1000, "uint16"), PresentationLUTShape="INVERSE",
                                                WindowCenter=500, WindowWidth=900),
        "pixels 2 to 1": phantom("aspect", ramp(-1000, 1000, "int16"), PixelSpacing=[2, 1], **window),
        "PixelAspectRatio": _without_spacing(
            phantom("ratio", ramp(-1000, 1000, "int16"), PixelAspectRatio=["2", "1"], **window)),
    }  # fmt: skip


def _without_spacing(file: Dataset) -> Dataset:
    del file.PixelSpacing
    return file


def written(file: Dataset, folder: Path, name: str) -> Path:
    """`file` as a Part 10 file."""
    path = folder / f"{name.replace(' ', '-')}.dcm"
    file.save_as(path, enforce_file_format=True)
    return path


# --- references


def by_formula(path: Path, frame: int, window: Window | None) -> np.ndarray:
    """Levels 0 … 255 as PS3.3 C.11 says them, from pydicom's pixels: (rows, columns) or (rows, columns, 3).

    `window` in the unit after the Modality LUT; None takes the object's VOI LUT.
    """
    file = dcmread(path)
    samples = pixel_array(
        file, index=frame, raw=file.get("SamplesPerPixel", 1) > 1 and "YBR" in file.PhotometricInterpretation
    )
    photometric = file.PhotometricInterpretation
    if photometric == "PALETTE COLOR":
        coloured = apply_color_lut(samples, file)
        return coloured / (65535 / 255 if coloured.dtype == np.uint16 else 1)
    if samples.ndim == 3:
        if "YBR" in photometric and "ICT" not in photometric and "RCT" not in photometric:
            samples = convert_color_space(samples, "YBR_FULL", "RGB")
        return samples.astype(float)
    values = _modality(file, samples, frame)
    if window is None:
        shown = apply_voi(values.astype("int32" if values.min() < 0 else "uint16"), file)
        levels = shown * (255 / (2 ** file.VOILUTSequence[0].LUTDescriptor[2] - 1))
    else:
        levels = _windowed(values, *window)
    shape = file.get("PresentationLUTShape", "")
    if photometric == "MONOCHROME1" or shape == "INVERSE":
        levels = 255 - levels
    padding = file.get("PixelPaddingValue")
    return levels if padding is None else np.where(samples == padding, 0, levels)


def _modality(file: FileDataset, samples: np.ndarray, frame: int) -> np.ndarray:
    if "PerFrameFunctionalGroupsSequence" not in file:
        return np.asarray(apply_modality_lut(samples, file), dtype=float)
    groups = (file.PerFrameFunctionalGroupsSequence[frame], file.SharedFunctionalGroupsSequence[0])
    for group in groups:
        if "PixelValueTransformationSequence" in group:
            found = group.PixelValueTransformationSequence[0]
            return samples * float(found.RescaleSlope) + float(found.RescaleIntercept)
    return np.asarray(apply_modality_lut(samples, file), dtype=float)


def _windowed(values: np.ndarray, center: float, width: float, function: str) -> np.ndarray:
    if function == "SIGMOID":
        return 255 / (1 + np.exp(np.clip(-4 * (values - center) / width, -500, 500)))
    if function == "LINEAR_EXACT":
        return np.clip((values - center) / width + 0.5, 0, 1) * 255
    return np.clip((values - (center - 0.5)) / max(width - 1, 1e-9) + 0.5, 0, 1) * 255


def by_dcmtk(path: Path, frame: int, window: Window | None) -> np.ndarray | None:
    """The same by dcmtk, None for what it does not decode or does otherwise by design.

    dcmtk has no LINEAR_EXACT on its command line: the equivalent LINEAR window is given.
    """
    program = "/usr/bin/dcml2pnm" if _is_jpeg_ls(path) else "/usr/bin/dcmj2pnm"
    if shutil.which(program) is None:
        return None
    if window is None:
        how = ["+Wl", "1"]
    else:
        center, width, function = window
        if function == "LINEAR_EXACT":
            center, width = center + 0.5, width + 1
        how = ["+Ww", f"{center:.6f}", f"{width:.6f}", *(["+Wfs"] if function == "SIGMOID" else ["+Wfl"])]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.png"
        command = [program, "-O", "+F", str(frame + 1), *how, "+on", str(path), str(out)]
        done = subprocess.run(command, capture_output=True)
        if done.returncode or not out.exists():
            return None
        return np.asarray(Image.open(io.BytesIO(out.read_bytes()))).astype(float)


def _is_jpeg_ls(path: Path) -> bool:
    return dcmread(path, stop_before_pixels=True).file_meta.TransferSyntaxUID in (
        "1.2.840.10008.1.2.4.80",
        "1.2.840.10008.1.2.4.81",
    )


__all__ = ["ImplicitVRLittleEndian", "by_dcmtk", "by_formula", "made", "phantom", "ramp", "table", "written"]
