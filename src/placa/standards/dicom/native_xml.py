"""The Native DICOM Model in XML (PS3.19 A.1), from the DICOM JSON Model (PS3.18 Annex F)."""

from __future__ import annotations

import re
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, tostring

from pydicom.datadict import keyword_for_tag

NAMESPACE: Final = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
_PN_PARTS: Final = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

JsonDataSet = dict[str, dict[str, Any]]


def native_xml(data_set: JsonDataSet) -> bytes:
    """One data set as an XML document. Characters that XML does not have are left out."""
    root = Element("NativeDicomModel", {"xmlns": NAMESPACE, "xml:space": "preserve"})
    _fill(root, data_set)
    document: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def _fill(parent: Element, data_set: JsonDataSet) -> None:
    for tag, element in data_set.items():
        about = {"tag": tag, "vr": str(element["vr"])}
        if keyword := keyword_for_tag(int(tag, 16)):
            about["keyword"] = keyword
        attribute = SubElement(parent, "DicomAttribute", about)
        if "BulkDataURI" in element:
            SubElement(attribute, "BulkData", {"uri": str(element["BulkDataURI"])})
        elif "InlineBinary" in element:
            SubElement(attribute, "InlineBinary").text = str(element["InlineBinary"])
        else:
            for number, value in enumerate(element.get("Value", ()), 1):
                _value(attribute, about["vr"], str(number), value)


def _value(attribute: Element, vr: str, number: str, value: Any) -> None:
    if vr == "SQ":
        _fill(SubElement(attribute, "Item", {"number": number}), value or {})
    elif vr == "PN":
        name = SubElement(attribute, "PersonName", {"number": number})
        for group, text in (value or {}).items():
            parts = SubElement(name, group)
            for part, words in zip(_PN_PARTS, _text(text).split("^"), strict=False):
                if words:
                    SubElement(parts, part).text = words
    elif value is not None:
        SubElement(attribute, "Value", {"number": number}).text = _text(value)


def _text(value: Any) -> str:
    return _NOT_XML.sub("", str(value))
