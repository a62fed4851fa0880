"""The HTML report's style sheet. Every pair of text and ground has a contrast of 4.5 or more, which a test computes."""

LIGHT = {
    "ground": "#ffffff",
    "panel": "#f5f6f8",
    "text": "#1b1f24",
    "quiet": "#545d68",
    "line": "#c9d0d8",
    "good": "#17652a",
    "bad": "#b3261e",
    "warn": "#7d4e00",
}
DARK = {
    "ground": "#14171b",
    "panel": "#1e2228",
    "text": "#e8eaed",
    "quiet": "#a9b2bc",
    "line": "#424a54",
    "good": "#7ddc8f",
    "bad": "#ff9a90",
    "warn": "#ffc46b",
}


def variables(colours: dict[str, str]) -> str:
    """COLOURS by their names, as CSS has them."""
    return ";".join(f"--{name}:{colour}" for name, colour in colours.items())


STYLE = (
    f":root{{{variables(LIGHT)};color-scheme:light dark}}\n"
    f"@media(prefers-color-scheme:dark){{:root{{{variables(DARK)}}}}}\n"
    + """
*{box-sizing:border-box}
body{margin:0 auto;max-width:62rem;padding:1rem;background:var(--ground);color:var(--text);
font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
h1,h2,h3,h4{line-height:1.3;margin:0}
h1{font-size:1.5rem}
h2{font-size:1.25rem}
section>h2,section>h3{font-size:1.1rem;margin:1.25rem 0 .5rem}
.finding h3,.finding h4,details h3,details h4{font-size:1rem}
p{margin:.25rem 0}
code,dd{overflow-wrap:anywhere}
code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.brand{color:var(--quiet);letter-spacing:.06em;margin:0}
.quiet{color:var(--quiet)}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}.off{color:var(--quiet)}
.badge{display:inline-block;border:1.5px solid currentColor;border-radius:1rem;padding:0 .6rem;font-size:.85rem;
font-weight:600;line-height:1.6;white-space:nowrap;vertical-align:middle}
article{padding:.5rem 0 1.5rem}
article:not(:only-child){border-top:1px solid var(--line);padding-top:1.25rem}
.contents li{display:grid;grid-template-columns:8rem minmax(0,1fr);gap:.75rem;padding:.2rem 0}
.contents .badge{justify-self:start}
.overview{display:grid;grid-template-columns:minmax(0,1fr) 340px;gap:0 2.5rem}
.levels,.contents{list-style:none;margin:0;padding:0}
.contents{margin:.75rem 0 1.25rem}
.levels li{display:flex;gap:.75rem;padding:.5rem 0;border-bottom:1px solid var(--line)}
.sign{font-weight:700;width:1.25rem;text-align:center}
.levels .off strong{font-weight:400}
.headline{background:var(--panel);border-left:4px solid var(--bad);border-radius:.25rem;padding:.6rem .9rem;
margin:1rem 0}
.headline h2,.headline h3{font-size:1.15rem}
.fix{margin:.4rem 0 .6rem}
.finding{background:var(--panel);border-radius:.5rem;padding:.8rem 1rem;margin:.75rem 0}
.finding:target{outline:2px solid var(--quiet)}
.finding details{padding:.35rem .8rem;margin:.5rem 0 0}
.evidence{margin:.25rem 0 .5rem}
ul{margin:.25rem 0;padding-left:1.1rem}
dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.1rem .9rem;margin:.25rem 0}
dt{color:var(--quiet)}
dd{margin:0}
details{border:1px solid var(--line);border-radius:.5rem;padding:.6rem 1rem;margin:.75rem 0}
summary{cursor:pointer;font-weight:600}
summary:focus-visible,a:focus-visible{outline:2px solid currentColor;outline-offset:2px}
details h3,details h4{margin-top:1rem}
a{color:inherit}
table{border-collapse:collapse;width:100%;margin-top:.5rem}
caption{text-align:left;color:var(--quiet)}
th,td{text-align:left;padding:.2rem .75rem .2rem 0;border-bottom:1px solid var(--line);font-weight:400}
thead th{font-weight:600}
footer{border-top:1px solid var(--line);color:var(--quiet);font-size:.9rem;padding:1rem 0}
svg.chain{display:block;max-width:100%}
svg text{fill:var(--text);font-size:15px}
svg .small{fill:var(--quiet);font-size:13px}
svg .name{font-weight:600}
svg .mark{font-size:13px;font-weight:600}
svg .lost{fill:var(--bad)}
svg text.good{fill:var(--good)}svg text.bad{fill:var(--bad)}svg text.warn{fill:var(--warn)}
svg .box{fill:var(--panel);stroke:var(--line);stroke-width:1.5}
svg .box.bad{stroke:var(--bad);stroke-width:2.5}
svg .box.warn{stroke:var(--warn);stroke-width:2}
svg .link{fill:none;stroke:var(--quiet);stroke-width:2}
svg .link.bad{stroke:var(--bad);stroke-width:2.5}
svg .arrow{fill:var(--quiet)}
svg .end{fill:none;stroke:var(--good);stroke-width:2}
svg .end.lost{stroke:var(--bad);stroke-dasharray:6 5}
@media(max-width:48rem){.overview{grid-template-columns:minmax(0,1fr)}h1{font-size:1.25rem}
dl{grid-template-columns:minmax(0,1fr)}dt{font-size:.85rem;margin-top:.35rem}}
"""
    # On paper: dark ink whatever the screen, what is folded unfolded where the browser can, nothing torn apart.
    + f"@media print{{:root{{{variables(LIGHT)};color-scheme:light}}body{{max-width:none;padding:0}}"
    + "details::details-content{content-visibility:visible}summary{list-style:none}"
    + ".finding,.headline,.levels li,svg.chain,tr{break-inside:avoid}h2,h3,h4{break-after:avoid}}\n"
)
