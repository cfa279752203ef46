from streamlit.testing.v1 import AppTest

from core.settings import ROOT


def opened(page: str = "compare", **parameters: str) -> AppTest:
    at = AppTest.from_file(str(ROOT / "ui" / "main.py"), default_timeout=60)
    at.query_params["lang"] = "en"
    at.switch_page(str(ROOT / "pages" / f"{page}.py"))
    for name, value in parameters.items():
        at.query_params[name.replace("_", "-")] = value
    at.run()
    assert not at.exception, at.exception
    return at


def open_filters(at: AppTest) -> AppTest:
    """Open the filters of Compare, which draw their boxes then."""
    at.session_state["filters"] = True
    return at.run()


def said(at: AppTest) -> str:
    return "\n".join(str(element.value) for element in (*at.markdown, *at.caption, *at.info))
