"""`{% inlined theme %}…{% endinlined %}`: the mail's style sheet written into its elements."""

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.utils.safestring import SafeString

from placa.interfaces.web.ui import inliner

register = template.Library()


class InlinedNode(template.Node):
    """Renders what it holds, then writes the styles in."""

    def __init__(self, nodes: NodeList, theme: FilterExpression) -> None:
        self.nodelist = nodes
        self.theme = theme

    def render(self, context: template.Context) -> SafeString:
        return SafeString(
            inliner.inline(self.nodelist.render(context), self.theme.resolve(context) or "patient")
        )


@register.tag
def inlined(parser: Parser, token: Token) -> InlinedNode:
    """Block tag with one argument: the theme whose colours the mail has."""
    _name, theme = token.split_contents()
    nodes = parser.parse(("endinlined",))
    parser.delete_first_token()
    return InlinedNode(nodes, parser.compile_filter(theme))
