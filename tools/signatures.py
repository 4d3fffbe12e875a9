"""The signature of a generic function stands once: autodoc repeats it for each record that has a kernel."""

from sphinx.ext.autodoc import FunctionDocumenter


class OneSignature(FunctionDocumenter):
    def format_signature(self, **kwargs):
        return super().format_signature(**kwargs).partition("\n")[0]


def setup(app):
    app.add_autodocumenter(OneSignature, override=True)
