"""A PDF as DICOM: encapsulated document (PS3.3 A.45.1)."""

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.uid import EncapsulatedPDFStorage

from placa.demo.phantoms.instances import Identity, SeriesPlan, Visit, code, new_instance


def lab_pdf(
    identity: Identity, visit: Visit, pdf: bytes, title: str = "Resultados de laboratorio"
) -> list[Dataset]:
    """One encapsulated PDF. Raises ValueError where the bytes are not a PDF."""
    if not pdf.startswith(b"%PDF-"):
        raise ValueError("These bytes are not a PDF.")
    series = SeriesPlan("lab-pdf", 1, "DOC", title, "Phantom LIS")
    ds = new_instance(EncapsulatedPDFStorage, identity, visit, series, 1)
    ds.ConversionType = "WSD"
    ds.AcquisitionDateTime = visit.study_datetime.strftime("%Y%m%d%H%M%S")
    ds.BurnedInAnnotation = "YES"
    ds.DocumentTitle = title
    ds.ConceptNameCodeSequence = [code("11502-2", "LN", "Laboratory report")]
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.EncapsulatedDocumentLength = len(pdf)
    # The value is padded to even length; the length above tells where the PDF ends.
    ds["EncapsulatedDocument"] = DataElement(0x00420011, "OB", pdf + b"\0" * (len(pdf) % 2))
    return [ds]
