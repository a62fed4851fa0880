"""The page's search over rows, and its style: a script of the page's own, over words that are there; nothing is asked.

The field is there once the script has run. Without it each cause opens, and a browser's own search finds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pki.report.elements import tag
from pki.report.stylesheet import variables

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

KINDS: Final = {
    "now": "not trusted now",
    "error": "without an answer",
    "later": "breaks later",
    "steady": "nothing breaks it",
}
CAUSES_LIGHT: Final = dict(enumerate(("#1f5fa8", "#b3261e", "#7d4e00", "#17652a", "#545d68")))
CAUSES_DARK: Final = dict(enumerate(("#8ab8f0", "#ff9a90", "#ffc46b", "#7ddc8f", "#a9b2bc")))


def _causes(colours: dict[int, str]) -> str:
    return variables({f"cause-{number}": colour for number, colour in colours.items()})


STYLE: Final = (
    f":root{{{_causes(CAUSES_LIGHT)}}}\n@media(prefers-color-scheme:dark){{:root{{{_causes(CAUSES_DARK)}}}}}\n"
    + "".join(f".edge-{n}{{--cause:var(--cause-{n})}}" for n in CAUSES_LIGHT)
    + """
.defs{position:absolute}
.ground{fill:var(--ground)}
.solid{fill:var(--cause)}.hatch{fill:none;stroke:var(--cause);stroke-width:2.5}
.bar,.swatch rect{stroke:var(--cause);stroke-width:.75}
.plot{display:block;max-width:100%;height:auto}
.plot .grid{stroke:var(--line);fill:none}.plot .limit{stroke:var(--text);stroke-dasharray:4 3}
svg.plot text{font-size:12px}svg.plot .year{font-weight:600}
.plot.wide{display:none}
@media(min-width:60rem){.plot.wide{display:block}.plot.narrow{display:none}}
.legend{list-style:none;padding:0;margin:.25rem 0;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
.swatch{vertical-align:-.15rem;margin-right:.4rem}
.counts{grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem}
.counts div{border-left:3px solid var(--line);padding-left:.6rem}
.counts dt{margin:0}.counts dd{margin:0;font-size:1.25rem;font-weight:600}
.group{padding:.45rem .9rem;margin:.4rem 0}
.group summary{font-weight:400}
.group .count{display:inline-block;min-width:3.5rem;font-weight:600}
.group .count+span{font-weight:600;margin-right:.4rem}
.group details{margin:.25rem 0}
main table td,main table th{overflow-wrap:break-word}
.rows{margin:.25rem 0;padding-left:3.5rem;content-visibility:auto;contain-intrinsic-size:auto 20rem;font-size:.95rem}
.rows li{padding:.1rem 0}
.search{display:grid;grid-template-columns:minmax(0,2fr) minmax(0,1fr);gap:.6rem .9rem;margin:.75rem 0}
[hidden]{display:none}
.search label{color:var(--quiet);font-size:.9rem}
.search input,.search select{display:block;width:100%;min-height:2.75rem;padding:.4rem .6rem;font:inherit;
color:var(--text);background:var(--ground);border:1px solid var(--quiet);border-radius:.5rem}
.search :focus-visible{outline:2px solid currentColor;outline-offset:2px}
@media(max-width:48rem){.group .count{min-width:2rem}
.rows{padding-left:2.5rem}.search{grid-template-columns:minmax(0,1fr)}}
@media print{.search,#searching:has(#matches:empty){display:none}
details:not([open])::details-content{content-visibility:hidden}
"""
    # On paper the colours are the light ones. What is folded stays folded: 20,000 rows are 400 sheets.
    + f":root{{{_causes(CAUSES_LIGHT)}}}}}\n"
)
SCRIPT: Final = """
const [field,kind,found,list]=["search","kind","found","matches"].map(id=>document.getElementById(id));
const most=100;
let rows;
const gather=()=>[...document.querySelectorAll("details[data-kind]")].flatMap(group=>{
  const head=group.querySelector("summary").textContent;
  return [...group.querySelectorAll(".rows>li")].map(
    line=>({line,group,words:`${line.textContent} ${head}`.toLowerCase()}));
});
const show=()=>{
  const words=field.value.toLowerCase().split(/\\s+/).filter(word=>word);
  list.replaceChildren();
  found.textContent="";
  if(!words.length&&!kind.value)return;
  rows??=gather();
  const hits=rows.filter(row=>(!kind.value||row.group.dataset.kind==kind.value)&&
    words.every(word=>row.words.includes(word)));
  for(const hit of hits.slice(0,most)){
    const line=hit.line.cloneNode(true),link=document.createElement("a");
    link.href=`#${hit.group.dataset.cause}`;
    link.textContent="its cause";
    line.append(" ",link);
    list.append(line);
  }
  found.textContent=`${hits.length} of ${rows.length} chains match`+
    (hits.length>most?`; the first ${most} are listed.`:".");
};
field.addEventListener("input",show);
kind.addEventListener("input",show);
document.getElementById("searching").hidden=false;
"""


def search() -> Element:
    """The field, the choice of a kind, and what they find."""
    options = [tag("option", "every chain", value="")]
    options += [tag("option", words, value=kind) for kind, words in KINDS.items()]
    return tag(
        "section",
        tag("h2", "Find a chain", id="searching-title"),
        tag(
            "div",
            tag(
                "label",
                "Words of a host, a file, a rule or a certificate",
                tag("input", id="search", type="search", autocomplete="off", spellcheck="false"),
            ),
            tag("label", "Which", tag("select", *options, id="kind")),
            class_="search",
        ),
        tag("p", id="found", role="status"),
        tag("ol", id="matches", class_="rows"),
        id="searching",
        hidden="",
        aria_labelledby="searching-title",
    )
