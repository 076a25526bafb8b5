"""What the class and id of an element say about it: groups of words that templates of all kinds use."""

from __future__ import annotations

import re
from functools import lru_cache

# Each group: words that page templates (WordPress, Drupal, Arc, Ghost, Blogger, house-made ones) give to elements of one role.
# A name is a lower-case "class id" string; camelCase is split before.
GROUPS: tuple[tuple[str, str], ...] = (
    ("body", r"article[-_ ]?(?:body|content|text|copy)|(?:entry|post|story|rich|page)[-_ ]?(?:body|content|text|copy)"
             r"|body[-_ ]?(?:text|copy|content)|content[-_ ]?body|articlebody|main[-_ ]?text|fulltext|wysiwyg|prose\b"),
    ("content", r"\bcontent\b|\bbody\b|\btext\b|\bcopy\b"),
    ("article", r"\barticle\b|\bpost\b|\bstory\b|\bentry\b|\bsingle\b|\bhentry\b"),
    ("paragraph", r"paragraph|\bpara\b|\btext[-_ ]block|block[-_ ]text|text[-_ ]?element"),
    ("standfirst", r"standfirst|stand[-_ ]first|sub[-_ ]?(?:title|head|headline|heading)|\bdek\b|\bdeck\b|\blede?\b|\bintro|strap[-_ ]?line"
                   r"|summary|excerpt|kicker|description|\bsynopsis|\babstract\b|\blead\b"),
    ("headline", r"headline|\btitle\b|\bheading\b"),
    ("caption", r"caption|\bcredit|image|photo|picture|gallery|slideshow|carousel|figure|thumb|\bmedia\b|video|player|lightbox"),
    ("byline", r"byline|by[-_ ]line|author|contributor|writer|\bbio\b|profile|journalist|reporter|\bstaff\b"),
    ("date", r"\bdate|time[-_ ]?stamp|\btime\b|publish(?:ed)?\b|\bupdated?\b|dateline"),
    ("meta", r"\bmeta\b|meta[-_ ]?data|\binfo\b|details?\b"),
    ("share", r"shar(?:e|ing)|social|facebook|twitter|whatsapp|follow|addthis|sociable|linkedin"),
    ("related", r"relat(?:ed|ion)|recirc|recommend|read[-_ ]?(?:more|next|also)|more[-_ ]?(?:from|on|stories|news|like)|see[-_ ]?also"
                r"|you[-_ ]?may|suggest|up[-_ ]?next|further|similar|also[-_ ]"),
    ("popular", r"popular|most[-_ ]?(?:read|viewed|shared|recent)|trending|latest|recent|top[-_ ]?(?:stories|news)|editors?[-_ ]?pick|featured|must[-_ ]?read"),
    ("teaser", r"teaser|promo|\bcards?\b|\btile|\btout|\bitems?\b|listing|\bloop\b|\bfeed\b|river|archive|hub"),
    ("comment", r"comment(?!ary)|discuss|disqus|respond|repl(?:y|ies)\b|livefyre|spot[-_ ]?im|conversation|viafoura"),
    ("newsletter", r"news[-_ ]?letter|sign[-_ ]?up|subscri|mailing|e?mail[-_ ]?(?:list|form|alert)|opt[-_ ]?in|register|mailchimp"),
    ("paywall", r"pay[-_ ]?wall|premium|meter|member|piano|\bgate|regwall|offer|upsell|donat|support[-_ ]?us|contribut(?:e|ion)\b|appeal|fundrais"),
    ("advert", r"\bad\b|\bads\b|advert|\bad[-_]|[-_]ads?\b|sponsor|dfp|gpt|taboola|outbrain|commercial|affiliate|partner|promoted|revcontent"),
    ("navigation", r"\bnav|menu|breadcrumb|bread[-_ ]crumb|pagination|pager|\bprev|\bnext\b|skip[-_ ]?(?:to|link)|sub[-_ ]?nav|\btoc\b|table[-_ ]?of[-_ ]?contents|jump"),
    ("sidebar", r"side[-_ ]?bar|\baside\b|\brail\b|\bright[-_ ]?(?:col|rail)|secondary|widget|\bcolumn[-_ ]?right|complementary"),
    ("footer", r"foot(?:er)?\b|\bbottom|colophon|copyright|legal|disclaimer|end[-_ ]?(?:note|of)|after[-_ ](?:content|post|article)|post[-_ ]?foot"),
    ("header", r"\bheader|masthead|top[-_ ]?bar|banner|\bhero\b|\blogo|branding"),
    ("tags", r"\btags?\b|tag[-_]|[-_]tags?\b|categor|topic|keyword|label|\bterms?\b|taxonomy|eyebrow|section[-_ ]?name"),
    ("notice", r"cookie|consent|gdpr|privacy|modal|pop[-_ ]?up|overlay|alert|notif|\bbanner|toast|message|warning|lightbox|interstitial"),
    ("button", r"\bbtn|button|toolbar|\btools?\b|\bactions?\b|\bcontrols?\b|\bicons?\b|print|\bcta\b|call[-_ ]to|toggle|dropdown|listen|audio|bookmark|\bsave\b"),
    ("form", r"\bform|search|input|login|log[-_ ]?in|sign[-_ ]?in|\bpoll\b|quiz|survey|feedback|rating|\bvote"),
    ("embed", r"embed|tweet|instagram|\bwidget|iframe|oembed|youtube|tiktok|reddit"),
    ("quote", r"pull[-_ ]?quote|block[-_ ]?quote|\bquote"),
    ("inset", r"fact[-_ ]?box|info[-_ ]?box|\bbox\b|inset|in[-_ ]?line|side[-_ ]?note|call[-_ ]?out|\bpanel|module|snippet|key[-_ ]?(?:points|takeaways|facts)|highlights?|at[-_ ]a[-_ ]glance"),
    ("hidden", r"\bhid(?:e|den)\b|sr[-_ ]?only|screen[-_ ]?reader|visually|invisible|no[-_ ]?print|print[-_ ]?only|display[-_ ]?none|collaps|offscreen|assistive"),
    ("correction", r"correction|clarification|editor'?s?[-_ ]?note|footnote|endnote|\bnote\b|addendum"),
)  # fmt: skip

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_COMPILED = tuple(re.compile(pattern) for _, pattern in GROUPS)


@lru_cache(maxsize=16384)
def name_groups(names: str) -> int:
    """The groups that a "class id" string belongs to, as a bit set in the order of `GROUPS`."""
    text = _CAMEL.sub("-", names).lower().replace("_", "-")
    found = 0
    for place, pattern in enumerate(_COMPILED):
        if pattern.search(text):
            found |= 1 << place
    return found
