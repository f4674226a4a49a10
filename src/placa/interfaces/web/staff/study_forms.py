"""Forms of a study's page."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from placa.domain.access.types import DiagnosticReport
from placa.domain.reports.pdf import SIZE_LIMIT


class ReportForm(forms.Form):
    """A report's PDF; without `report` a new one, with it a correction of that one."""

    pdf = forms.FileField(
        label=gettext_lazy("PDF of the report"),
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=[("final", gettext_lazy("Signed")), ("preliminary", gettext_lazy("Preliminary"))],
    )
    signed_by = forms.CharField(label=gettext_lazy("Signed by"), max_length=120, required=False)
    title = forms.CharField(label=gettext_lazy("Title"), max_length=200, required=False)
    report = forms.ChoiceField(label=gettext_lazy("This file is"), required=False)

    def __init__(self, *args: Any, reports: list[DiagnosticReport], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", _("A new report"))]
        for number, report in enumerate(reports, 1):
            name = report.title or _("report %(n)d") % {"n": number}
            choices.append((str(report.public_id), _("A newer version of: %(title)s") % {"title": name}))
        self.fields["report"].choices = choices  # type: ignore[attr-defined]
        if len(reports) == 1 and reports[0].status not in DiagnosticReport.FINAL_STATES:
            # what waits for its signature is mostly what comes signed
            self.fields["report"].initial = choices[1][0]
        if not reports:
            del self.fields["report"]

    def clean_pdf(self) -> Any:
        """Not larger than what is taken at all; its content is checked by the service."""
        file = self.cleaned_data["pdf"]
        if file.size > SIZE_LIMIT:
            raise forms.ValidationError(_("This PDF is too large. The limit is 64 MB."))
        return file


class WithdrawForm(forms.Form):
    """Why a report is taken back."""

    reason = forms.CharField(
        label=gettext_lazy("Why it is withdrawn"),
        max_length=200,
        help_text=gettext_lazy(
            "For staff, in the history. Whoever read the report is told that it was withdrawn, not why."
        ),
    )


class HandOverForm(forms.Form):
    """To whom a result was handed over."""

    to = forms.CharField(
        label=gettext_lazy("Handed over to"),
        max_length=120,
        help_text=gettext_lazy("Name and document of whoever took it."),
    )
