"""Say in words what is wrong with a source, and what to do about it."""

from __future__ import annotations

from pipelines.operations.verdicts import Assessment, Verdict
from pipelines.text import counted, error_words

_NEXT_STEPS = {
    Verdict.NO_CHANNEL: "find its feed with `cuttings sources add {homepage}`",
    Verdict.NOT_YET_VISITED: "run `cuttings run`",
    Verdict.FAILING: "look at {url} in a browser; correct the source, or `cuttings sources disable {id}`",
    Verdict.BLOCKED: "ask the publisher for access, or `cuttings sources disable {id}`",
    Verdict.MOVED: "replace {url} with {moved_to} in the config",
    Verdict.EMPTY: "look at {url} in a browser; `cuttings sources add {homepage}` finds the current feed",
    Verdict.PARTLY_FAILING: "look at {url} in a browser; correct or remove it in the config",
    Verdict.PAGES_FAILING: "look at one of its pages in a browser; see the table `failures`",
    Verdict.EMPTY_TEXTS: "compare a page with `cuttings fetch --no-save -v URL`; correct `body`",
    Verdict.SELECTORS_UNMATCHED: "look at a page with `cuttings sources try {id} URL`; correct its selectors",
    Verdict.SILENT: "look at its site; its feed may have moved (`cuttings sources add` finds the new one)",
}


def explanation(assessment: Assessment) -> str:
    """Return why a source has its verdict; nothing for a source that is well."""
    match assessment.verdict:
        case Verdict.FAILING | Verdict.PARTLY_FAILING:
            return f"{_reason(assessment)} ({assessment.url}){_named(assessment)}"
        case Verdict.BLOCKED:
            return f"the site refused its last {counted(assessment.bad, 'page')}"
        case Verdict.MOVED:
            return f"{assessment.url} redirects permanently to {assessment.moved_to}"
        case Verdict.EMPTY:
            visits = counted(assessment.bad, "visit")
            return f"{assessment.url} announced nothing on its last {visits}{_named(assessment)}"
        case Verdict.EMPTY_TEXTS:
            return f"{assessment.bad} of its last {counted(assessment.judged, 'page')} gave no text"
        case Verdict.SELECTORS_UNMATCHED:
            pages = f"{assessment.bad} of its last {counted(assessment.judged, 'page')}"
            return f"its selectors matched nothing on {pages}; last: {_reason(assessment)}"
        case Verdict.PAGES_FAILING:
            pages = f"{assessment.bad} of its last {counted(assessment.judged, 'page')}"
            return f"{pages} failed; last: {_reason(assessment)}"
        case Verdict.SILENT:
            return _silence(assessment)
        case Verdict.NO_CHANNEL:
            return "it has no feed, sitemap or listing"
        case _:
            return ""


def _reason(assessment: Assessment) -> str:
    return error_words(assessment.error)


def _named(assessment: Assessment) -> str:
    return f"; its home page now names {assessment.moved_to}" if assessment.moved_to else ""


def _silence(assessment: Assessment) -> str:
    quiet = f"nothing new for {counted(assessment.quiet_days, 'day')}"
    longest = assessment.longest_break_days
    return quiet if longest is None else f"{quiet}; its longest break before was {counted(longest, 'day')}"


def next_step(assessment: Assessment) -> str:
    """Return what a person can do; nothing for a source that needs nothing."""
    verdict = Verdict.MOVED if assessment.moved_to else assessment.verdict
    template = _NEXT_STEPS.get(verdict, "")
    record = assessment.record
    return template.format(
        id=record.id, url=assessment.url, moved_to=assessment.moved_to, homepage=record.homepage or "URL"
    )
