"""`{% url %}` with shapes that are worked out once (see addresses.py); a page of sixty steps asked Django for some two hundred and fifty."""

from __future__ import annotations

from django import template
from django.template.base import Parser, Token
from django.template.context import Context
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as parse
from django.urls import NoReverseMatch
from django.utils.html import escape
from django.utils.safestring import SafeString

from vunnet.web.addresses import address_of

register = template.Library()


class Address(URLNode):
    """Django's own node, for addresses without keywords."""

    def render(self, context: Context) -> SafeString:
        try:
            found = address_of(
                str(self.view_name.resolve(context)), *[argument.resolve(context) for argument in self.args]
            )
        except NoReverseMatch:
            if not self.asvar:
                raise
            found = ""
        if self.asvar:
            context[self.asvar] = found
            return SafeString()
        return escape(found)


@register.tag
def url(parser: Parser, token: Token) -> URLNode:
    node = parse(parser, token)
    return node if node.kwargs else Address(node.view_name, node.args, node.kwargs, node.asvar)
