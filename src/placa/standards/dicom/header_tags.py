"""Which elements an `InstanceHeader` is made of: tag to field, by how their values are read."""

from typing import Final

UI: Final = {
    0x00080016: "sop_class_uid",
    0x00080018: "sop_instance_uid",
    0x0020000D: "study_instance_uid",
    0x0020000E: "series_instance_uid",
    0x00200052: "frame_of_reference_uid",
}
TEXT: Final = {
    0x00080050: "accession_number",
    0x00080060: "modality",
    0x00080080: "institution_name",
    0x00080090: "referring_physician_name",
    0x00081010: "station_name",
    0x00081030: "study_description",
    0x0008103E: "series_description",
    0x00100010: "patient_name",
    0x00100020: "patient_id",
    0x00100021: "issuer_of_patient_id",
    0x00100040: "patient_sex",
    0x00180015: "body_part_examined",
    0x00181030: "protocol_name",
    0x00200010: "study_id",
    0x00200060: "laterality",
    0x00200062: "laterality",
    0x00280004: "photometric_interpretation",
    0x00281056: "voi_lut_function",
    0x20500020: "presentation_lut_shape",
    0x00282110: "lossy_image_compression",
    0x00420010: "document_title",
    0x00420012: "mime_type",
    0x0040A491: "completion_flag",
    0x0040A493: "verification_flag",
}
NAMES: Final = frozenset({0x00100010, 0x00080090})
DATES: Final = {
    0x00080020: "study_date",
    0x00080021: "series_date",
    0x00080023: "content_date",
    0x00100030: "patient_birth_date",
}
TIMES: Final = {0x00080030: "study_time", 0x00080031: "series_time", 0x00080033: "content_time"}
INTEGERS: Final = {
    0x00200011: "series_number",
    0x00200013: "instance_number",
    0x00200012: "acquisition_number",
}
DECIMALS: Final = {
    0x00201041: "slice_location",
    0x00281052: "rescale_intercept",
    0x00281053: "rescale_slope",
}
RATES: Final = {
    0x00180040: "cine_rate",
    0x00182144: "recommended_display_frame_rate",
    0x00181063: "frame_time",
}
DECIMAL_LISTS: Final = {
    0x00200032: "image_position_patient",
    0x00200037: "image_orientation_patient",
    0x00281050: "window_center",
    0x00281051: "window_width",
}
SHORTS: Final = {
    0x00280002: "samples_per_pixel",
    0x00280006: "planar_configuration",
    0x00280010: "rows",
    0x00280011: "columns",
    0x00280100: "bits_allocated",
    0x00280101: "bits_stored",
    0x00280102: "high_bit",
    0x00280103: "pixel_representation",
    0x00280120: "pixel_padding_value",
    0x00280121: "pixel_padding_range_limit",
}
CHARSET, FRAMES = 0x00080005, 0x00280008
ACCESSION_ISSUER, CONCEPT_NAME = 0x00080051, 0x0040A043
# Modality LUT, VOI LUT, palette, shared and per-frame functional groups: rendering needs more than this
# header.
LOOKUPS: Final = frozenset({0x00283000, 0x00283010, 0x00281101, 0x52009229, 0x52009230})
WANTED: Final = (
    frozenset((*UI, *TEXT, *DATES, *TIMES, *INTEGERS, *DECIMALS, *RATES, *DECIMAL_LISTS, *SHORTS))
    | {CHARSET, FRAMES}
)  # fmt: skip
