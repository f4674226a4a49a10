"""A resting 12-lead ECG as DICOM waveform: 10 s at 500 Hz, sinus rhythm (PS3.3 A.34.3, PS3.16 CID 3001)."""

import numpy as np
from numpy.typing import NDArray
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import TwelveLeadECGWaveformStorage

from placa.demo.phantoms.instances import Identity, SeriesPlan, Visit, code, new_instance

SAMPLING_HZ = 500
SECONDS = 10
RATE_BPM = 72
#: One stored unit, as in common carts.
MICROVOLT_A_UNIT = 2.5
#: Heights of P, Q, R, S and T in mV. III and the augmented leads follow from I and II.
_MEASURED = {
    "I": (0.10, -0.03, 0.75, -0.08, 0.22),
    "II": (0.15, -0.05, 1.10, -0.12, 0.30),
    "V1": (0.06, 0.00, 0.22, -0.75, -0.08),
    "V2": (0.07, 0.00, 0.45, -1.05, 0.34),
    "V3": (0.08, -0.02, 0.75, -0.70, 0.38),
    "V4": (0.08, -0.06, 1.20, -0.35, 0.36),
    "V5": (0.08, -0.08, 1.15, -0.15, 0.30),
    "V6": (0.08, -0.07, 0.90, -0.06, 0.24),
}
#: Lead and its code in MDC.
LEADS = {
    "I": "2:1",
    "II": "2:2",
    "III": "2:61",
    "aVR": "2:62",
    "aVL": "2:63",
    "aVF": "2:64",
    "V1": "2:3",
    "V2": "2:4",
    "V3": "2:5",
    "V4": "2:6",
    "V5": "2:7",
    "V6": "2:8",
}
_CENTRES = (0.110, 0.242, 0.266, 0.294, 0.510)
_WIDTHS = (0.026, 0.010, 0.0125, 0.013, 0.055)


def ecg_12lead(identity: Identity, visit: Visit) -> list[Dataset]:
    """One recording of twelve leads in mV, 16 bits, with its heart rate and intervals as annotations."""
    series = SeriesPlan("ecg", 1, "ECG", "ECG de reposo de 12 derivaciones", "Phantom ECG", "HEART")
    ds = new_instance(TwelveLeadECGWaveformStorage, identity, visit, series, 1)
    ds.AcquisitionDateTime = visit.study_datetime.strftime("%Y%m%d%H%M%S")
    ds.AcquisitionContextSequence = Sequence()
    ds.WaveformSequence = [_waveform()]
    ds.WaveformAnnotationSequence = [
        _measurement("8867-4", "LN", "Heart rate", RATE_BPM, "/min", "beats per minute"),
        _measurement("8625-6", "LN", "PR interval", 158, "ms", "millisecond"),
        _measurement("8633-0", "LN", "QRS duration", 88, "ms", "millisecond"),
        _measurement("8634-8", "LN", "QT interval", 384, "ms", "millisecond"),
    ]
    return [ds]


def leads() -> dict[str, NDArray[np.float64]]:
    """Millivolts of every lead over ten seconds. Einthoven's and Goldberger's relations hold exactly."""
    time = np.arange(SAMPLING_HZ * SECONDS) / SAMPLING_HZ
    phase = _beat_phase(time)
    rng = np.random.default_rng(13)
    measured = {name: _complex(phase, heights) for name, heights in _MEASURED.items()}
    for number, name in enumerate(measured):
        drift = 0.02 * np.sin(2 * np.pi * 0.23 * time + number)
        measured[name] += drift + 0.006 * rng.normal(size=time.size)
    one, two = measured["I"], measured["II"]
    derived = {"III": two - one, "aVR": -(one + two) / 2, "aVL": one - two / 2, "aVF": two - one / 2}
    return {name: measured[name] if name in measured else derived[name] for name in LEADS}


def _beat_phase(time: NDArray[np.float64]) -> NDArray[np.float64]:
    """Seconds since the last beat began; beats vary by about 2 %, as breathing makes them."""
    intervals = 60 / RATE_BPM * (1 + 0.02 * np.sin(np.arange(SECONDS * 3) * 1.3))
    starts = np.concatenate([[0.0], np.cumsum(intervals)])
    return np.asarray(time - starts[np.searchsorted(starts, time, side="right") - 1], np.float64)


def _complex(phase: NDArray[np.float64], heights: tuple[float, ...]) -> NDArray[np.float64]:
    made = np.zeros_like(phase)
    for height, centre, width in zip(heights, _CENTRES, _WIDTHS, strict=True):
        made += height * np.exp(-(((phase - centre) / width) ** 2))
    # T rises more slowly than it falls.
    return made + heights[-1] * 0.25 * np.exp(-(((phase - 0.46) / 0.05) ** 2))


def _waveform() -> Dataset:
    group = Dataset()
    group.WaveformOriginality = "ORIGINAL"
    signals = leads()
    group.NumberOfWaveformChannels = len(signals)
    group.NumberOfWaveformSamples = SAMPLING_HZ * SECONDS
    group.SamplingFrequency = SAMPLING_HZ
    group.MultiplexGroupLabel = "RHYTHM"
    group.ChannelDefinitionSequence = [_channel(number, name) for number, name in enumerate(signals, start=1)]
    group.WaveformBitsAllocated = 16
    group.WaveformSampleInterpretation = "SS"
    units = np.rint(np.stack(list(signals.values()), axis=1) * 1000 / MICROVOLT_A_UNIT)
    group["WaveformData"] = DataElement(0x54001010, "OW", units.astype("<i2").tobytes())
    return group


def _channel(number: int, name: str) -> Dataset:
    channel = Dataset()
    channel.WaveformChannelNumber = number
    channel.ChannelLabel = name
    channel.ChannelSourceSequence = [code(LEADS[name], "MDC", f"Lead {name}")]
    channel.ChannelSensitivity = MICROVOLT_A_UNIT / 1000
    channel.ChannelSensitivityUnitsSequence = [code("mV", "UCUM", "millivolt")]
    channel.ChannelSensitivityCorrectionFactor = 1
    channel.ChannelBaseline = 0
    channel.ChannelSampleSkew = 0
    channel.WaveformBitsStored = 16
    channel.FilterLowFrequency, channel.FilterHighFrequency = 0.05, 150
    return channel


def _measurement(value: str, scheme: str, meaning: str, number: int, unit: str, unit_meaning: str) -> Dataset:
    item = Dataset()
    item.ReferencedWaveformChannels = [1, 0]
    item.ConceptNameCodeSequence = [code(value, scheme, meaning)]
    item.NumericValue = number
    item.MeasurementUnitsCodeSequence = [code(unit, "UCUM", unit_meaning)]
    return item
