"""Who may see what, written by hand from the requirements: a row a state, a column a kind of asker.

A cell says row, images, report, download, share: `r i p d s`, `-` where it is refused. Columns:

own    the patient; a guardian for the child's       gomez  the insurer that pays
share  whoever holds a share of everything           heras  the workers' compensation insurer
visit  the visit code of that one study              jefe   the super-user
diaz   the doctor who ordered, and stand-ins         clerk  staff with the permission `studies`
copia  the doctor copied on every order              inbox  staff with the permission `inbox`
egea   a doctor of another practice                  norte  staff of one site, permission `patients`
"""

PLAIN = """
state                        own   share visit diaz  copia egea  gomez heras jefe  clerk inbox norte
released                     ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
released_this_second         ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
pending_a_second_more        r---- r---- r---- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
pending                      r---- r---- r---- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
released_by_hand             ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
released_by_hand_later       r---- r---- r---- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
withheld                     r---- r---- r---- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
delay_none                   ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
delay_48_over                ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
delay_48_running             r---- r---- r---- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
site_48_over                 ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- -----
site_48_running              r---- r---- r---- ripd- ripd- ----- rip-- ----- ripds ripds r---- -----
type_before_site             ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- -----
delay_12_elsewhere           ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
type_and_site_72_over        ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- -----
type_and_site_72_running     r---- r---- r---- ripd- ripd- ----- rip-- ----- ripds ripds r---- -----
hand_delivery                r---- r---- ----- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
hand_delivery_by_hand        r---- r---- ----- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
exclusive                    ----- ----- ----- ----- ----- ----- ----- rip-- ripds ----- ----- -----
exclusive_by_hand            ----- ----- ----- ----- ----- ----- ----- rip-- ripds ----- ----- -----
unlinked                     ----- ----- ----- ----- ----- ----- ----- ----- ripds ripds r---- r----
unlinked_by_hand             ripds ripd- ripd- ----- ----- ----- ----- ----- ripds ripds r---- r----
unmatched                    ----- ----- ----- ----- ----- ----- ----- ----- ri-d- ----- ri--- -----
hidden                       ripds ripd- ripd- ----- ----- ----- ----- ----- ripds ripds r---- r----
online_45_days               ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
online_45_days_less_a_second ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
report_none                  ri-ds ri-d- ri-d- ri-d- ri-d- ----- ri--- ----- ri-ds ri-ds r---- r----
report_registered            ri-ds ri-d- ri-d- ri-d- ri-d- ----- ri--- ----- ri-ds ri-ds r---- r----
report_partial               ri-ds ri-d- ri-d- ri-d- ri-d- ----- ri--- ----- ri-ds ri-ds r---- r----
report_preliminary           ri-ds ri-d- ri-d- ripd- ripd- ----- ri--- ----- ripds ripds r---- r----
report_amended               ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
report_cancelled             ri-ds ri-d- ri-d- ri-d- ri-d- ----- ri--- ----- ri-ds ri-ds r---- r----
report_final_in_a_second     ri-ds ri-d- ri-d- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
report_final_5_hours         ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
report_final_before_by_hand  ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
report_final_after_by_hand   ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
reports_cancelled_and_final  ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
read_a_day_ago               ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
read_a_day_ago_less_a_second ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
unread_8_days                ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
unread_8_days_less_a_second  ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
ordered_by_egea              ripds ripd- ripd- ----- ripd- ripd- rip-- ----- ripds ripds r---- r----
ordered_by_nobody            ripds ripd- ripd- ----- ripd- ----- rip-- ----- ripds ripds r---- r----
paid_by_nobody               ripds ripd- ripd- ripd- ripd- ----- ----- ----- ripds ripds r---- r----
other_site                   ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- -----
no_site                      ripds ripd- ripd- ripd- ripd- ----- rip-- ----- ripds ripds r---- r----
"""

# what the institution chose otherwise, and the cells that this changes; every other cell stays as above
HAND_DELIVERY_SHOWS_IMAGES = """
state                        own   share
hand_delivery                ri--- ri---
hand_delivery_by_hand        ri--- ri---
"""
UNLINKED_DO_NOT_WAIT = """
state                        own   share visit
unlinked                     ripds ripd- ripd-
"""
ONLINE_45_DAYS = """
state                        own   share visit
online_45_days               r---- r---- r----
"""
NO_RELEASE_DELAY = """
state                        own   share visit
pending_a_second_more        ripds ripd- ripd-
pending                      ripds ripd- ripd-
"""
REPORTS_6_HOURS_LATER = """
state                        own   share visit
released_this_second         ri-ds ri-d- ri-d-
delay_none                   ri-ds ri-d- ri-d-
report_final_after_by_hand   ri-ds ri-d- ri-d-
report_final_5_hours         ri-ds ri-d- ri-d-
"""
DOCTORS_DO_NOT_DOWNLOAD = """
state                        diaz  copia egea
released                     rip-- rip-- -----
released_this_second         rip-- rip-- -----
pending_a_second_more        rip-- rip-- -----
pending                      rip-- rip-- -----
released_by_hand             rip-- rip-- -----
released_by_hand_later       rip-- rip-- -----
withheld                     rip-- rip-- -----
delay_none                   rip-- rip-- -----
delay_48_over                rip-- rip-- -----
delay_48_running             rip-- rip-- -----
site_48_over                 rip-- rip-- -----
site_48_running              rip-- rip-- -----
type_before_site             rip-- rip-- -----
delay_12_elsewhere           rip-- rip-- -----
type_and_site_72_over        rip-- rip-- -----
type_and_site_72_running     rip-- rip-- -----
hand_delivery                rip-- rip-- -----
hand_delivery_by_hand        rip-- rip-- -----
online_45_days               rip-- rip-- -----
online_45_days_less_a_second rip-- rip-- -----
report_none                  ri--- ri--- -----
report_registered            ri--- ri--- -----
report_partial               ri--- ri--- -----
report_preliminary           rip-- rip-- -----
report_amended               rip-- rip-- -----
report_cancelled             ri--- ri--- -----
report_final_in_a_second     rip-- rip-- -----
report_final_5_hours         rip-- rip-- -----
report_final_before_by_hand  rip-- rip-- -----
report_final_after_by_hand   rip-- rip-- -----
reports_cancelled_and_final  rip-- rip-- -----
read_a_day_ago               rip-- rip-- -----
read_a_day_ago_less_a_second rip-- rip-- -----
unread_8_days                rip-- rip-- -----
unread_8_days_less_a_second  rip-- rip-- -----
ordered_by_egea              ----- rip-- rip--
ordered_by_nobody            ----- rip-- -----
paid_by_nobody               rip-- rip-- -----
other_site                   rip-- rip-- -----
no_site                      rip-- rip-- -----
"""
# the delay runs from the doctor's reading, or from the seventh day: 24 hours after that it is released
DOCTOR_FIRST = """
state                        own   share visit
released                     r---- r---- r----
released_this_second         r---- r---- r----
delay_none                   r---- r---- r----
delay_48_over                r---- r---- r----
site_48_over                 r---- r---- r----
type_before_site             r---- r---- r----
delay_12_elsewhere           r---- r---- r----
type_and_site_72_over        r---- r---- r----
hidden                       r---- r---- r----
report_none                  r---- r---- r----
report_registered            r---- r---- r----
report_partial               r---- r---- r----
report_preliminary           r---- r---- r----
report_amended               r---- r---- r----
report_cancelled             r---- r---- r----
report_final_in_a_second     r---- r---- r----
report_final_5_hours         r---- r---- r----
reports_cancelled_and_final  r---- r---- r----
read_a_day_ago_less_a_second r---- r---- r----
unread_8_days_less_a_second  r---- r---- r----
ordered_by_egea              r---- r---- r----
ordered_by_nobody            r---- r---- r----
paid_by_nobody               r---- r---- r----
other_site                   r---- r---- r----
no_site                      r---- r---- r----
"""
NO_CONSENT = """
state                        own   share visit
released                     r---- r---- r----
released_this_second         r---- r---- r----
released_by_hand             r---- r---- r----
delay_none                   r---- r---- r----
delay_48_over                r---- r---- r----
site_48_over                 r---- r---- r----
type_before_site             r---- r---- r----
delay_12_elsewhere           r---- r---- r----
type_and_site_72_over        r---- r---- r----
unlinked_by_hand             r---- r---- r----
hidden                       r---- r---- r----
online_45_days               r---- r---- r----
online_45_days_less_a_second r---- r---- r----
report_none                  r---- r---- r----
report_registered            r---- r---- r----
report_partial               r---- r---- r----
report_preliminary           r---- r---- r----
report_amended               r---- r---- r----
report_cancelled             r---- r---- r----
report_final_in_a_second     r---- r---- r----
report_final_5_hours         r---- r---- r----
report_final_before_by_hand  r---- r---- r----
report_final_after_by_hand   r---- r---- r----
reports_cancelled_and_final  r---- r---- r----
read_a_day_ago               r---- r---- r----
read_a_day_ago_less_a_second r---- r---- r----
unread_8_days                r---- r---- r----
unread_8_days_less_a_second  r---- r---- r----
ordered_by_egea              r---- r---- r----
ordered_by_nobody            r---- r---- r----
paid_by_nobody               r---- r---- r----
other_site                   r---- r---- r----
no_site                      r---- r---- r----
"""

# what an agreement or a share leaves of a study that is open, and of one whose report is not there
# persona, on `released`, on `report_none`, on `pending`, on `exclusive`, on `hidden`
SCOPES = """
persona                      released report_none pending exclusive hidden
company_verdict_only         r----    r----       r----   -----     -----
company_report_only          r-p--    r----       r-p--   -----     -----
company_images_only          ri---    ri---       ri---   -----     -----
company_with_download        ripd-    ri-d-       ripd-   -----     -----
company_report_and_download  r-pd-    r----       r-pd-   -----     -----
company_download_of_nothing  r----    r----       r----   -----     -----
share_images_only            ri---    ri---       r----   -----     ri---
share_report_only            r-p--    r----       r----   -----     r-p--
share_without_download       rip--    ri---       r----   -----     rip--
share_report_and_download    r-pd-    r----       r----   -----     r-pd-
"""


def read(table: str) -> dict[str, dict[str, str]]:
    """Row name -> column -> cell. A cell out of place or a row of another length is an error."""
    head, *lines = [line.split() for line in table.strip().splitlines()]
    rows = {}
    for name, *cells in lines:
        if name in rows or len(cells) != len(head) - 1:
            raise ValueError(f"row {name} is written twice or has a cell too many or too few")
        for cell in cells:
            if len(cell) != 5 or any(c not in (letter, "-") for c, letter in zip(cell, "ripds", strict=True)):
                raise ValueError(f"{name}: {cell} is no cell")
        rows[name] = dict(zip(head[1:], cells, strict=True))
    return rows
