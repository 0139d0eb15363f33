"""What every form here has in common: the look of its inputs, and errors said where they belong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from vunnet.lib.errors import RuleBroken

DASHES = "---------"  # what Django says of nothing chosen
LOOKS = {
    forms.CheckboxInput: "checkbox",
    forms.Select: "select",
    forms.Textarea: "textarea",
}


class VunnetForm(forms.Form):
    """A form whose inputs carry the look, name their error to screen readers, and can take an action's refusal."""

    required_css_class = "required"
    # Whoever opens such a form is about to write: its first field has the caret.
    is_begun = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            look = next((look for widget, look in LOOKS.items() if isinstance(field.widget, widget)), "input")
            field.widget.attrs.setdefault("class", look)
            if isinstance(field, forms.ModelChoiceField) and field.empty_label == DASHES:
                field.empty_label = _("Not chosen")

    @property
    def caret(self) -> str:
        """The field that the caret stands in: of a refused form the first wrong one."""
        names = [field.name for field in self.visible_fields()]
        wrong = [name for name in names if name in self.errors]
        return next(iter(wrong or (names if self.is_begun or self.errors else [])), "")

    def try_to(self, act: Callable[[], Any]) -> Any:
        """Call an action; what it refuses becomes this form's error, at the field it names."""
        try:
            return act()
        except RuleBroken as refusal:
            self.add_error(refusal.field if refusal.field in self.fields else None, refusal.message)
            return None
